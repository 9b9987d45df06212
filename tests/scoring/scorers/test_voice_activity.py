import numpy as np
import pytest

from scoring.scorers.voice_activity import active_at, seconds_inside, voice_spans

STEP = 0.032


def chances(*parts):
    return np.concatenate([np.full(n, value) for n, value in parts])


def test_a_voice_lasts_from_rising_to_falling_with_a_little_room():
    [(start, end)] = voice_spans(chances((50, 0.0), (50, 0.9), (50, 0.0)), STEP)
    assert (start, end) == (pytest.approx(1.6 - 0.03), pytest.approx(3.2 + 0.03))


def test_a_short_dip_does_not_end_it_and_a_short_burst_is_none():
    assert len(voice_spans(chances((20, 0.9), (2, 0.1), (20, 0.9), (20, 0.0)), STEP)) == 1
    assert voice_spans(chances((20, 0.0), (5, 0.9), (20, 0.0)), STEP) == []


def test_between_the_two_thresholds_nothing_changes():
    assert len(voice_spans(chances((20, 0.9), (60, 0.4), (20, 0.9)), STEP)) == 1
    assert voice_spans(chances((100, 0.4)), STEP) == []


def test_room_is_shared_where_two_spans_are_close():
    (_, end), (start, _) = voice_spans(chances((20, 0.9), (5, 0.0), (20, 0.9)), STEP)
    assert end <= start


def test_seconds_and_moments_inside_spans():
    spans = [(1.0, 2.0), (3.0, 5.0)]
    assert seconds_inside(spans, 1.5, 4.0) == pytest.approx(1.5)
    assert active_at(spans, np.array([0.9, 1.0, 1.99, 2.0, 4.9, 5.0])).tolist() == [
        False,
        True,
        True,
        False,
        True,
        False,
    ]
    assert not active_at([], np.array([1.0])).any()
