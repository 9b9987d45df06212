"""Motion by Lucas–Kanade: how many points can be followed, how much moves, how much the camera shakes.

Ten times a second, at 240 lines. Each second a fresh grid of points is laid and followed, forward and back, for
six seconds, so that any clip's windows can be read later without decoding: a window reads the grid laid nearest
to its start, at the age that the window is long.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

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

RATE_HZ = 10.0
LINES = 240
GRID = 10
BIRTH_S = 1.0
WINDOW_S = 6.0
BACK_ERROR_PX = 1.0
SMOOTH_S = 1.0
AGES = np.arange(0, WINDOW_S + 1e-6, 0.5)
_LK = {
    "winSize": (15, 15),
    "maxLevel": 3,
    "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 12, 0.03),
}


class Motion:
    name = "motion"
    version = "1"
    wants = Wants(rate_hz=RATE_HZ, short_side=LINES, colour="grey", batch=4)

    def available(self) -> Unavailable | None:
        return None

    def build(self) -> Build:
        return Build(self.name, self.version)

    def begin(self, source: OpenSource) -> LookingAtMotion:
        return LookingAtMotion()

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        grids, steps = series.get("point_grids"), series.get("motion")
        if grids is None or steps is None:
            return Unavailable("this source's series hold no motion: look at it again")
        inside = steps.where((steps.times_s > span.start_s + 1e-6) & (steps.times_s < span.end_s))
        level = inside["level"][np.isfinite(inside["level"])]
        return Measured(
            {
                "lk_track_ratio": lk_track_ratio(grids, span),
                "shake": shake_of(inside.times_s, inside["shift"]),
                "motion_level": float(np.mean(level, dtype=np.float64)) if len(level) else None,
            }
        )


def talkvid_windows(span: Span) -> list[tuple[float, float]]:
    """TalkVid's windows: up to 6 s one, up to 12 s two, else three of 6 s at start, middle and end."""
    length = min(WINDOW_S, span.duration_s)
    last = span.end_s - length
    if span.duration_s <= WINDOW_S:
        starts = [span.start_s]
    elif span.duration_s <= 2 * WINDOW_S:
        starts = [span.start_s, last]
    else:
        starts = [span.start_s, (span.start_s + last) / 2, last]
    return [(start, start + length) for start in starts]


def lk_track_ratio(grids: Series, span: Span) -> float | None:
    """The smallest over TalkVid's windows of the share of grid points kept to the window's end."""
    return share_kept(grids, span, BIRTH_S)


def share_kept(grids: Series, span: Span, every_s: float) -> float | None:
    """As :func:`lk_track_ratio`, for grids laid each ``every_s`` seconds: columns kept and ages (n, k).

    ``None`` where no grid was laid near a window's start.
    """
    if len(grids) == 0:
        return None
    shares = []
    for start, end in talkvid_windows(span):
        row = int(np.argmin(np.abs(grids.times_s - start)))
        born = float(grids.times_s[row])
        if abs(born - start) > 0.75 * every_s and not start < born < end:
            return None
        kept, ages = grids["kept"][row], grids["ages"][row]
        usable = np.isfinite(kept) & (ages <= min(end - start, end - born) + 0.5 / RATE_HZ)
        if not usable.any():
            return None
        shares.append(float(kept[usable][-1]))
    return min(shares)


