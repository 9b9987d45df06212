import numpy as np
import pytest

from scoring.runner.series import Series, SeriesInMemory
from scoring.scorers.speaking import Speaking, build_turns, spoken_turns, tracks_speaking


def reading(talk):
    frames = {}
    for track, spans in talk.items():
        moments = np.arange(0, 30, 0.04)
        frames[track] = (moments, np.any([(moments >= a) & (moments < b) for a, b in spans], axis=0))
    return Speaking("lr_asd", talk, frames)


def brief(turns):
    return [(round(t.start_s, 3), round(t.end_s, 3), t.track) for t in turns]


def test_each_persons_turn_is_where_they_talk_and_a_voice_is_heard():
    turns = build_turns([(1, 5), (6, 9)], reading({0: [(0.9, 5.2)], 1: [(5.9, 9.1)]}))
    assert brief(turns) == [(1, 5, 0), (6, 9, 1)]
    assert all(t.talk_share == pytest.approx(1) for t in turns)


def test_a_voice_without_a_talking_mouth_is_off_screen():
    turns = build_turns([(1, 5), (6, 9)], reading({0: [(1, 5)]}))
    assert brief(turns) == [(1, 5, 0), (6, 9, None)]
    assert turns[1].talk_share is None


def test_two_who_talk_over_each_other_both_have_turns():
    assert brief(build_turns([(0, 8)], reading({0: [(0, 8)], 1: [(0, 8)]}))) == [(0, 8, 0), (0, 8, 1)]


def test_a_short_pause_stays_in_the_turn_unless_another_talks_in_it():
    voice = [(0, 4), (4.3, 8)]
    assert brief(build_turns(voice, reading({0: [(0, 8)]}))) == [(0, 8, 0)]
    turns = build_turns([(0, 8)], reading({0: [(0, 4), (4.3, 8)], 1: [(4.05, 4.25)]}))
    assert (0, 8, 0) not in brief(turns)


def test_lips_that_part_early_leave_no_crumb_of_off_screen_voice():
    assert brief(build_turns([(0.9, 5.1)], reading({0: [(1, 5)]}))) == [(1, 5, 0)]


def test_a_mouth_that_moves_in_silence_has_no_turn():
    assert build_turns([], reading({0: [(0, 5)]})) == []


def test_where_nothing_measured_speaking_every_voice_is_off_screen_and_says_so():
    voice = Series("voice", {"time_s": np.array([1.0]), "end_s": np.array([3.0])})
    [turn] = spoken_turns(SeriesInMemory([voice]))
    assert (turn.track, turn.measured_by) == (None, "")
    assert spoken_turns(SeriesInMemory([])) == []


def test_lr_asd_is_preferred_to_mouth_motion():
    score = Series(
        "lr_asd",
        {
            "time_s": np.arange(50) / 25,
            "track": np.zeros(50, np.int32),
            "score": np.full(50, 1500, np.int16),
        },
    )
    assert tracks_speaking(SeriesInMemory([score])).measured_by == "lr_asd"
    assert tracks_speaking(SeriesInMemory([score])).talk == {0: [(0.0, 2.0)]}
