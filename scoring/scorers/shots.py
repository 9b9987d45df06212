"""Cuts, cross-fades, black, frozen and still pictures, from thumbnails of every frame.

Cuts come from PySceneDetect. A cross-fade is found by what it is: the picture between two different ones is
their mixture. Frozen: a frame that no part of differs from the one before by more than coding noise. Still: nothing
moves in it once a camera's pan, turn and zoom are taken away, as in a photograph that is panned over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from curation.media.shots import FoundShot, ShotDetector
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import (
    Build,
    FrameBatch,
    Measured,
    OpenSource,
    Outcome,
    Pixels,
    SourceFacts,
    Span,
    Unavailable,
    Wants,
)

THUMB_LINES = 144
CELL = 8
BLACK_LUMA = 8.0
FROZEN_CELL = 1.0
STILL_CELL = 4.0
STILL_RUN_S = 1.0
STILL_STEP_S = 0.2
FADE_WINDOWS_S = (0.4, 0.8, 1.6)
FADE_STEP_S = 0.1
FADE_CHANGE = 16.0
FADE_MISFIT = 0.2
_INSIDE_S = 1e-3


class Shots:
    name = "shots"
    version = "1"
    wants = Wants(rate_hz=None, short_side=THUMB_LINES, batch=1)

    def available(self) -> Unavailable | None:
        return None

    def build(self) -> Build:
        return Build(self.name, self.version)

    def begin(self, source: OpenSource) -> LookingAtShots:
        return LookingAtShots()

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        shots, fades, picture, still = (series.get(name) for name in ("shots", "fades", "picture", "still"))
        if shots is None or fades is None or picture is None or still is None:
            return Unavailable("this source's series hold no shots: look at it again")
        starts = shots.times_s[1:]
        inside = (starts > span.start_s + _INSIDE_S) & (starts < span.end_s - _INSIDE_S)
        values: dict[str, float | None] = {
            "cut_count": float(inside.sum()),
            "cross_fade_count": float(len(fades.overlapping(span.start_s, span.end_s))),
        }
        frames = picture.between(span.start_s, span.end_s)
        luma = frames["luma"] / 100.0
        values["black_share"] = float((luma <= BLACK_LUMA).mean()) if len(frames) else None
        changes = frames["change_max"][1:] / 100.0  # the first one's change is against a frame outside
        values["frozen_share"] = float((changes <= FROZEN_CELL).mean()) if len(changes) else None
        values["still_share"] = _still_share(still, span)
        return Measured(values)


class LookingAtShots:
    """``cuts_s`` grows while it looks; ``found`` holds the shots after :meth:`finish`."""

    def __init__(self) -> None:
        self.cuts_s: list[float] = []
        self.found: list[FoundShot] = []
        self._detector = ShotDetector()
        self._last: Pixels | None = None
        self._still_last: Pixels | None = None
        self._still_due = -np.inf
        self._times: list[float] = []
        self._luma: list[float] = []
        self._change: list[float] = []
        self._change_max: list[float] = []
        self._still: list[tuple[float, float]] = []
        self._fades = FadeFinder()

    def look(self, batch: FrameBatch) -> None:
        for time_s, rgb in zip(batch.times_s.tolist(), batch.pixels, strict=True):
            self._detector.add_image(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), pts_s=time_s)
            grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
            mean_change, most = (0.0, np.inf) if self._last is None else cell_change(self._last, grey)
            self._last = grey
            self._times.append(time_s)
            self._luma.append(float(cv2.mean(grey)[0]))
            self._change.append(mean_change)
            self._change_max.append(most)
            self._fades.add(time_s, grey)
            if time_s >= self._still_due:
                self._still_due = time_s + STILL_STEP_S - 1e-3
                if self._still_last is not None:
                    self._still.append((time_s, moved_residual(self._still_last, grey)))
                self._still_last = grey
        found = self._detector.cuts_so_far()
        self.cuts_s.extend(found[len(self.cuts_s) :])

    def finish(self) -> Sequence[Series]:
        self.found = self._detector.finish()
        cuts = [shot.start_s for shot in self.found[1:]]
        fades = self._fades.finish(cuts)
        return [
            Series(
                "shots",
                {
                    "time_s": np.array([shot.start_s for shot in self.found], np.float64),
                    "end_s": np.array([shot.end_s for shot in self.found], np.float64),
                    "first_frame": np.array([shot.first_frame for shot in self.found], np.int64),
                    "end_frame": np.array([shot.end_frame for shot in self.found], np.int64),
                },
            ),
            Series(
                "fades",
                {
                    "time_s": np.array([start for start, _ in fades], np.float64),
                    "end_s": np.array([end for _, end in fades], np.float64),
                },
            ),
            Series(
                "picture",
                {
                    "time_s": np.array(self._times, np.float64),
                    "luma": _hundredths(self._luma),
                    "change": _hundredths(self._change),
                    "change_max": _hundredths(self._change_max),
                },
                {
                    "unit": "hundredths of a luma step",
                    "note": "the first frame's change_max is the largest there is",
                },
            ),
            Series(
                "still",
                {
                    "time_s": np.array([time_s for time_s, _ in self._still], np.float64),
                    "residual": np.array([value for _, value in self._still], np.float32),
                },
            ),
        ]


class FadeFinder:
    """Looks for a picture that is the mixture of the one before and the one after, over three window lengths."""

    def __init__(self) -> None:
        self._due = -np.inf
        self._kept: deque[tuple[float, np.ndarray[Any, Any]]] = deque()
        self._hits: list[tuple[float, float]] = []

    def add(self, time_s: float, grey: Pixels) -> None:
        if time_s < self._due:
            return
        self._due = time_s + FADE_STEP_S - 1e-3
        small = cv2.resize(grey, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float32)
        self._kept.append((time_s, small))
        while self._kept[-1][0] - self._kept[0][0] > max(FADE_WINDOWS_S) + 0.5:
            self._kept.popleft()
        for window in FADE_WINDOWS_S:
            steps = max(2, round(window / FADE_STEP_S))
            if len(self._kept) > steps:
                part = [self._kept[-1 - steps + i] for i in range(steps + 1)]
                if is_mixture([picture for _, picture in part]):
                    self._hits.append((part[0][0], part[-1][0]))

    def finish(self, cuts_s: Sequence[float]) -> list[tuple[float, float]]:
        """The transitions, overlapping hits joined; a window with a hard cut inside is none."""
        clean = [hit for hit in self._hits if not any(hit[0] < cut <= hit[1] for cut in cuts_s)]
        joined: list[tuple[float, float]] = []
        for start, end in sorted(clean):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined


def is_mixture(pictures: Sequence[np.ndarray[Any, Any]]) -> bool:
    """Whether the pictures (h, w) between the first and the last are (1 − a) · first + a · last with ``a`` rising.

    True only if first and last differ by over ``FADE_CHANGE`` on average and every picture between misfits its
    best mixture by under ``FADE_MISFIT`` of that difference.
    """
    first, last = pictures[0], pictures[-1]
    difference = last - first
    total = float(np.abs(difference).mean())
    if total < FADE_CHANGE:
        return False
    weight = float((difference * difference).sum())
    shares = []
    for picture in pictures[1:-1]:
        share = float(((picture - first) * difference).sum()) / weight
        if float(np.abs(picture - first - share * difference).mean()) > FADE_MISFIT * total:
            return False
        shares.append(share)
    steps = np.diff([0.0, *shares, 1.0])
    # A cut is a mixture too, of nothing and all: a fade takes several steps, none of them most of the way.
    return bool(steps.min() > -0.03 and steps.max() < 0.75)


def cell_change(before: Pixels, after: Pixels) -> tuple[float, float]:
    """Mean |difference| of two grey pictures, and the largest mean |difference| of an 8 × 8 cell."""
    difference = cv2.absdiff(before, after) if before.shape == after.shape else np.full_like(after, 255)
    height, width = difference.shape
    cells = cv2.resize(
        difference.astype(np.float32),
        (max(1, width // CELL), max(1, height // CELL)),
        interpolation=cv2.INTER_AREA,
    )
    return float(cells.mean()), float(cells.max())


def moved_residual(before: Pixels, after: Pixels) -> float:
    """The largest cell change left once ``before`` is shifted, turned and zoomed onto ``after``."""
    _, plain = cell_change(before, after)
    if plain <= STILL_CELL or before.shape != after.shape:
        return plain
    points = cv2.goodFeaturesToTrack(before, 120, 0.01, 6)
    if points is None or len(points) < 12:
        return plain
    moved, good, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, winSize=(15, 15), maxLevel=2)
    good = good.reshape(-1) == 1
    if good.sum() < 12:
        return plain
    matrix, _ = cv2.estimateAffinePartial2D(points[good], moved[good], ransacReprojThreshold=0.75)
    if matrix is None:
        return plain
    height, width = after.shape
    warped = cv2.warpAffine(before, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    edge = CELL * 2
    # Both are blurred a little: resampling alone changes fine edges.
    inner = slice(edge, height - edge), slice(edge, width - edge)
    soft = [cv2.GaussianBlur(picture, (5, 5), 0)[inner] for picture in (warped, after)]
    return min(plain, cell_change(*soft)[1])


def _still_share(still: Series, span: Span) -> float | None:
    """Share of the span in runs of at least ``STILL_RUN_S`` in which nothing moves but the camera."""
    samples = still.between(span.start_s, span.end_s)
    if len(samples) == 0:
        return None
    quiet = samples["residual"] <= STILL_CELL
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    total = 0.0
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        end = samples.times_s[after - 1]
        start = max(span.start_s, samples.times_s[first] - STILL_STEP_S)
        end = span.end_s if after == len(samples) and span.end_s - end < 2 * STILL_STEP_S else end
        if end - start >= min(STILL_RUN_S, span.duration_s * 0.9) - 1e-6:
            total += end - start
    return min(1.0, total / span.duration_s)


def _hundredths(values: Sequence[float]) -> np.ndarray[Any, Any]:
    """Whole hundredths, which pack far tighter than floats; infinity becomes the largest."""
    return np.minimum(np.round(np.asarray(values, np.float64) * 100), 32767).astype(np.int16)
