"""DOVER over a source, in windows: a clip's score is the mean of the windows it overlaps, weighted by the overlap.

A window holds three clips of 32 pictures at 12.5 a second (7.7 s; as many clips as the model's batch is fixed at)
and ends at a cut. A shorter one is filled by starting again from its first picture, as DOVER does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scoring.adapters import dover, onnx_models, weights
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

RATE_HZ = 12.5
LEAST_FRAMES = 8
"""A rest of a shot under 0.64 s gives no window of its own."""
SEED = 20_221_104


class Dover:
    name = "dover"
    version = "1"
    wants = Wants(rate_hz=RATE_HZ, batch=1)

    def available(self) -> Unavailable | None:
        return None if weights.is_present(dover.NAME) else Unavailable(weights.missing_words(dover.NAME))

    def build(self) -> Build:
        sha256 = weights.known_sha256(weights.checked_path(dover.NAME))
        return Build(self.name, self.version, sha256, onnx_models.device_of())

    def begin(self, source: OpenSource) -> Looking:
        return LookingWithDover(source, dover.technical_clips())

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        windows = series.get("dover")
        if windows is None:
            return Unavailable("this source's series hold no DOVER windows: look at it again")
        part = windows.overlapping(span.start_s, span.end_s)
        if len(part) == 0:
            return Measured(
                {"dover_fused": None, "dover_technical": None}, {"dover_fused": "no window lies in the clip"}
            )
        overlap = np.minimum(part["end_s"], span.end_s) - np.maximum(part.times_s, span.start_s)
        scores = dover.DoverScores(
            aesthetic=float(np.average(part["aesthetic"].astype(np.float64), weights=overlap)),
            technical=float(np.average(part["technical"].astype(np.float64), weights=overlap)),
        )
        return Measured(
            {
                "dover_fused": dover.fused(scores),
                "dover_technical": dover.technical_normalised(scores.technical),
            }
        )


class LookingWithDover:
    """Keeps two small views of each picture of one window, never the pictures."""

    def __init__(self, source: OpenSource, clips: int) -> None:
        self._cuts = source.cuts_s
        self._frames = clips * dover.CLIP_FRAMES
        self._random = np.random.default_rng(SEED)  # the same file always gives the same patches
        self._patches: dover.Patches | None = None
        self._times: list[float] = []
        self._views: list[tuple[Pixels, Pixels]] = []
        self._rows: list[tuple[float, float, float, float]] = []

    def look(self, batch: FrameBatch) -> None:
        for time_s, rgb in zip(batch.times_s.tolist(), batch.pixels, strict=True):
            # Four pictures more than a window: by then a cut near its end is known.
            if len(self._times) >= self._frames + 4:
                self._close_window()
            large = dover.large_enough(rgb)
            if (
                len(self._times) % dover.CLIP_FRAMES == 0
                or self._patches is None
                or ((self._patches.height, self._patches.width) != large.shape[:2])
            ):
                self._patches = dover.Patches.drawn(large.shape[0], large.shape[1], self._random)
            self._times.append(time_s)
            self._views.append((dover.aesthetic_view(rgb), self._patches.cut(large)))

    def finish(self) -> Sequence[Series]:
        while self._times:
            self._close_window()
        rows = np.array(self._rows, np.float64).reshape(-1, 4)
        columns: dict[str, np.ndarray[Any, Any]] = {
            "time_s": rows[:, 0],
            "end_s": rows[:, 1],
            "aesthetic": rows[:, 2].astype(np.float32),
            "technical": rows[:, 3].astype(np.float32),
        }
        return [Series("dover", columns, {"rate_hz": RATE_HZ, "window_frames": self._frames})]

    def _close_window(self) -> None:
        count = min(self._frames, len(self._times))
        cut = next((one for one in self._cuts if self._times[0] < one <= self._times[count - 1]), None)
        if cut is not None:
            count = int(np.searchsorted(self._times, cut - 1e-6))
        if count >= LEAST_FRAMES:
            filled = np.arange(self._frames) % count
            technical = np.stack([self._views[i][1] for i in filled])
            spread = np.arange(dover.CLIP_FRAMES) * max(1, count // dover.CLIP_FRAMES) % count
            aesthetic = np.stack([self._views[i][0] for i in spread])
            scores = dover.run(aesthetic, technical)
            end_s = self._times[count] if count < len(self._times) else self._times[count - 1] + 1 / RATE_HZ
            self._rows.append((self._times[0], end_s, scores.aesthetic, scores.technical))
        del self._times[:count], self._views[:count]
