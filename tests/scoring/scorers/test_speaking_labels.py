import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.scorers.speaking_labels import median_filter, segments, talk_labels


def times(n):
    return np.arange(n) / 25


def test_a_single_wrong_frame_is_filtered_out():
    scores = np.r_[np.full(20, 2.0), -5.0, -5.0, np.full(20, 2.0)]
    assert talk_labels(times(42), scores).all()


def test_talk_is_split_at_zero_crossings():
    scores = np.r_[np.full(30, 1.0), np.full(30, -1.0), np.full(30, 1.0)]
    assert segments(talk_labels(times(90), scores)) == [(0, 30, True), (30, 60, False), (60, 90, True)]


def test_the_merged_variant_gives_segments_under_a_second_to_their_neighbours():
    scores = np.r_[np.full(50, 1.0), np.full(20, -1.0), np.full(50, 1.0)]
    assert not talk_labels(times(120), scores).all()
    assert talk_labels(times(120), scores, merge_frames=25).all()


def test_a_gap_in_a_track_separates():
    when = np.r_[times(10), times(10) + 5]
    labels = talk_labels(when, np.r_[np.full(10, 1.0), np.full(10, -1.0)], merge_frames=25)
    assert labels.tolist() == [True] * 10 + [False] * 10


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=80), st.sampled_from([0, 3, 25]))
def test_every_merged_segment_is_long_enough_unless_it_is_the_only_one(scores, least):
    labels = talk_labels(times(len(scores)), scores, merge_frames=least)
    runs = segments(labels)
    assert sum(b - a for a, b, _ in runs) == len(scores)
    assert len(runs) == 1 or all(b - a >= least for a, b, _ in runs)


def test_the_median_is_that_of_what_is_there_at_the_ends():
    assert median_filter([9, 1, 1, 1, 9]) == pytest.approx([1, 1, 1, 1, 1])
    assert median_filter([]).shape == (0,)
