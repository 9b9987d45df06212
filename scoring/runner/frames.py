"""Handing decoded frames out: each scorer at its own rate and size, each conversion made once a frame."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from curation.media.decode import FrameRecord
from scoring.scorers.base import Colour, FrameBatch, Looking, Pixels, Status, Wants

_SLACK_S = 1e-4  # a frame this little before a grid point still belongs to it: times are rounded in files


class Grid:
    """Picks the frames of a grid of ``rate_hz``: the first at or after each point k / rate."""

    def __init__(self, rate_hz: float | None) -> None:
        self._rate = rate_hz
        self._last = -math.inf

    def takes(self, time_s: float) -> bool:
        """Whether the frame at ``time_s`` (ascending from call to call) is the next one of the grid."""
        if self._rate is None:
            return True
        slot = math.floor((time_s + _SLACK_S) * self._rate)
        if slot <= self._last:
            return False
        self._last = slot
        return True


def wanted_by(wants: Wants) -> Callable[[float], Sequence[Wants]]:
    """Asked with each frame's time, in order: what a scorer that wants ``wants`` will take of that frame."""
    grid = Grid(wants.rate_hz)
    return lambda time_s: (wants,) if grid.takes(time_s) else ()


class Converter:
    """One frame's pixels in the sizes and colours asked for, each made at most once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._record: FrameRecord | None = None
        self._made: dict[tuple[Colour, int, int], Pixels] = {}

    def take(self, record: FrameRecord) -> None:
        self._record = record
        self._made = {}

    def pixels(self, wants: Wants) -> tuple[Pixels, tuple[float, float]]:
        """The pixels wanted and the scale (x, y) back to the source's displayed pixels."""
        assert self._record is not None
        record = self._record
        width, height = fit(record.width, record.height, wants.short_side, wants.enlarge)
        key = (wants.colour, width, height)
        if key not in self._made:
            began = time.perf_counter()
            native = (wants.colour, record.width, record.height)
            if native in self._made:
                # Already unpacked at full size: scaling that costs less than unpacking again.
                self._made[key] = resize(self._made[native], width, height)
            elif wants.colour == "grey" and key == native:
                self._made[key] = full_grey(record)
            elif wants.colour == "grey":
                self._made[key] = record.grey(size=(width, height))
            else:
                self._made[key] = record.rgb(size=(width, height))
            self.seconds += time.perf_counter() - began
        return self._made[key], (record.width / width, record.height / height)


_PLAIN_LUMA = {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"}
_FULL_RANGE = 2  # FFmpeg's AVCOL_RANGE_JPEG
_WIDEN = np.clip(np.round((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


def full_grey(record: FrameRecord) -> Pixels:
    """(h, w) uint8 full-range luma: the decoder's own luma plane where it is 8-bit and upright, which is several
    times faster than a conversion; else as ``record.grey``."""
    frame = record.av_frame()
    if frame.format.name not in _PLAIN_LUMA or record.turn:
        return record.grey()
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    full = (
        frame.format.name.startswith("yuvj")
        or frame.format.name == "gray"
        or frame.color_range == _FULL_RANGE
    )
    return luma.copy() if full else cv2.LUT(luma, _WIDEN)


def fit(width: int, height: int, short_side: int | None, enlarge: bool = False) -> tuple[int, int]:
    """(width, height) with the shorter side at ``short_side``, aspect kept; never larger unless ``enlarge``."""
    shorter = min(width, height)
    if short_side is None or (shorter <= short_side and not enlarge):
        return width, height
    factor = short_side / shorter
    return max(1, round(width * factor)), max(1, round(height * factor))


def resize(picture: Pixels, width: int, height: int) -> Pixels:
    shrinks = width < picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


class Feeder:
    """One picture scorer at work: collects its frames into batches; an exception ends it, not the others."""

    def __init__(self, name: str, wants: Wants, looking: Looking) -> None:
        self.name = name
        self.looking = looking
        self.status = Status("measured")
        self.seconds = 0.0
        self.frames = 0
        self.wants = wants
        self._grid = Grid(wants.rate_hz)
        self._times: list[float] = []
        self._index: list[int] = []
        self._pixels: list[Pixels] = []
        self._scale = (1.0, 1.0)

    @property
    def works(self) -> bool:
        return self.status.word == "measured"

    def offer(self, record: FrameRecord, converter: Converter) -> None:
        """Take the frame if it is due; hand over a batch once it is full."""
        if not self.works or not self._grid.takes(record.pts_s):
            return
        pixels, scale = converter.pixels(self.wants)
        if self._pixels and pixels.shape != self._pixels[-1].shape:
            self.flush()  # the picture changed its size in mid-file
        self._times.append(record.pts_s)
        self._index.append(record.index)
        self._pixels.append(pixels)
        self._scale = scale
        if len(self._pixels) >= self.wants.batch:
            self.flush()

    def flush(self) -> None:
        if not self._pixels or not self.works:
            return
        stacked = self._pixels[0][None] if len(self._pixels) == 1 else np.stack(self._pixels)
        batch = FrameBatch(np.asarray(self._times), np.asarray(self._index, np.int64), stacked, self._scale)
        self._times, self._index, self._pixels = [], [], []
        began = time.perf_counter()
        try:
            self.looking.look(batch)
            self.frames += len(batch)
        except Exception as error:
            self.status = Status("failed", explain(error, batch.times_s[0]))
        finally:
            self.seconds += time.perf_counter() - began

    def finish(self) -> list[Any]:
        """Its series; none if it failed on the way."""
        self.flush()
        if not self.works:
            return []
        began = time.perf_counter()
        try:
            return list(self.looking.finish())
        except Exception as error:
            self.status = Status("failed", explain(error))
            return []
        finally:
            self.seconds += time.perf_counter() - began


def explain(error: Exception, at_s: float | None = None) -> str:
    """One line on what went wrong and when, for a status."""
    where = "" if at_s is None else f" at {at_s:.3f} s"
    return f"{type(error).__name__}{where}: {error}".splitlines()[0][:500]
