"""A sync offset is told only where chance would not give it."""

import numpy as np
import pytest

from scoring.runner.series import Series
from scoring.scorers.mouth_motion import smoothed
from scoring.scorers.sync import CHANCE_Z, REACH, effective_count, sync_curve


def rough(seconds, seed):
    """Something that rises and falls like syllables do, 25 times a second."""
    rng = np.random.default_rng(seed)
    return smoothed(np.repeat(rng.uniform(0, 1, round(seconds * 25) // 4 + 1), 4)[: round(seconds * 25)], 5)


def levels(loud):
    return Series(
        "levels",
        {
            "time_s": np.arange(len(loud)) / 25,
            "level": np.round((loud * 50 - 55) * 100).astype(np.int16),
            "voice": np.full(len(loud), 255, np.uint8),
        },
    )


def compare(mouth, loud):
    return sync_curve(np.arange(len(mouth)) / 25, mouth, levels(loud))


@pytest.mark.parametrize("late", [-7, 0, 11])
def test_a_mouth_that_follows_the_voice_tells_the_offset(late):
    loud = rough(10, 1)
    found = compare(loud, np.roll(loud, late))
    assert found.unsure() == ""
    assert found.peak - REACH == late


def test_a_mouth_that_has_nothing_to_do_with_the_voice_hardly_ever_tells_one():
    told = [
        not compare(rough(seconds, seed), rough(seconds, 10_000 + seed)).unsure()
        for seconds in (4, 8)
        for seed in range(150)
    ]
    assert np.mean(told) <= 0.03
    best = [compare(rough(4, seed), rough(4, 10_000 + seed)).confidence for seed in range(50)]
    assert np.median(best) > 0.2, "the confidence alone would have let many of them pass"


def test_an_offset_at_the_end_of_the_reach_is_none():
    loud = rough(12, 2)
    found = compare(loud, np.roll(loud, 16))
    assert found.peak in (0, 30)
    assert found.unsure()


def test_smooth_values_are_worth_fewer_frames():
    rng = np.random.default_rng(3)
    white = rng.normal(size=(2, 2000))
    assert effective_count(*white) > 1500
    assert effective_count(smoothed(white[0], 25), smoothed(white[1], 25)) < 300
    assert CHANCE_Z > 3
