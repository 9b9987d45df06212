"""Where one take ends and the next begins, by PySceneDetect, fed with pictures that were decoded anyway.

    detector = ShotDetector()
    for record in decode_frames(path):
        detector.add(record)
    shots = detector.finish()

`detect_shots(path)` does just that. Times are presentation seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from scenedetect import AdaptiveDetector, ContentDetector, FrameTimecode

from curation.media.decode import FrameRecord, PictureReader
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits

LOOK_SIDE = 256
Method = Literal["adaptive", "content"]
Transition = Literal["start", "cut", "end"]


@dataclass(frozen=True, slots=True)
class ShotSettings:
    """How cuts are found; part of what makes a result reproducible.

    `adaptive`: a jump in hue, saturation and lightness of at least `min_content` (0–255) that is `threshold` times
    that of its four neighbours. `content`: a jump of at least `threshold`. Shots shorter than `min_shot_s` are joined
    to the one before.
    """

    method: Method = "adaptive"
    threshold: float = 3.0
    min_content: float = 15.0
    min_shot_s: float = 0.4


@dataclass(frozen=True, slots=True)
class FoundShot:
    """A stretch without a cut: start_s ≤ t < end_s, `first_frame` ≤ frame < `end_frame`; how it begins and ends."""

    index: int
    start_s: float
    end_s: float
    first_frame: int
    end_frame: int
    opens_with: Transition
    closes_with: Transition

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


class ShotDetector:
    """Takes every picture once, in order; keeps only their times and a small thumbnail's difference."""

    def __init__(self, settings: ShotSettings | None = None) -> None:
        self.settings = settings or ShotSettings()
        self._detector = _build(self.settings)
        self._times: list[float] = []
        self._cuts: list[int] = []
        self._end_s = 0.0
        self._counted, self._so_far = 0, list[float]()

    def add(self, record: FrameRecord) -> None:
        """Look at the next picture."""
        self.add_image(record.bgr(max_side=LOOK_SIDE), pts_s=record.pts_s, duration_s=record.duration_s)

    def add_image(self, bgr: np.ndarray, *, pts_s: float, duration_s: float | None = None) -> None:
        """Look at the next picture, uint8 (H, W, 3) blue first, scaled to at most 256 pixels if larger."""
        longer = max(bgr.shape[:2])
        if longer > LOOK_SIDE:
            scale = LOOK_SIDE / longer
            bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        number = len(self._times)
        # The detector only counts frames; their true times stay here.
        found = self._detector.process_frame(FrameTimecode(number, fps=Fraction(25)), bgr)
        self._cuts.extend(code.frame_num for code in found)
        if duration_s is None and self._times:
            duration_s = pts_s - self._times[-1]
        self._times.append(pts_s)
        self._end_s = pts_s + (duration_s or 0.0)

    def cuts_so_far(self) -> list[float]:
        """Where shots begin, in presentation seconds, as far as known now (a cut is known a few pictures later)."""
        if self._counted == len(self._cuts):
            return self._so_far
        kept: list[float] = []
        for cut in sorted(set(self._cuts)):
            at_s = self._times[cut]
            if cut > 0 and at_s - (kept[-1] if kept else self._times[0]) >= self.settings.min_shot_s:
                kept.append(at_s)
        self._counted, self._so_far = len(self._cuts), kept
        return kept

    def finish(self) -> list[FoundShot]:
        """The shots, which together cover everything seen; none if nothing was."""
        if not self._times:
            return []
        bounds = [0, *self._kept_cuts(), len(self._times)]
        last = len(bounds) - 2
        return [
            FoundShot(
                index=number,
                start_s=self._times[first],
                end_s=self._times[end] if number < last else self._end_s,
                first_frame=first,
                end_frame=end,
                opens_with="start" if number == 0 else "cut",
                closes_with="end" if number == last else "cut",
            )
            for number, (first, end) in enumerate(pairwise(bounds))
        ]

    def _kept_cuts(self) -> list[int]:
        kept: list[int] = []
        before_s = self._times[0]
        for cut in sorted(set(self._cuts)):
            at_s = self._times[cut]
            if cut > 0 and min(at_s - before_s, self._end_s - at_s) >= self.settings.min_shot_s:
                kept.append(cut)
                before_s = at_s
        return kept


def _build(settings: ShotSettings) -> Any:
    if settings.method == "content":
        return ContentDetector(threshold=settings.threshold, min_scene_len=0)
    return AdaptiveDetector(
        adaptive_threshold=settings.threshold, min_content_val=settings.min_content, min_scene_len=0
    )


def detect_shots(
    path: str | Path, *, settings: ShotSettings | None = None, limits: DecodeLimits = DEFAULT_LIMITS
) -> list[FoundShot]:
    """Decode the file once and find its shots; a video without a cut is one shot. Raises as PictureReader."""
    detector = ShotDetector(settings)
    with PictureReader(path, limits=limits) as reader:
        for record in reader:
            detector.add(record)
    return detector.finish()
