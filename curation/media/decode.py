"""The picture decoded once, in order, upright, with its true presentation times.

    with PictureReader("a.mp4") as reader:
        for record in reader:                  # FrameRecord
            record.pts_s, record.rgb(), record.rgb(max_side=640)
    reader.summary                             # frames read, packets damaged, end in seconds

`decode_frames(path)` is the same as a plain iterator.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter

from curation.media import pulse
from curation.media.containers import Opened, error_words, open_media
from curation.media.errors import BadSpan, Damaged, OutOfMemory, TooLarge, TooLong, TooSlow, Unreadable
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.packets import check_whole
from curation.media.probe import quarter_turn

# Neighbouring pictures are never this close; it absorbs the rounding of a time that went through a float.
EPSILON_S = 1e-6


class FrameRecord:
    """One picture. `index` counts from 0 in presentation order over the span read; `pts_s` is its presentation
    time in seconds; `duration_s` what the file says it lasts (None if it does not); `width`, `height` are upright,
    after `turn` degrees counter-clockwise;
    `damaged` means that the decoder had to guess some of it."""

    __slots__ = ("_frame", "damaged", "duration_s", "height", "index", "key", "pts_s", "turn", "width")

    def __init__(
        self,
        frame: Any,
        *,
        index: int,
        pts_s: float,
        duration_s: float | None,
        turn: int,
        key: bool | None = None,
        damaged: bool | None = None,
    ) -> None:
        self._frame = frame
        self.turn = turn
        self.index = index
        self.pts_s = pts_s
        self.duration_s = duration_s
        self.key = bool(frame.key_frame) if key is None else key
        self.damaged = bool(frame.is_corrupt) if damaged is None else damaged
        swap = turn in (90, 270)
        self.width = frame.height if swap else frame.width
        self.height = frame.width if swap else frame.height

    def rgb(self, *, size: tuple[int, int] | None = None, max_side: int | None = None) -> np.ndarray:
        """uint8 array (height, width, 3), red first, contiguous, yours to keep.

        `size`: exactly (width, height); `max_side`: scaled down, never up, so that the longer side fits, aspect kept.
        """
        return self._array("rgb24", size or self._fit(max_side))

    def bgr(self, *, size: tuple[int, int] | None = None, max_side: int | None = None) -> np.ndarray:
        """As `rgb`, blue first, as OpenCV wants it."""
        return self._array("bgr24", size or self._fit(max_side))

    def grey(self, *, size: tuple[int, int] | None = None, max_side: int | None = None) -> np.ndarray:
        """uint8 array (height, width) of full-range luma."""
        return self._array("gray", size or self._fit(max_side))

    def av_frame(self) -> Any:
        """The decoder's own frame, not turned."""
        return self._frame

    def _fit(self, max_side: int | None) -> tuple[int, int]:
        longer = max(self.width, self.height)
        if max_side is None or longer <= max_side:
            return self.width, self.height
        scale = max_side / longer
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    def _array(self, layout: str, size: tuple[int, int]) -> np.ndarray:
        width, height = size
        if self.turn in (90, 270):
            width, height = height, width
        array = _scalers.reformat(self._frame, layout, width, height).to_ndarray()
        if self.turn:
            array = np.rot90(array, k=self.turn // 90)
        return np.ascontiguousarray(array)


class _Scalers(threading.local):
    """The scaler's contexts, kept from picture to picture by each thread: making one costs as much as using it.
    Each works on the thread that asks; starting others costs more than they save, and the pixels are the same."""

    KEPT = 8

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, int], VideoReformatter] = {}

    def reformat(self, frame: Any, layout: str, width: int, height: int) -> Any:
        key = (layout, width, height)
        scaler = self._kept.pop(key, None) or VideoReformatter()
        self._kept[key] = scaler  # the latest is the last
        if len(self._kept) > self.KEPT:
            del self._kept[next(iter(self._kept))]
        return scaler.reformat(frame, width=width, height=height, format=layout, threads=1)


_scalers = _Scalers()


@dataclass(slots=True)
class PictureSummary:
    """What reading came to. `end_s` is the end of the last picture; `complete` says that the span was read through."""

    frames: int = 0
    packets: int = 0
    damaged_packets: int = 0
    damaged_frames: int = 0
    out_of_order: int = 0
    """Pictures left out because their time was not after the one before."""
    end_s: float | None = None
    complete: bool = False


