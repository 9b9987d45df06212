"""The people in the picture: how many, how large, how long together (MIT's rules), and their bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scoring.adapters import mediapipe_models
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import (
    Box,
    Build,
    LookingAtFaces,
    Measured,
    OpenSource,
    Outcome,
    SourceFacts,
    Span,
    TrackedFrame,
    Unavailable,
)
from scoring.scorers.head_detail import to_picture

POSE_EVERY_S = 1.0
PRESENT_SHARE = 0.5
UPPER_BODY = tuple(range(11, 25))
"""MediaPipe's landmarks from the shoulders to the hips, with arms and hands."""
VISIBLE = 0.5
BODY_WIDTH_FACES = 3.0
BODY_ABOVE_FACES, BODY_BELOW_FACES = 1.0, 5.0


class People:
    name = "people"
    version = "2"

    def available(self) -> Unavailable | None:
        return mediapipe_models.available()

    def build(self) -> Build:
        return Build(self.name, self.version, mediapipe_models.models_sha256())

    def begin_faces(self, source: OpenSource) -> LookingAtFaces:
        return LookingAtPeople(source.facts)

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        samples, faces, bodies = (series.get(name) for name in ("samples", "faces", "bodies"))
        if samples is None or faces is None or bodies is None:
            return Unavailable("this source's series hold no people: look at it again")
        times = samples.between(span.start_s, span.end_s).times_s
        seen = faces.between(span.start_s, span.end_s)
        if len(times) == 0:
            return Measured({}, {"persons_max": "no frame of the 5 Hz grid lies inside the clip"})
        values: dict[str, float | None] = dict(together(times, seen, span))
        values["body_visible_share"] = None
        if span.track is not None:
            body = bodies.between(span.start_s, span.end_s).of_track(span.track)
            values["body_visible_share"] = (
                float(body["upper_visible"].mean(dtype=np.float64)) if len(body) else None
            )
        return Measured(values)


def together(times: np.ndarray[Any, Any], seen: Series, span: Span) -> dict[str, float | None]:
    """MIT's numbers from the grid's times (n,) and the faces seen on it."""
    tracks = np.unique(seen["track"])
    present = (
        np.stack([np.isin(times, seen.of_track(int(one)).times_s) for one in tracks]) if len(tracks) else None
    )
    if present is None:
        return {
            "persons_max": 0.0,
            "persons_clip": 0.0,
            "face_area_mean_px2": None,
            "face_area_ratio": None,
            "joint_overlap_s": None,
        }
    staying = present.mean(axis=1) >= PRESENT_SHARE
    areas = [_mean_area(seen.of_track(int(one))) for one in tracks[staying]]
    everybody = present[staying].all(axis=0) if staying.any() else np.zeros(len(times), bool)
    return {
        "persons_max": float(present.sum(axis=0).max()),
        "persons_clip": float(staying.sum()),
        "face_area_mean_px2": min(areas) if areas else None,
        "face_area_ratio": min(areas) / max(areas) if areas else None,
        "joint_overlap_s": longest_run_s(times, everybody, span.end_s) if areas else None,
    }


def longest_run_s(times: np.ndarray[Any, Any], holds: np.ndarray[Any, Any], end_s: float) -> float:
    """Seconds of the longest run of samples that hold; each sample stands for the time until the next."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    ends = np.append(times, end_s)
    return max(
        (float(ends[after] - times[first]) for first, after in zip(edges[::2], edges[1::2], strict=True)),
        default=0.0,
    )


def _mean_area(faces: Series) -> float:
    box = faces["box"].astype(np.float64)
    return float(((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])).mean())


class LookingAtPeople:
    """Rows of ``bodies`` once a second and person: points (66) in the source's pixels (x, y of 33 landmarks),
    visibility (33), upper_visible: share of the upper body's landmarks that are visible inside the frame."""

    def __init__(self, facts: SourceFacts) -> None:
        self._facts = facts
        self._due: dict[int, float] = {}
        self._times: list[float] = []
        self._tracks: list[int] = []
        self._rows: list[np.ndarray[Any, Any]] = []

    def look(self, frames: Sequence[TrackedFrame]) -> None:
        for frame in frames:
            if frame.rgb is None:
                continue
            for face in frame.faces:
                if frame.time_s < self._due.get(face.track, -np.inf):
                    continue
                self._due[face.track] = frame.time_s + POSE_EVERY_S - 1e-3
                self._body(
                    frame, face.track, face.box, [other.box for other in frame.faces if other is not face]
                )

    def _body(self, frame: TrackedFrame, track: int, box: Box, others: Sequence[Box]) -> None:
        assert frame.rgb is not None
        region = to_picture(body_region(box, others), frame.scale)
        found = mediapipe_models.body_pose(frame.rgb, region)
        if found is None or not _is_of_face(found.points[0], to_picture(box, frame.scale)):
            return
        points = found.points * np.array(frame.scale)
        inside = (
            (points[:, 0] >= 0)
            & (points[:, 0] < (self._facts.width_px or np.inf))
            & (points[:, 1] >= 0)
            & (points[:, 1] < (self._facts.height_px or np.inf))
        )
        upper = list(UPPER_BODY)
        share = float((inside & (found.visibility >= VISIBLE))[upper].mean())
        self._times.append(frame.time_s)
        self._tracks.append(track)
        self._rows.append(np.concatenate([np.round(points, 1).reshape(-1), found.visibility, [share]]))

    def finish(self) -> Sequence[Series]:
        rows = np.array(self._rows, np.float32).reshape(-1, 100)
        return [
            Series(
                "bodies",
                {
                    "time_s": np.array(self._times, np.float64),
                    "track": np.array(self._tracks, np.int32),
                    "points": rows[:, :66],
                    "visibility": rows[:, 66:99],
                    "upper_visible": rows[:, 99],
                },
                {"rate_hz": 1.0 / POSE_EVERY_S},
            )
        ]


def body_region(face: Box, others: Sequence[Box]) -> Box:
    """Where the body of ``face`` may be: a column below it, not reaching past half way to a neighbour's face."""
    height, width = face[3] - face[1], face[2] - face[0]
    centre = (face[0] + face[2]) / 2
    left, right = centre - BODY_WIDTH_FACES * width, centre + BODY_WIDTH_FACES * width
    for other in others:
        middle = (other[0] + other[2]) / 2
        if middle > face[2]:
            right = min(right, max(face[2], (centre + middle) / 2))
        elif middle < face[0]:
            left = max(left, min(face[0], (centre + middle) / 2))
    return left, face[1] - BODY_ABOVE_FACES * height, right, face[3] + BODY_BELOW_FACES * height


def _is_of_face(nose: np.ndarray[Any, Any], face: Box) -> bool:
    """Whether a body's nose lies in or near the face that it was looked for by."""
    width, height = face[2] - face[0], face[3] - face[1]
    return bool(
        face[0] - 0.5 * width <= nose[0] <= face[2] + 0.5 * width
        and face[1] - 0.5 * height <= nose[1] <= face[3] + 0.5 * height
    )
