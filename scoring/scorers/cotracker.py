"""CoTracker's share of grid points that stay visible, in windows of 6 s laid every 3 s, ten pictures a second.

Kept as the share left at each age, as the Lucas–Kanade grids are, so that TalkVid's windows of any clip read the
window laid nearest to their start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scoring.adapters import cotracker, weights
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import (
    Build,
    FrameBatch,
    Looking,
    Measured,
    OpenSource,
    Outcome,
    Pixels,
    SourceFacts,
    Span,
    Unavailable,
    Wants,
)
from scoring.scorers.motion import AGES, WINDOW_S, share_kept

RATE_HZ = 10.0
LINES = 384
STEP_S = 3.0
LEAST_FRAMES = 4


class CoTracker:
    name = "cotracker"
    version = "1"
    wants = Wants(rate_hz=RATE_HZ, short_side=LINES, batch=1)

    def available(self) -> Unavailable | None:
        return cotracker.available()

    def build(self) -> Build:
        sha256 = weights.known_sha256(weights.checked_path(cotracker.NAME))
        return Build(self.name, self.version, sha256, cotracker.device())

    def begin(self, source: OpenSource) -> Looking:
        return LookingWithCoTracker()

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        grids = series.get("cotracker")
        if grids is None:
            return Unavailable("this source's series hold no CoTracker windows: look at it again")
        return Measured({"cotracker_ratio": share_kept(grids, span, STEP_S)})


class LookingWithCoTracker:
    """Holds the pictures of one window: 60 of 384 lines, 45 MB for 16:9."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._pictures: list[Pixels] = []
        self._rows: list[tuple[float, np.ndarray[Any, Any]]] = []

    def look(self, batch: FrameBatch) -> None:
        for time_s, rgb in zip(batch.times_s.tolist(), batch.pixels, strict=True):
            if self._pictures and self._pictures[-1].shape != rgb.shape:
                self._follow()
                self._times, self._pictures = [], []
            self._times.append(time_s)
            self._pictures.append(rgb)
            if time_s - self._times[0] >= WINDOW_S - 0.5 / RATE_HZ:
                self._follow()
                first = int(np.searchsorted(self._times, self._times[0] + STEP_S - 0.5 / RATE_HZ))
                del self._times[:first], self._pictures[:first]

    def finish(self) -> Sequence[Series]:
        self._follow()
        columns: dict[str, np.ndarray[Any, Any]] = {
            "time_s": np.array([born for born, _ in self._rows], np.float64),
            "kept": np.array([kept for _, kept in self._rows], np.float32).reshape(-1, len(AGES)),
            "ages": np.tile(AGES.astype(np.float32), (len(self._rows), 1)),
        }
        return [Series("cotracker", columns, {"points": cotracker.GRID**2, "rate_hz": RATE_HZ})]

    def _follow(self) -> None:
        if len(self._pictures) < LEAST_FRAMES:
            return
        visible = cotracker.followed(np.stack(self._pictures))
        # A point counts as kept for as long as it has been visible in every picture so far.
        left = np.logical_and.accumulate(visible, axis=0).mean(axis=1)
        ages = np.array(self._times) - self._times[0]
        kept = np.full(len(AGES), np.nan, np.float32)
        reached = ages[-1] + 0.5 / RATE_HZ >= AGES
        at = (np.searchsorted(ages, AGES + 0.5 / RATE_HZ, side="right") - 1).clip(0)
        kept[reached] = left[at][reached]
        self._rows.append((self._times[0], kept))
