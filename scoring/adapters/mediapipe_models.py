"""MediaPipe's face, mesh, hand and pose models, all inside its wheel: nothing is downloaded.

A graph may not be used by two threads at once and costs 10–50 ms to build, so a process keeps those that it has built
and lends each to one thread at a time. Coordinates go in and out as pixels of the picture handed over.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from scoring.scorers.base import Box, Floats, Pixels, Unavailable

DETECTION_CONFIDENCE = 0.5
MESH_SIDE = 256
MESH_MARGINS = (1.0, 0.6, 1.6)
"""How much is added around a face, in face sizes (half on each side), for the mesh: the second and third are
tried where the one before found nothing."""

# Mesh landmarks: eye corners of both eyes, nose tip, mouth corners; ears, chin and forehead for the pose.
LEFT_IN_PICTURE_EYE = (33, 133)
RIGHT_IN_PICTURE_EYE = (362, 263)
NOSE_TIP = 1
MOUTH_CORNERS = (61, 291)
EAR_TO_EAR = (234, 454)
FOREHEAD_TO_CHIN = (10, 152)

_local = threading.local()
_idle: dict[str, list[Any]] = {}


@dataclass(frozen=True, slots=True)
class FoundFace:
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """``points`` (468, 3): x, y in pixels of the picture, z in the same unit, smaller is nearer."""

    points: Floats

    @property
    def keypoints(self) -> Floats:
        """(5, 2): the eyes (mean of the corners), nose tip, mouth corners."""
        xy = self.points[:, :2]
        left, right = xy[list(LEFT_IN_PICTURE_EYE)].mean(0), xy[list(RIGHT_IN_PICTURE_EYE)].mean(0)
        return np.stack([left, right, xy[NOSE_TIP], *xy[list(MOUTH_CORNERS)]])

    @property
    def box(self) -> Box:
        """The smallest upright box around the mesh, forehead to chin."""
        low, high = self.points[:, :2].min(0), self.points[:, :2].max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def pose(self) -> Floats:
        """(3,) pitch (up is positive), yaw (towards the picture's right), roll (clockwise) in degrees."""
        return pose_of(self.points)


@dataclass(frozen=True, slots=True)
class FoundHand:
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class BodyPose:
    """``points`` (33, 2) pixels, ``visibility`` (33,) 0…1, in MediaPipe's order of landmarks."""

    points: Floats
    visibility: Floats


def available() -> Unavailable | None:
    if importlib.util.find_spec("mediapipe") is None:
        return Unavailable("the package mediapipe is not installed: pip install -r requirements.txt")
    return None


@cache
def models_sha256() -> str:
    """One sha256 over the wheel's model files that are used here, so that a build names them."""
    spec = importlib.util.find_spec("mediapipe")
    if spec is None or spec.origin is None:
        return ""
    digest = hashlib.sha256()
    modules = Path(spec.origin).parent / "modules"
    for folder in (
        "face_detection",
        "face_landmark",
        "hand_landmark",
        "palm_detection",
        "pose_detection",
        "pose_landmark",
    ):
        for path in sorted((modules / folder).glob("*.tflite")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def pose_of(points: Floats) -> Floats:
    """Pitch, yaw and roll in degrees from the mesh's own axes (468, 3): ear to ear and forehead to chin.

    Steadier from frame to frame than fitting six points to a model head. (0, 0, 0) looks into the camera.
    """
    across = points[EAR_TO_EAR[1]] - points[EAR_TO_EAR[0]]
    down = points[FOREHEAD_TO_CHIN[1]] - points[FOREHEAD_TO_CHIN[0]]
    across = across / np.linalg.norm(across)
    down = down - across * np.dot(down, across)
    down = down / np.linalg.norm(down)
    away = np.cross(across, down)
    pitch = np.arcsin(np.clip(away[1], -1, 1))
    yaw = np.arctan2(-away[0], away[2])
    roll = np.arctan2(across[1], down[1])
    return np.degrees([pitch, yaw, roll])


def find_faces(rgb: Pixels) -> list[FoundFace]:
    """Faces at full range, best first; boxes in pixels of ``rgb`` (h, w, 3), possibly beyond its edges."""
    height, width = rgb.shape[:2]
    found = _run("faces", _build_faces, rgb)
    faces = []
    for one in found.detections or ():
        rect = one.location_data.relative_bounding_box
        left, top = rect.xmin * width, rect.ymin * height
        box = (left, top, left + rect.width * width, top + rect.height * height)
        faces.append(FoundFace(box, float(one.score[0])))
    return sorted(faces, key=lambda face: -face.score)


def mesh(rgb: Pixels, box: Box) -> FaceMesh | None:
    """The mesh of the face in ``box``, found on an enlarged crop, in pixels of ``rgb``; ``None``: not found."""
    centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    size = max(box[2] - box[0], box[3] - box[1])
    if size < 2:
        return None
    for margin in MESH_MARGINS:
        side = size * (1 + margin)
        factor = MESH_SIDE / side
        corner = centre - side / 2
        crop = crop_square(rgb, corner, side, MESH_SIDE)
        found = _mesh_of(crop)
        best: Floats | None = None
        nearest = 0.35 * size * factor
        for face in found.multi_face_landmarks or ():
            points: Floats = np.array([(p.x, p.y, p.z) for p in face.landmark], np.float64) * MESH_SIDE
            away = float(np.linalg.norm(points[:, :2].mean(0) - MESH_SIDE / 2))
            if away < nearest:
                best, nearest = points, away
        if best is not None:
            points = best / factor
            points[:, :2] += corner
            return FaceMesh(points)
    return None


def _mesh_of(crop: Pixels) -> Any:
    with _lent("mesh", _build_mesh) as graph:
        if getattr(_local, "mesh_greeted", False):
            return graph.process(_read_only(crop))
        with _quiet():  # the first face that it maps makes it warn of non-square pictures; ours are square
            found = graph.process(_read_only(crop))
    _local.mesh_greeted = bool(found.multi_face_landmarks)
    return found


def find_hands(rgb: Pixels) -> list[FoundHand]:
    """Hands, up to four; boxes around their landmarks, a quarter wider, in pixels of ``rgb``."""
    height, width = rgb.shape[:2]
    found = _run("hands", _build_hands, rgb)
    hands = []
    for landmarks, side in zip(found.multi_hand_landmarks or (), found.multi_handedness or (), strict=True):
        points = np.array([(p.x * width, p.y * height) for p in landmarks.landmark])
        low, high = points.min(0), points.max(0)
        half = (high - low).max() * 1.25 / 2
        middle = (low + high) / 2
        box = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
        hands.append(FoundHand(tuple(float(v) for v in box), float(side.classification[0].score)))  # type: ignore[arg-type]
    return hands


def body_pose(rgb: Pixels, region: Box) -> BodyPose | None:
    """The body in ``region`` of ``rgb``; landmarks in pixels of ``rgb``; ``None``: no body was found."""
    height, width = rgb.shape[:2]
    left, top = max(0, int(region[0])), max(0, int(region[1]))
    right, bottom = min(width, int(np.ceil(region[2]))), min(height, int(np.ceil(region[3])))
    if right - left < 16 or bottom - top < 16:
        return None
    # The graph is exact for square pictures only, so the region is laid into a black square.
    side = max(right - left, bottom - top)
    square = np.zeros((side, side, 3), np.uint8)
    square[: bottom - top, : right - left] = rgb[top:bottom, left:right]
    found = _run("pose", _build_pose, square)
    if found.pose_landmarks is None:
        return None
    marks = found.pose_landmarks.landmark
    points = np.array([(p.x * side + left, p.y * side + top) for p in marks])
    return BodyPose(points, np.array([p.visibility for p in marks]))


def crop_square(picture: Pixels, corner: Floats, side: float, out_side: int) -> Pixels:
    """The square of ``side`` pixels at ``corner`` (x, y), scaled to ``out_side``; black beyond the picture."""
    factor = out_side / side
    x0, y0 = int(np.floor(corner[0])), int(np.floor(corner[1]))
    x1, y1 = int(np.ceil(corner[0] + side)), int(np.ceil(corner[1] + side))
    height, width = picture.shape[:2]
    if factor < 0.75 and x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height:
        # Shrinking by an area mean keeps fine detail from turning into false edges.
        return cv2.resize(picture[y0:y1, x0:x1], (out_side, out_side), interpolation=cv2.INTER_AREA)
    matrix = np.array([[factor, 0, -corner[0] * factor], [0, factor, -corner[1] * factor]])
    return cv2.warpAffine(picture, matrix, (out_side, out_side), flags=cv2.INTER_LINEAR)


def _run(name: str, build: Callable[[], Any], rgb: Pixels) -> Any:
    """What the graph called ``name`` finds in ``rgb`` (h, w, 3)."""
    with _lent(name, build) as graph:
        return graph.process(_read_only(rgb))


@contextmanager
def _lent(name: str, build: Callable[[], Any]) -> Iterator[Any]:
    """A graph that no other thread uses now, built if none is idle; one that failed is not lent again."""
    idle = _idle.setdefault(f"{name}:{os.getpid()}", [])  # a graph does not survive a fork
    try:
        graph = idle.pop()
    except IndexError:
        graph = build()
    yield graph
    idle.append(graph)


def _read_only(rgb: Pixels) -> Pixels:
    """The same pixels, as a graph reads them where they lie; what may be written to is copied first."""
    view = np.ascontiguousarray(rgb).view()
    view.flags.writeable = False
    return view


@cache
def _solutions() -> Any:
    """MediaPipe itself, never imported while somebody is kept quiet: an import waits for other threads' imports."""
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import mediapipe

    return mediapipe.solutions


def _build_faces() -> Any:
    solutions = _solutions()
    with _quiet():
        graph = solutions.face_detection.FaceDetection(
            model_selection=1, min_detection_confidence=DETECTION_CONFIDENCE
        )
        graph.process(np.zeros((64, 64, 3), np.uint8))
    return graph


def _build_mesh() -> Any:
    solutions = _solutions()
    with _quiet():
        graph = solutions.face_mesh.FaceMesh(
            static_image_mode=True, max_num_faces=2, refine_landmarks=False, min_detection_confidence=0.3
        )
        graph.process(np.zeros((MESH_SIDE, MESH_SIDE, 3), np.uint8))
    return graph


def _build_hands() -> Any:
    solutions = _solutions()
    with _quiet():
        graph = solutions.hands.Hands(
            static_image_mode=True, max_num_hands=4, model_complexity=1, min_detection_confidence=0.5
        )
        graph.process(np.zeros((64, 64, 3), np.uint8))
    return graph


def _build_pose() -> Any:
    solutions = _solutions()
    with _quiet():
        graph = solutions.pose.Pose(static_image_mode=True, model_complexity=1, min_detection_confidence=0.5)
        graph.process(np.zeros((64, 64, 3), np.uint8))
    return graph


class _quiet:
    """MediaPipe's C++ side greets on stderr while a graph is built, whatever its log level; say nothing of it."""

    _lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._saved = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def __exit__(self, *_: object) -> None:
        os.dup2(self._saved, 2)
        os.close(self._saved)
        self._lock.release()

    @classmethod
    def begin_anew(cls) -> None:
        """In a process just forked off no thread is left to let go of the lock."""
        cls._lock = threading.Lock()


os.register_at_fork(after_in_child=_quiet.begin_anew)