class PictureReader:
    """Iterates over the pictures of one file with start_s ≤ pts_s < end_s (presentation seconds; None: no bound).

    Seeks only once, to the key frame before `start_s`. `threads`: decoder threads. Raises a MediaError on opening
    (as `open_media`, NoPicture) or while iterating: Unreadable (no picture at all), Damaged, Truncated (after the
    good pictures were given), TooLong, TooLarge, TooSlow.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        limits: DecodeLimits = DEFAULT_LIMITS,
        threads: int = 2,
    ) -> None:
        if start_s is not None and end_s is not None and end_s <= start_s:
            raise BadSpan(f"the span {start_s:.3f} to {end_s:.3f} s has no length", path=path)
        self.path = Path(path)
        self.summary = PictureSummary()
        self._start_s, self._end_s, self._limits = start_s, end_s, limits
        self._opened: Opened = open_media(path)
        try:
            self._stream = self._opened.picture()
            self._check_size(self._stream.codec_context)  # before the first picture is given its memory
            self._origin_s = self._opened.origin_s()
        except BaseException:
            self.close()
            raise
        context = self._stream.codec_context
        context.thread_type = "AUTO"
        context.thread_count = threads
        # Width of a pixel over its height as shown; square where the file does not say.
        self.sample_aspect = Fraction(self._stream.sample_aspect_ratio or 1) or Fraction(1)
        self.average_fps = float(self._stream.average_rate) if self._stream.average_rate else None

    def __enter__(self) -> PictureReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; reading further is an error."""
        self._opened.container.close()

    def __iter__(self) -> Iterator[FrameRecord]:
        deadline = None if self._limits.max_wall_s is None else time.monotonic() + self._limits.max_wall_s
        clock = _FrameClock(self._stream, self._origin_s)
        self._seek()
        last_s: float | None = None
        for frame in self._decoded():
            if deadline is not None and time.monotonic() > deadline:
                raise TooSlow(
                    f"took longer than {self._limits.max_wall_s:.0f} s to decode", path=self.path, at_s=last_s
                )
            self._check_size(frame)
            pts_s = clock.time_of(frame)
            if last_s is not None and pts_s <= last_s:
                self.summary.out_of_order += 1
                continue
            last_s = pts_s
            if self._end_s is not None and pts_s >= self._end_s - EPSILON_S:
                self.summary.complete = True
                return
            if self._start_s is not None and pts_s < self._start_s - EPSILON_S:
                continue
            if self.summary.frames >= self._limits.max_frames or pts_s > self._limits.max_duration_s:
                raise TooLong(
                    f"goes on after {self.summary.frames} frames, {pts_s:.1f} s; that is the limit",
                    path=self.path,
                )
            yield self._record(frame, pts_s)
        self._check_end()

    def _record(self, frame: Any, pts_s: float) -> FrameRecord:
        duration_s = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else None
        record = FrameRecord(
            frame,
            index=self.summary.frames,
            pts_s=pts_s,
            duration_s=duration_s,
            turn=quarter_turn(frame.rotation),
        )
        self.summary.frames += 1
        self.summary.damaged_frames += record.damaged
        self.summary.end_s = pts_s + (duration_s or (1.0 / self.average_fps if self.average_fps else 0.0))
        return record

    def _seek(self) -> None:
        if self._start_s is None or self._start_s <= 0:
            return
        target = round((self._start_s + float(self._origin_s)) / float(self._stream.time_base))
        try:
            self._opened.container.seek(target, stream=self._stream, backward=True)
        except (av.error.FFmpegError, OSError):
            self._reopen()
            return
        # Some containers land late when their index is poor: then decode from the beginning instead.
        first = next(
            (p for p in self._opened.container.demux(self._stream) if p.pts is not None or p.dts is not None),
            None,
        )
        tick = None if first is None else (first.pts if first.pts is not None else first.dts)
        if first is None or tick is None or tick > target or not first.is_keyframe:
            self._reopen()
            return
        self._opened.container.seek(target, stream=self._stream, backward=True)

    def _reopen(self) -> None:
        self._opened.container.close()
        self._opened = open_media(self.path)
        threads = self._stream.codec_context.thread_count
        self._stream = self._opened.picture()
        self._stream.codec_context.thread_type = "AUTO"
        self._stream.codec_context.thread_count = threads

    def _decoded(self) -> Iterator[Any]:
        try:
            for packet in self._opened.container.demux(self._stream):
                pulse.beat()
                self.summary.packets += packet.size > 0
                try:
                    frames = packet.decode()
                except MemoryError as error:
                    raise OutOfMemory(
                        "wants more memory to decode than it may have", path=self.path
                    ) from error
                except av.error.FFmpegError:
                    self.summary.damaged_packets += 1
                    continue
                yield from frames
        except (av.error.FFmpegError, OSError) as error:
            raise Unreadable(
                f"breaks off while it is decoded ({error_words(error)})",
                path=self.path,
                at_s=self.summary.end_s,
            ) from error

    def _check_size(self, frame: Any) -> None:
        if frame.width * frame.height > self._limits.max_pixels:
            raise TooLarge(
                f"has a picture of {frame.width} × {frame.height}; at most {self._limits.max_pixels} pixels are read",
                path=self.path,
            )

    def _check_end(self) -> None:
        """The file came to its end: was it a good end?"""
        done = self.summary
        if done.frames == 0 and self._start_s is None:
            raise Unreadable("not a single picture can be decoded", path=self.path)
        if done.damaged_packets > self._limits.max_damaged_share * max(1, done.packets):
            raise Damaged(
                f"{done.damaged_packets} of its {done.packets} pictures cannot be decoded", path=self.path
            )
        if done.frames == 0:
            raise BadSpan(f"has no picture from {self._start_s:.3f} s on", path=self.path)
        check_whole(
            self._opened, self._stream, None if done.end_s is None else done.end_s + float(self._origin_s)
        )
        done.complete = True


class _FrameClock:
    """Presentation times. A frame without one (AVI keeps none) comes a regular interval after the one before."""

    def __init__(self, stream: Any, origin_s: Fraction) -> None:
        self._origin_s = origin_s
        self._time_base = stream.time_base
        rate = stream.average_rate or stream.guessed_rate
        self._interval_s = 1.0 / float(rate) if rate else None
        self._last_s: float | None = None

    def time_of(self, frame: Any) -> float:
        if frame.pts is not None:
            self._last_s = float(frame.pts * (frame.time_base or self._time_base) - self._origin_s)
        elif self._interval_s is None:
            raise Unreadable("has pictures without a time, and no frame rate to count by")
        else:
            self._last_s = 0.0 if self._last_s is None else self._last_s + self._interval_s
        return self._last_s


def decode_frames(
    path: str | Path,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    limits: DecodeLimits = DEFAULT_LIMITS,
    threads: int = 2,
) -> Iterator[FrameRecord]:
    """Every picture with start_s ≤ pts_s < end_s in order; as PictureReader, closing the file at the end."""
    with PictureReader(path, start_s=start_s, end_s=end_s, limits=limits, threads=threads) as reader:
        yield from reader
