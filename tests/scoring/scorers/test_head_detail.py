from __future__ import annotations

import cv2
import numpy as np
import pytest

from scoring.adapters.mediapipe_models import pose_of
from scoring.runner.series import Series, SeriesInMemory
from scoring.scorers.base import Measured, SourceFacts, Span, TrackedFace
from scoring.scorers.head_detail import HeadDetail, blur, owner, second_samples

FACTS = SourceFacts(sha256="0" * 64, duration_s=10.0, width_px=640, height_px=360)
POINTS = np.array([[300, 100], [340, 100], [320, 120], [305, 140], [335, 140]], float)


def _reader(
    *, faces_of: dict[int, np.ndarray], unmeshed: tuple[float, ...] = (), hands=None
) -> SeriesInMemory:
    """Series at 5 Hz for 10 s: ``faces_of`` maps a track to the times it is seen."""
    times = np.arange(50) / 5
    rows = sorted((t, track) for track, seen in faces_of.items() for t in seen)
    when, who = np.array([t for t, _ in rows]), np.array([track for _, track in rows], np.int32)
    n = len(rows)
    pose = np.zeros((n, 3), np.float32)
    pose[np.isin(when, unmeshed)] = np.nan
    box = np.tile(np.array([290, 80, 350, 160], np.float32), (n, 1))
    head = {
        "time_s": when,
        "track": who,
        "keypoints": np.tile(POINTS.reshape(-1), (n, 1)).astype(np.float32),
        "pose": pose,
        "box": box,
        "blur": np.full(n, 0.5, np.float32),
    }
    none = {"time_s": np.zeros(0), "track": np.zeros(0, np.int32), "blur": np.zeros(0, np.float32)}
    return SeriesInMemory(
        [
            Series("samples", {"time_s": times}),
            Series("faces", {"time_s": when, "track": who, "box": box}),
            Series("head", head),
            Series("hands", hands or none),
        ]
    )


def _values(reader, span) -> dict:
    outcome = HeadDetail().aggregate(reader, span, FACTS)
    assert isinstance(outcome, Measured)
    return dict(outcome.values)


ALL = np.arange(50) / 5


def test_the_samples_are_those_nearest_to_each_whole_second_of_the_clip():
    assert second_samples(ALL[ALL >= 1.4], Span(1.37, 5.0)).tolist() == pytest.approx([1.4, 2.4, 3.4])
    assert second_samples(ALL, Span(0.0, 0.5)).tolist() == [0.0], "a short clip has one"


def test_a_second_person_does_not_spoil_the_first_ones_scores():
    values = _values(_reader(faces_of={0: ALL, 1: ALL}), Span(0.0, 5.0, 0))
    assert values["face_consistency"] == 100
    assert values["completeness_min"] == 100
    assert values["face_count_mean"] == 2
    assert values["face_size_px"] == pytest.approx(np.sqrt(60 * 80))
    assert values["resolution_avg"] == pytest.approx(3000 * 60 * 80 / (640 * 360))
    assert values["hand_blur"] is None


def test_seconds_without_the_face_count_against_consistency():
    seen = ALL[(ALL < 1.9) | (ALL > 3.1)]
    values = _values(_reader(faces_of={0: seen}), Span(0.0, 5.0, 0))
    assert values["face_consistency"] == 60
    assert values["movement_avg"] == 100


def test_a_face_that_the_mesh_did_not_fit_is_not_measured_there():
    values = _values(_reader(faces_of={0: ALL}, unmeshed=(2.0,)), Span(0.0, 5.0, 0))
    assert values["face_consistency"] == 80


def test_a_person_who_is_not_in_the_clip_has_no_scores():
    values = _values(_reader(faces_of={0: ALL[ALL > 6]}), Span(0.0, 5.0, 0))
    assert values["face_consistency"] == 0
    assert "movement_avg" not in values and values["face_size_px"] is None


def test_a_whole_frame_clip_with_one_person_is_scored_as_that_person() -> None:
    reader = _reader(faces_of={0: ALL})
    assert _values(reader, Span(0.0, 5.0)) == _values(reader, Span(0.0, 5.0, 0))


def test_a_whole_frame_clip_leaves_out_samples_with_several_faces_as_talkvid_does() -> None:
    values = _values(_reader(faces_of={0: ALL, 1: ALL[ALL >= 3.0]}), Span(0.0, 5.0))
    assert values["face_consistency"] == 60.0, "seconds 3 and 4 show two faces"
    assert values["movement_avg"] is not None


def test_a_whole_frame_clip_without_a_face_alone_has_no_head_scores_but_its_consistency() -> None:
    values = _values(_reader(faces_of={0: ALL, 1: ALL}), Span(0.0, 5.0))
    assert values["face_consistency"] == 0.0
    assert values.get("movement_avg") is None and values["face_size_px"] is None


def test_blur_is_the_laplacian_variance_of_the_scaled_crop():
    random = np.random.default_rng(0)
    picture = random.integers(0, 255, (300, 300)).astype(np.uint8)
    crop = picture[50:178, 50:178]
    expected = cv2.Laplacian(crop, cv2.CV_64F).var() / 1000
    assert blur(picture, (50, 50, 178, 178)) == pytest.approx(expected, rel=1e-5)
    soft = cv2.GaussianBlur(picture, (0, 0), 3)
    assert blur(soft, (50, 50, 178, 178)) < expected / 20
    assert blur(picture, (-400, -400, -300, -300)) == 0.0


def test_a_hand_belongs_to_the_nearest_face_within_reach():
    faces = [
        TrackedFace(0, (100, 100, 160, 160), (100, 100, 160, 160), 0.9),
        TrackedFace(1, (400, 100, 460, 160), (400, 100, 460, 160), 0.9),
    ]
    assert owner(np.array([380, 250, 400, 270.0]), faces) == 1
    assert owner(np.array([120, 900, 130, 910.0]), faces) == -1


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((20, 0, 0), (20, 0, 0)),
        ((0, 30, 0), (0, 30, 0)),
        ((0, 0, -15), (0, 0, -15)),
        ((10, -25, 12), (10, -25, 12)),
    ],
)
def test_pose_reads_back_the_turn_of_a_head(turn, expected):
    # A head of four points; picture axes: x right, y down, z away. Up, right and clockwise are positive.
    pitch, yaw, roll = np.radians(turn)
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    points = np.zeros((468, 3))
    points[234], points[454], points[10], points[152] = (-60, 0, 0), (60, 0, 0), (0, -80, 0), (0, 80, 0)
    turned = points @ (about_y @ about_x @ about_z).T
    np.testing.assert_allclose(pose_of(turned), expected, atol=1e-6)
    nose = np.array([0, 0, -1.0]) @ (about_y @ about_x @ about_z).T
    assert np.sign(round(-nose[1], 6)) == np.sign(turn[0]) and np.sign(round(nose[0], 6)) == np.sign(turn[1])
