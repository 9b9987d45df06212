"""MediaPipe on a portrait that an installed package carries."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from scoring.adapters import mediapipe_models
from tests.paths import REPOSITORY

data = pytest.importorskip("skimage.data")


def portrait() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut())


def placed(*places: tuple[int, int, float]) -> np.ndarray:
    """A 1280 × 720 picture with the portrait's head at (x, y), scaled."""
    picture = np.full((720, 1280, 3), 90, np.uint8)
    head = portrait()[0:300, 80:380]
    for x, y, scale in places:
        small = cv2.resize(head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        picture[y : y + small.shape[0], x : x + small.shape[1]] = small
    return picture


def test_one_face_its_mesh_and_its_pose():
    picture = portrait()
    (face,) = mediapipe_models.find_faces(picture)
    mesh = mediapipe_models.mesh(picture, face.box)
    assert mesh is not None and mesh.points.shape == (468, 3)
    eyes, nose, mouth = mesh.keypoints[:2], mesh.keypoints[2], mesh.keypoints[3:]
    assert eyes[:, 1].max() < nose[1] < mouth[:, 1].min()
    assert eyes[0, 0] < nose[0] < eyes[1, 0]
    assert np.abs(mesh.pose).max() < 35
    left, top, right, bottom = mesh.box
    assert 60 < right - left < 160 and 80 < bottom - top < 200


def test_the_mesh_is_where_the_face_is_whatever_the_box():
    picture = portrait()
    (face,) = mediapipe_models.find_faces(picture)
    box = np.array(face.box)
    nose = mediapipe_models.mesh(picture, face.box).keypoints[2]
    moved = mediapipe_models.mesh(picture, tuple(box + 8)).keypoints[2]
    assert np.linalg.norm(nose - moved) < 4


def test_nothing_is_found_where_nobody_is():
    blank = np.full((240, 320, 3), 128, np.uint8)
    assert mediapipe_models.find_faces(blank) == []
    assert mediapipe_models.mesh(blank, (50, 50, 150, 150)) is None
    assert mediapipe_models.find_hands(blank) == []
    assert mediapipe_models.body_pose(blank, (0, 0, 320, 240)) is None


def test_a_body_is_found_below_its_face():
    picture = portrait()
    pose = mediapipe_models.body_pose(picture, (0, 0, 512, 512))
    assert pose is not None and pose.points.shape == (33, 2)
    assert pose.points[0, 1] < pose.points[11, 1] and pose.points[0, 1] < pose.points[12, 1]
    assert pose.visibility[[11, 12]].min() > 0.8


def test_nothing_is_said_on_stderr():
    program = (
        "import numpy as np\nfrom skimage import data\nfrom scoring.adapters import mediapipe_models as m\n"
        "p = np.ascontiguousarray(data.astronaut())\nf = m.find_faces(p)[0]\n"
        "m.mesh(p, f.box), m.find_hands(p), m.body_pose(p, (0, 0, 512, 400))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert "W0000" not in done.stderr and "INFO" not in done.stderr, done.stderr


def test_threads_find_the_same_at_once_and_models_are_not_built_again_for_the_next_thread(monkeypatch):
    picture = placed((100, 100, 1.0))
    before = picture.copy()
    alone = mediapipe_models.find_faces(picture)
    assert len(alone) == 1
    built = []
    real = mediapipe_models._build_faces
    monkeypatch.setattr(mediapipe_models, "_build_faces", lambda: built.append(1) or real())

    def look(_):
        return [mediapipe_models.find_faces(picture) for _ in range(5)]

    with ThreadPoolExecutor(2) as both:
        found = [one for many in both.map(look, range(2)) for one in many]
    assert found == [alone] * 10
    assert len(built) <= 1, "one was there, and there are never more than two at work"
    with ThreadPoolExecutor(1) as later:
        assert later.submit(look, 0).result() == [alone] * 5
    assert len(built) <= 1
    assert picture.flags.writeable and np.array_equal(picture, before), (
        "the caller's picture stays the caller's"
    )
