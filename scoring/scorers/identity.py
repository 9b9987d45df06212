"""Which tracks of a source are the same person. Off by default; keeps person numbers, never the vectors.

Each track's vectors (one face every two seconds, those that look into the camera most) are averaged; tracks are
joined while their mean likeness stays above a bound, but never two that are in the picture at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.adapters import face_embedding, mediapipe_models, onnx_models, weights
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import (
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

EVERY_S = 2.0
MOST_TURNED_DEG = 40.0
LEAST_SIDE_PX = 40.0
LIKENESS = 0.4
"""Cosine of two tracks' mean vectors from which they may be one person."""


class Identity:
    name = "identity"
    version = "1"

    def available(self) -> Unavailable | None:
        return face_embedding.available() or mediapipe_models.available()

    def build(self) -> Build:
        sha256 = weights.known_sha256(weights.checked_path(face_embedding.NAME))
        return Build(self.name, self.version, sha256, onnx_models.device_of())

    def begin_faces(self, source: OpenSource) -> LookingAtFaces:
        return LookingForPersons()

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        return Measured({})  # persons belong to a source; no number of a clip comes of them


class LookingForPersons:
    """Writes ``persons``: time_s (the track's first moment), track, person (numbered from 0), faces (how many)."""

    def __init__(self) -> None:
        self._due: dict[int, float] = {}
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._sums: dict[int, npt.NDArray[np.float64]] = {}
        self._counts: dict[int, int] = {}

    def look(self, frames: Sequence[TrackedFrame]) -> None:
        for frame in frames:
            for face in frame.faces:
                self._first.setdefault(face.track, frame.time_s)
                self._last[face.track] = frame.time_s
                small = face.box[3] - face.box[1] < LEAST_SIDE_PX
                if (
                    frame.rgb is None
                    or face.score is None
                    or small
                    or frame.time_s < self._due.get(face.track, -1.0)
                ):
                    continue
                found = mediapipe_models.mesh(frame.rgb, to_picture(face.box, frame.scale))
                if found is None or np.abs(found.pose[:2]).max() > MOST_TURNED_DEG:
                    continue
                aligned = face_embedding.aligned(frame.rgb, found.keypoints)
                if aligned is None:
                    continue
                vector = face_embedding.embed(aligned[None])[0].astype(np.float64)
                self._sums[face.track] = self._sums.get(face.track, 0.0) + vector
                self._counts[face.track] = self._counts.get(face.track, 0) + 1
                self._due[face.track] = frame.time_s + EVERY_S - 1e-3

    def finish(self) -> Sequence[Series]:
        tracks = sorted(self._sums)
        vectors = np.array([self._sums[one] / np.linalg.norm(self._sums[one]) for one in tracks])
        spans = [(self._first[one], self._last[one]) for one in tracks]
        persons = joined(vectors, spans)
        columns: dict[str, np.ndarray[Any, Any]] = {
            "time_s": np.array([start for start, _ in spans], np.float64),
            "track": np.array(tracks, np.int32),
            "person": np.array(persons, np.int32),
            "faces": np.array([self._counts[one] for one in tracks], np.int32),
        }
        return [Series("persons", columns)]


def joined(vectors: npt.NDArray[np.float64], spans: Sequence[tuple[float, float]]) -> list[int]:
    """A person's number for each track, from vectors (n, d) of length 1 and (first, last) seconds.

    The most alike pair is joined first (average linkage), until none is alike enough; tracks that share time
    are never joined.
    """
    groups = [[i] for i in range(len(spans))]
    likeness = vectors @ vectors.T if len(spans) else np.zeros((0, 0))
    while True:
        best, pair = LIKENESS, None
        for a in range(len(groups)):
            for b in range(a + 1, len(groups)):
                mean = float(likeness[np.ix_(groups[a], groups[b])].mean())
                apart = all(
                    spans[i][1] < spans[j][0] or spans[j][1] < spans[i][0]
                    for i in groups[a]
                    for j in groups[b]
                )
                if mean >= best and apart:
                    best, pair = mean, (a, b)
        if pair is None:
            break
        groups[pair[0]] += groups.pop(pair[1])
    persons = [0] * len(spans)
    for number, group in enumerate(sorted(groups, key=min)):
        for i in group:
            persons[i] = number
    return persons
