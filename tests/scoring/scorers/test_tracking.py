from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.scorers.tracking import REMEMBER_S, FaceTracker, iou, median_box

STEP = 0.08


def _box(x, y=100.0, size=60.0):
    return (x, y, x + size, y + size)


def _run(moments):
    """``moments``: (time, boxes); returns the track number of each box, moment by moment."""
    tracker = FaceTracker()
    given_numbers = []
    for time_s, boxes in moments:
        tracker.update(time_s, boxes, [0.9] * len(boxes))
        numbers = []
        for box in boxes:
            numbers.append(
                next(one.number for one in tracker.open if one.times[-1] == time_s and one.boxes[-1] == box)
            )
        given_numbers.append(numbers)
    return given_numbers


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 5), st.floats(0.0, 0.4))
def test_people_who_do_not_cross_never_swap(seed, people, missed):
    # Everyone keeps a lane of its own, moves about in it, is missed now and then, and is listed in any order.
    random = np.random.default_rng(seed)
    places = np.arange(people) * 150.0
    moments, truth = [], []
    for step in range(60):
        places = np.clip(
            places + random.normal(0, 4, people),
            np.arange(people) * 150.0 - 30,
            np.arange(people) * 150.0 + 30,
        )
        order = [int(p) for p in random.permutation(people) if step == 0 or random.random() >= missed]
        moments.append((step * STEP, [_box(places[p]) for p in order]))
        truth.append(order)
    numbers = _run(moments)
    owner = {}
    for who, got in zip(truth, numbers, strict=True):
        for person, number in zip(who, got, strict=True):
            assert owner.setdefault(number, person) == person
    assert len(owner) == people, "everyone is one track from first to last"


def test_a_missed_detection_does_not_end_a_track_and_its_box_is_interpolated():
    tracker = FaceTracker()
    for time_s, x in ((0.0, 0.0), (0.08, 8.0), (0.16, 16.0), (0.8, 80.0)):
        tracker.update(time_s, [_box(x)], [0.9])
    (track,) = tracker.open
    boxes = track.boxes_at(np.array([0.16, 0.48, 0.8]))
    np.testing.assert_allclose(boxes[:, 0], [16, 48, 80])


def test_who_comes_back_to_the_same_place_is_the_same_track_but_was_not_there_meanwhile():
    tracker = FaceTracker()
    for time_s in (0.0, 0.08, 0.16, 3.0, 3.08):
        tracker.update(time_s, [_box(100)], [0.9])
    (track,) = tracker.open
    there = np.isfinite(track.boxes_at(np.array([0.2, 1.5, 2.95, 3.05]))[:, 0])
    assert there.tolist() == [True, False, True, True]


def test_who_is_gone_for_long_is_a_new_track():
    tracker = FaceTracker()
    tracker.update(0.0, [_box(100)], [0.9])
    ended = tracker.update(REMEMBER_S + 0.1, [_box(100)], [0.9])
    assert [one.number for one in ended] == [0]
    assert [one.number for one in tracker.open] == [1]


def test_a_cut_ends_every_track():
    tracker = FaceTracker()
    tracker.update(0.0, [_box(100)], [0.9])
    assert [one.number for one in tracker.cut()] == [0]
    tracker.update(0.08, [_box(100)], [0.9])
    assert [(one.number, one.shot) for one in tracker.open] == [(1, 1)]


def test_a_face_elsewhere_or_of_another_size_is_someone_else():
    for other in (_box(400), _box(100, size=200)):
        tracker = FaceTracker()
        tracker.update(0.0, [_box(100)], [0.9])
        tracker.update(0.08, [other], [0.9])
        assert len(tracker.open) == 2


def test_two_near_neighbours_of_whom_one_is_missed_keep_their_numbers():
    tracker = FaceTracker()
    for step in range(4):
        tracker.update(step * STEP, [_box(0), _box(70)], [0.9, 0.9])
    tracker.update(4 * STEP, [_box(70)], [0.9])
    assert {one.number: one.times[-1] for one in tracker.open} == pytest.approx({0: 3 * STEP, 1: 4 * STEP})


def test_memory_of_a_track_stays_small():
    tracker = FaceTracker()
    for step in range(2000):
        tracker.update(step * STEP, [_box(100)], [0.9])
        for one in tracker.open:
            one.forget_before(step * STEP - 2.0)
    (track,) = tracker.open
    assert len(track.times) < 40
    assert track.confirmed and track.first_s == 0.0


def test_iou():
    boxes = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]], float)
    np.testing.assert_allclose(iou(boxes[:1], boxes), [[1, 1 / 3, 0]])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 13), st.integers(0, 12))
def test_the_median_box_is_that_of_the_moments_at_which_the_track_is_there(seed, there, away):
    random = np.random.default_rng(seed)
    boxes = np.concatenate([random.normal(100, 50, (there, 4)), np.full((away, 4), np.nan)])
    random.shuffle(boxes)
    assert np.array_equal(median_box(boxes), np.nanmedian(boxes, axis=0))


def test_boxes_after_more_detections_and_after_forgetting_are_the_new_ones():
    tracker = FaceTracker()
    for time_s in (0.0, 0.08, 0.16):
        tracker.update(time_s, [_box(0.0)], [0.9])
    (track,) = tracker.open
    assert np.isnan(track.boxes_at(np.array([0.4]))[0, 0])
    tracker.update(0.4, [_box(24.0)], [0.9])
    assert track.boxes_at(np.array([0.28]))[0, 0] == pytest.approx(12.0)
    track.forget_before(0.3)
    assert np.isnan(track.boxes_at(np.array([0.0]))[0, 0]) and track.dropped == 2