def shake_of(times: np.ndarray[Any, Any], shift: np.ndarray[Any, Any]) -> float | None:
    """Root mean square of the camera's path minus its running mean over a second, in % of the diagonal.

    ``shift`` (n, 2): the camera's step at each time, NaN where it could not be told (a cut).
    """
    good = np.isfinite(shift).all(axis=1)
    if good.sum() < 2 * SMOOTH_S * RATE_HZ / 2:
        return None
    path = np.cumsum(np.where(good[:, None], shift, 0.0).astype(np.float64), axis=0)
    width = int(SMOOTH_S * RATE_HZ) | 1
    padded = np.pad(path, ((width // 2, width // 2), (0, 0)), mode="reflect", reflect_type="odd")
    kernel = np.ones(width) / width
    smooth = np.stack([np.convolve(padded[:, axis], kernel, "valid") for axis in range(2)], axis=1)
    return float(np.sqrt(((path - smooth)[good] ** 2).sum(axis=1).mean()))


@dataclass(slots=True)
class _Grid:
    born_s: float
    points: np.ndarray[Any, Any]  # (k, 2) those that are left
    ages: list[float]
    kept: list[float]


class LookingAtMotion:
    """Series ``point_grids``: one row a grid: ages and kept (n, 13), the share of points left at 0, 0.5 … 6 s.
    Series ``motion``: level (median step of a fresh grid's points, % of diagonal a second), shift (the camera's step, %)."""

    def __init__(self) -> None:
        self._last: Pixels | None = None
        self._last_s = 0.0
        self._birth_due = -np.inf
        self._alive: list[_Grid] = []
        self._rows: list[tuple[float, np.ndarray[Any, Any]]] = []
        self._steps: list[tuple[float, float, float, float]] = []

    def look(self, batch: FrameBatch) -> None:
        for time_s, grey in zip(batch.times_s.tolist(), batch.pixels, strict=True):
            if self._last is not None and self._last.shape == grey.shape:
                self._step(time_s, grey)
            elif self._last is not None:
                self._close(self._alive)
                self._alive = []
            if time_s >= self._birth_due:
                self._birth_due = (np.floor(time_s / BIRTH_S + 1e-3) + 1) * BIRTH_S - 1e-3
                self._alive.append(_Grid(time_s, grid_points(grey.shape[1], grey.shape[0]), [0.0], [1.0]))
            self._last, self._last_s = grey, time_s

    def _step(self, time_s: float, grey: Pixels) -> None:
        assert self._last is not None
        fresh = grid_points(grey.shape[1], grey.shape[0])
        before = np.concatenate([fresh, *(one.points for one in self._alive)]).astype(np.float32)
        after, good = follow(self._last, grey, before)
        self._note(time_s, before[: len(fresh)], after[: len(fresh)], good[: len(fresh)], grey.shape)
        offset = len(fresh)
        for one in self._alive:
            part = slice(offset, offset + len(one.points))
            offset += len(one.points)
            one.points = after[part][good[part]]
            one.ages.append(time_s - one.born_s)
            one.kept.append(len(one.points) / (GRID * GRID))
        self._close([one for one in self._alive if one.ages[-1] >= WINDOW_S - 0.5 / RATE_HZ])
        self._alive = [one for one in self._alive if one.ages[-1] < WINDOW_S - 0.5 / RATE_HZ]

    def _close(self, grids: Sequence[_Grid]) -> None:
        """Keep of each grid the share of points left at the ages wanted, and nothing else."""
        for one in grids:
            ages = np.array(one.ages)
            reached = ages[-1] + 0.5 / RATE_HZ >= AGES
            # The age that a frame was at: the last one not after the wanted age.
            at = (np.searchsorted(ages, AGES + 0.5 / RATE_HZ, side="right") - 1).clip(0)
            kept = np.where(reached, np.array(one.kept)[at], np.nan).astype(np.float32)
            self._rows.append((one.born_s, kept))

    def _note(
        self,
        time_s: float,
        before: np.ndarray[Any, Any],
        after: np.ndarray[Any, Any],
        good: np.ndarray[Any, Any],
        shape: tuple[int, ...],
    ) -> None:
        percent = 100.0 / math.hypot(shape[0], shape[1])
        steps = (after - before)[good]
        if len(steps) < GRID * GRID / 4:  # a cut, or nothing to hold on to
            self._steps.append((time_s, np.nan, np.nan, np.nan))
            return
        level = float(np.median(np.linalg.norm(steps, axis=1))) * percent / (time_s - self._last_s)
        shift = np.median(steps, axis=0) * percent
        self._steps.append((time_s, level, float(shift[0]), float(shift[1])))

    def finish(self) -> Sequence[Series]:
        self._close(self._alive)
        rows = sorted(self._rows, key=lambda row: row[0])
        steps = np.array(self._steps, np.float64).reshape(-1, 4)
        return [
            Series(
                "point_grids",
                {
                    "time_s": np.array([born for born, _ in rows], np.float64),
                    "kept": np.array([kept for _, kept in rows], np.float32).reshape(-1, len(AGES)),
                    "ages": np.tile(AGES.astype(np.float32), (len(rows), 1)),
                },
                {"points": GRID * GRID},
            ),
            Series(
                "motion",
                {
                    "time_s": steps[:, 0],
                    "level": steps[:, 1].astype(np.float32),
                    "shift": steps[:, 2:].astype(np.float32),
                },
                {"rate_hz": RATE_HZ},
            ),
        ]


def grid_points(width: int, height: int) -> np.ndarray[Any, Any]:
    """(100, 2) points, evenly spread, half a cell away from the edges."""
    x = (np.arange(GRID) + 0.5) * width / GRID
    y = (np.arange(GRID) + 0.5) * height / GRID
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)


def follow(
    before: Pixels, after: Pixels, points: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where the points (n, 2) went, and whether each is kept: inside the frame, and back where it came from."""
    flow: Any = cv2.calcOpticalFlowPyrLK
    moved, there, _ = flow(before, after, points[:, None], None, **_LK)
    back, home, _ = flow(after, before, moved, None, **_LK)
    moved, back = moved[:, 0], back[:, 0]
    height, width = after.shape
    good = (there[:, 0] == 1) & (home[:, 0] == 1) & (np.linalg.norm(back - points, axis=1) <= BACK_ERROR_PX)
    good &= (moved[:, 0] >= 0) & (moved[:, 0] < width) & (moved[:, 1] >= 0) & (moved[:, 1] < height)
    return moved, good
