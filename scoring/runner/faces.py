"""The faces of a source, found once and tracked for every scorer that looks at people.

Full-range detection about 15 times a second, tracks within shots, then each frame of the 25 Hz grid handed out
with its tracked faces, about one and a half seconds late: by then it is known whether a missed face comes back,
so that its box is interpolated and not guessed. What is held meanwhile is bounded: 2 s of frames of at most 1080 lines.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import numpy as np

from curation.media.decode import FrameRecord
from scoring.runner.frames import Converter, Grid, explain
from scoring.runner.series import Series
from scoring.scorers.base import (
    Box,
    FaceScorer,
    LookingAtFaces,
    Pixels,
    SourceFacts,
    Status,
    TrackedFace,
    TrackedFrame,
    Wants,
)
from scoring.scorers.tracking import BRIDGE_S, CONFIRM, HOLD_S, FaceTracker, Track, median_box

GRID_HZ = 25.0
SAMPLE_HZ = 5.0
DETECT_HZ = 12.5
LINES = 1080
DETECT_LINES = 480  # the detector itself looks at 192 × 192
SMOOTH = 13
_WINDOW = (np.arange(SMOOTH) - SMOOTH // 2) / GRID_HZ
_LATE_S = BRIDGE_S + SMOOTH / 2 / GRID_HZ + 0.05
_GREY, _RGB = Wants(None, LINES, "grey"), Wants(None, LINES, "rgb")
_QUICK = Wants(None, DETECT_LINES, "rgb")
# The cut detector knows about a cut only four frames later; with some more, nobody waits while the smallest faces are found.
_AHEAD_FRAMES = 10

Detector = Callable[[Pixels, int], Sequence[tuple[Box, float]]]
"""(rgb, depth) to boxes and scores; depth 0: a quick look; 1, 2: for ever smaller faces."""
_Found = list[tuple[Box, float]]


@dataclass(slots=True)
class _Held:
    time_s: float
    index: int
    grey: Pixels
    rgb: Pixels | None
    scale: tuple[float, float]
    shot: int = -1
    found: Future[_Found] | None = None  # None: not looked for in this frame


class FaceTimes:
    """Which frames the stage takes, and for what: whether on the 25 Hz grid, sampled, searched for faces."""

    def __init__(self) -> None:
        self._grid, self._samples, self._detect = Grid(GRID_HZ), Grid(SAMPLE_HZ), Grid(DETECT_HZ)

    def of(self, time_s: float) -> tuple[bool, bool, bool]:
        """(taken, sampled, searched) of the frame at ``time_s``; each frame is asked for once, in order."""
        if not self._grid.takes(time_s):
            return False, False, False
        sampled = self._samples.takes(time_s)
        return True, sampled, self._detect.takes(time_s) or sampled


def faces_wanted() -> Callable[[float], Sequence[Wants]]:
    """Asked with each frame's time, in order: the pixels that the stage will want of it, in the stage's own order."""
    times = FaceTimes()

    def wanted(time_s: float) -> Sequence[Wants]:
        taken, sampled, searched = times.of(time_s)
        if not taken:
            return ()
        if sampled:
            return _GREY, _RGB
        return (_GREY, _QUICK) if searched else (_GREY,)

    return wanted


@dataclass(slots=True)
class _Worker:
    name: str
    looking: LookingAtFaces
    status: Status = field(default_factory=lambda: Status("measured"))
    seconds: float = 0.0


class FaceStage:
    """Feed every decoded frame in order with :meth:`add`, then :meth:`finish`.

    ``cuts_s`` is read as it grows (presentation times at which a new shot begins). Series written: ``samples``
    (the 5 Hz grid: time_s, index, shot), ``faces`` (time_s, track, box (4), score; NaN score where bridged)
    on that grid, ``tracks`` (track, shot, time_s, end_s, box: mean, detections).
    ``finder``: where the detector runs while the scorers look at earlier frames (``None``: here, at once).
    ``detect_seconds`` is what it took, ``waited_seconds`` what of that was waited for.
    """

    def __init__(
        self, facts: SourceFacts, detector: Detector, cuts_s: list[float], finder: Executor | None = None
    ) -> None:
        self.facts = facts
        self.detect_seconds = 0.0
        self.waited_seconds = 0.0
        self.detections = 0
        self._finder = finder
        self.workers: list[_Worker] = []
        self._detector = detector
        self._cuts = cuts_s
        self._cuts_seen = 0
        self._tracker = FaceTracker()
        self._times = FaceTimes()
        self._frame_number = 0
        self._sample_number = 1  # the first sample of a source is searched for the smallest faces
        # Long enough to see a missed face come back, and, in slow films, to see it often enough to believe it.
        self._late_s = max(_LATE_S, (CONFIRM + 0.5) / (facts.frame_rate_fps or GRID_HZ))
        self._waiting: deque[tuple[int, _Held]] = deque()  # not yet tracked
        self._held: deque[_Held] = deque()  # tracked, not yet handed out
        self._tracks: list[Track] = []  # closed, still needed by held frames
        self._shot_starts = [0.0]
        self._rows_samples: list[tuple[float, int, int]] = []
        self._rows_faces: list[tuple[float, int, Box, float]] = []
        self._summary: dict[int, list[float]] = {}

    def add_scorer(self, scorer: FaceScorer, looking: LookingAtFaces) -> None:
        self.workers.append(_Worker(scorer.name, looking))

    def add(self, record: FrameRecord, converter: Converter) -> None:
        """Take the next decoded frame (every one, also those off the grid)."""
        self._frame_number += 1
        taken, sample, due = self._times.of(record.pts_s)
        if taken:
            grey, scale = converter.pixels(_GREY)
            rgb = converter.pixels(_RGB)[0] if sample else None
            held = _Held(record.pts_s, record.index, grey, rgb, scale)
            if due:
                # Small faces are searched for at 5 Hz, the smallest at 2.5 Hz; a quick look does for the rest.
                depth = 1 + self._sample_number % 2 if sample else 0
                self._sample_number += sample
                pixels, times = (rgb, scale) if rgb is not None else converter.pixels(_QUICK)
                held.found = self._look_for(pixels, depth, times)
                self.detections += 1
            self._waiting.append((self._frame_number, held))
        while self._waiting and self._waiting[0][0] <= self._frame_number - _AHEAD_FRAMES:
            self._track(self._waiting.popleft()[1])
        if self._held:
            self._hand_out(self._held[-1].time_s - self._late_s)

    def finish(self) -> list[Series]:
        """Hand out what is left, close the scorers, return their series and the stage's own."""
        while self._waiting:
            self._track(self._waiting.popleft()[1])
        self._hand_out(np.inf)
        series: list[Series] = []
        for worker in self.workers:
            if worker.status.word != "measured":
                continue
            began = time.perf_counter()
            try:
                series += worker.looking.finish()
            except Exception as error:
                worker.status = Status("failed", explain(error))
            worker.seconds += time.perf_counter() - began
        return self._series() + series

    def _look_for(self, pixels: Pixels, depth: int, scale: tuple[float, float]) -> Future[_Found]:
        if self._finder is not None:
            return self._finder.submit(self._find, pixels, depth, scale)
        found: Future[_Found] = Future()
        found.set_result(self._find(pixels, depth, scale))
        self.waited_seconds = self.detect_seconds
        return found

    def _find(self, pixels: Pixels, depth: int, scale: tuple[float, float]) -> _Found:
        began = time.perf_counter()
        found = [(to_source(box, scale), score) for box, score in self._detector(pixels, depth)]
        self.detect_seconds += time.perf_counter() - began
        return found

    def _track(self, held: _Held) -> None:
        while self._cuts_seen < len(self._cuts) and self._cuts[self._cuts_seen] <= held.time_s + 1e-6:
            self._tracks += self._tracker.cut()
            self._shot_starts.append(self._cuts[self._cuts_seen])
            self._cuts_seen += 1
        held.shot = self._tracker.shot
        if held.found is not None:
            began = time.perf_counter()
            found = held.found.result()
            self.waited_seconds += time.perf_counter() - began
            boxes = [box for box, _ in found]
            self._tracks += self._tracker.update(held.time_s, boxes, [score for _, score in found])
        self._held.append(held)

    def _hand_out(self, until_s: float) -> None:
        ready: list[TrackedFrame] = []
        while self._held and self._held[0].time_s <= until_s:
            ready.append(self._tracked(self._held.popleft()))
        if not ready:
            return
        for worker in self.workers:
            if worker.status.word != "measured":
                continue
            began = time.perf_counter()
            try:
                worker.looking.look(ready)
            except Exception as error:
                worker.status = Status("failed", explain(error, ready[0].time_s))
            worker.seconds += time.perf_counter() - began
        oldest = self._held[0].time_s if self._held else ready[-1].time_s
        margin = oldest - self._late_s
        self._tracks = [one for one in self._tracks if one.last_s >= margin]
        for one in self._tracker.open:
            one.forget_before(margin)

    def _tracked(self, held: _Held) -> TrackedFrame:
        faces = []
        window = held.time_s + _WINDOW
        for track in (*self._tracks, *self._tracker.open):
            if track.shot != held.shot or not track.confirmed or held.time_s < track.first_s - HOLD_S:
                continue
            boxes = track.boxes_at(window)
            here = boxes[SMOOTH // 2]
            if np.isnan(here[0]):
                continue
            steady = median_box(boxes)
            score = track.scores[track.times.index(held.time_s)] if held.time_s in track.times else None
            faces.append(TrackedFace(track.number, _box(here), _box(steady), score))
        faces.sort(key=lambda face: face.track)
        self._note(held, faces)
        return TrackedFrame(held.time_s, held.index, held.shot, held.grey, held.rgb, held.scale, tuple(faces))

    def _note(self, held: _Held, faces: Sequence[TrackedFace]) -> None:
        for face in faces:
            mine = self._summary.setdefault(
                face.track, [held.shot, held.time_s, held.time_s, 0, 0, 0, 0, 0, 0]
            )
            mine[2] = held.time_s
            mine[3] += 1
            mine[4] += face.score is not None
            for side in range(4):
                mine[5 + side] += face.box[side]
        if held.rgb is not None:
            self._rows_samples.append((held.time_s, held.index, held.shot))
            for face in faces:
                score = np.nan if face.score is None else face.score
                self._rows_faces.append((held.time_s, face.track, face.box, score))

    def _series(self) -> list[Series]:
        samples, faces = self._rows_samples, self._rows_faces
        step = max(1.0 / GRID_HZ, 1.0 / (self.facts.frame_rate_fps or GRID_HZ))
        rows = sorted(self._summary.items())
        mean = [[value / one[3] for value in one[5:]] for _, one in rows]
        return [
            Series(
                "samples",
                {
                    "time_s": np.array([row[0] for row in samples], np.float64),
                    "index": np.array([row[1] for row in samples], np.int64),
                    "shot": np.array([row[2] for row in samples], np.int32),
                },
                {"rate_hz": SAMPLE_HZ},
            ),
            Series(
                "faces",
                {
                    "time_s": np.array([row[0] for row in faces], np.float64),
                    "track": np.array([row[1] for row in faces], np.int32),
                    "box": np.array([row[2] for row in faces], np.float32).reshape(-1, 4),
                    "score": np.array([row[3] for row in faces], np.float32),
                },
                {"rate_hz": SAMPLE_HZ},
            ),
            Series(
                "tracks",
                {
                    "time_s": np.array([one[1] for _, one in rows], np.float64),
                    "end_s": np.array([one[2] + step for _, one in rows], np.float64),
                    "track": np.array([number for number, _ in rows], np.int32),
                    "shot": np.array([one[0] for _, one in rows], np.int32),
                    "box": np.array(mean, np.float32).reshape(-1, 4),
                    "frames": np.array([one[3] for _, one in rows], np.int32),
                    "detections": np.array([one[4] for _, one in rows], np.int32),
                },
            ),
        ]


def to_source(box: Box, scale: tuple[float, float]) -> Box:
    """A box of a scaled picture in the source's displayed pixels."""
    return box[0] * scale[0], box[1] * scale[1], box[2] * scale[0], box[3] * scale[1]


def _box(values: np.ndarray) -> Box:
    return tuple(values.tolist())  # type: ignore[return-value]
