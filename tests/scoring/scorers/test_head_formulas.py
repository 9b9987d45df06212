from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.metrics import of_scorer
from scoring.scorers.head_formulas import NAMES, head_scores

W, H = 640, 360
FACE = [[300.0, 100.0], [340.0, 100.0], [320.0, 120.0], [305.0, 140.0], [335.0, 140.0]]
BOX = [290.0, 80.0, 350.0, 160.0]


def _scores(keypoints, poses, boxes, sampled=None):
    return head_scores(
        keypoints, poses, boxes, sampled_frames=len(boxes) if sampled is None else sampled, width=W, height=H
    )


def test_names_are_the_catalogues():
    assert set(NAMES) <= {spec.name for spec in of_scorer("head_detail")}


def test_a_still_face_that_looks_into_the_camera_scores_full():
    scores = _scores([FACE] * 3, [[0, 0, 0]] * 3, [BOX] * 3)
    assert scores == pytest.approx(
        dict.fromkeys(NAMES, 100.0)
        | {"resolution_avg": 30 * 100 * 60 * 80 / (W * H), "resolution_min": 30 * 100 * 60 * 80 / (W * H)},
        abs=1e-9,
    )


def test_movement_worked_by_hand():
    # Frame 2: every x moves by 18, no y: mean over ten coordinates is 9, 9 / 360 = 2.5 %.
    # Frame 3: only the nose's y moves, by 36: 36 / 10 / 360 = 1 %.
    second = [[x + 18, y] for x, y in FACE]
    third = [list(point) for point in second]
    third[2][1] += 36
    scores = _scores([FACE, second, third], [[0, 0, 0]] * 3, [BOX] * 3)
    assert scores["movement_avg"] == pytest.approx(100 - (2.5 + 1) / 2, abs=1e-9)
    assert scores["movement_min"] == pytest.approx(97.5, abs=1e-9)


def test_rotation_and_orientation_worked_by_hand():
    # Steps: √(3² + 4² + 12²) = 13 and √(0 + 0 + 5²) = 5.
    poses = [[0, 0, 0], [3, 4, 12], [3, 4, 17]]
    scores = _scores([FACE] * 3, poses, [BOX] * 3)
    assert scores["rotation_avg"] == pytest.approx(91.0, abs=1e-9)
    assert scores["rotation_min"] == pytest.approx(87.0, abs=1e-9)
    faces = [0.0, 100 / 180 * 13, 100 / 180 * math.sqrt(9 + 16 + 289)]
    assert scores["orientation_avg"] == pytest.approx(100 - sum(faces) / 3, abs=1e-9)
    assert scores["orientation_min"] == pytest.approx(100 - faces[2], abs=1e-9)


def test_completeness_worked_by_hand():
    one_eye_out = [[-5.0, 100.0], *FACE[1:]]  # 0.15 + 0.4 + 0.3
    only_mouth_in = [[-5, -5], [30, -5], [10, -1], [5, 20], [30, 20]]  # 0.3
    scores = _scores([FACE, one_eye_out, only_mouth_in], [[0, 0, 0]] * 3, [BOX] * 3)
    assert scores["completeness_avg"] == pytest.approx((100 + 85 + 30) / 3, abs=1e-9)
    assert scores["completeness_min"] == pytest.approx(30, abs=1e-9)


def test_a_whole_face_is_complete_to_the_last_digit():
    assert _scores([FACE] * 7, [[0, 0, 0]] * 7, [BOX] * 7)["completeness_avg"] == 100.0


def test_resolution_may_exceed_a_hundred():
    scores = _scores([FACE] * 2, [[0, 0, 0]] * 2, [[0, 0, 320, 180], [0, 0, 64, 36]])
    assert scores["resolution_avg"] == pytest.approx(3000 * (0.25 + 0.01) / 2, abs=1e-9)
    assert scores["resolution_min"] == pytest.approx(30, abs=1e-9)


def test_frames_without_the_one_face_count_against_consistency_alone():
    scores = _scores([FACE], [[0, 0, 0]], [BOX], sampled=4)
    assert scores["face_consistency"] == 40.0
    assert scores["movement_avg"] == scores["movement_min"] == scores["rotation_min"] == 100.0
    assert _scores([FACE], [[0, 0, 0]], [BOX], sampled=9)["face_consistency"] == 0.0


def test_no_face_at_all_gives_consistency_and_nothing_else():
    assert _scores([], [], [], sampled=2) == {"face_consistency": 60.0}


@pytest.mark.parametrize(
    ("keypoints", "poses", "boxes", "message"),
    [
        ([FACE[:4]], [[0, 0, 0]], [BOX], "keypoints must be"),
        ([FACE], [[0, 0]], [BOX], "poses must be"),
        ([FACE], [[0, 0, math.nan]], [BOX], "not finite"),
        ([FACE, FACE], [[0, 0, 0]], [BOX], "2 keypoint sets"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(keypoints, poses, boxes, message):
    with pytest.raises(ValueError, match=message):
        _scores(keypoints, poses, boxes)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(0, 2**31), st.integers(0, 4))
def test_arrays_and_plain_loops_agree_to_a_millionth(count, seed, missing):
    random = np.random.default_rng(seed)
    points = random.uniform(-50, 700, (count, 5, 2))
    poses = random.uniform(-90, 90, (count, 3))
    corners = random.uniform(0, 300, (count, 2))
    boxes = np.concatenate([corners, corners + random.uniform(1, 300, (count, 2))], axis=1)
    scores = _scores(points, poses, boxes, sampled=count + missing)
    moves, turns, looks, whole, sizes = [], [], [], [], []
    for i in range(count):
        looks.append(math.sqrt(sum((abs(a) / 180 * 100) ** 2 for a in poses[i])))
        inside = [int(0 <= x < W and 0 <= y < H) for x, y in points[i]]
        whole.append(
            100 * (0.3 * (inside[0] + inside[1]) / 2 + 0.4 * inside[2] + 0.3 * (inside[3] + inside[4]) / 2)
        )
        left, top, right, bottom = boxes[i]
        sizes.append(30 * 100 * (right - left) * (bottom - top) / (W * H))
        if i:
            moves.append(
                sum(abs(points[i][k][d] - points[i - 1][k][d]) for k in range(5) for d in range(2)) / 10 / H
            )
            turns.append(math.sqrt(sum((poses[i][d] - poses[i - 1][d]) ** 2 for d in range(3))))
    mean = lambda values: sum(values) / len(values)  # noqa: E731
    want = {
        "movement_avg": 100 - 100 * mean(moves) if moves else 100,
        "movement_min": 100 - 100 * max(moves) if moves else 100,
        "rotation_avg": 100 - mean(turns) if turns else 100,
        "rotation_min": 100 - max(turns) if turns else 100,
        "orientation_avg": 100 - mean(looks),
        "orientation_min": 100 - max(looks),
        "completeness_avg": mean(whole),
        "completeness_min": min(whole),
        "resolution_avg": mean(sizes),
        "resolution_min": min(sizes),
        "face_consistency": max(0, 100 - 20 * missing),
    }
    assert scores == pytest.approx(want, abs=1e-6)
