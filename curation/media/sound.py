"""Sound decoded once: 16 kHz mono for listening, native rate for loudness.

`read_sound(path)` gives exactly the samples that Whisper's own loader would (16-bit, mono, 16 kHz, as float32),
except that a gap in the file's times is filled with silence, so that sample n stays at start_s + n / rate.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from curation.media import pulse
from curation.media.containers import error_words, open_media
from curation.media.errors import Damaged, TooLong, Unreadable
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.packets import check_whole

LISTEN_RATE = 16_000
# Rounded time stamps wobble by a few milliseconds; a hole longer than this is a hole.
GAP_S = 0.05
# Codecs need a few frames before what they give is right.
PREROLL_S = 0.3


@dataclass(frozen=True, slots=True)
class Sound:
    """A whole sound track. `samples`: float32 in [−1, 1], mono (n,). Sample n is heard at start_s + n / rate in
    presentation time. `filled_s`: seconds of silence put where the file had a hole."""

    samples: np.ndarray
    rate: int
    start_s: float
    filled_s: float

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate

    def span(self, start_s: float, end_s: float) -> np.ndarray:
        """The samples of [start_s, end_s) in presentation time, as far as there are any (a view)."""
        first = max(0, round((start_s - self.start_s) * self.rate))
        last = max(first, round((end_s - self.start_s) * self.rate))
        return self.samples[first:last]


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """A stretch of sound. `samples`: float32 (n, channels), nominally in [−1, 1]; first sample at start_s."""

    samples: np.ndarray
    rate: int
    start_s: float


def read_sound(path: str | Path, *, rate: int = LISTEN_RATE, limits: DecodeLimits = DEFAULT_LIMITS) -> Sound:
    """The whole sound track as mono float32 at `rate` Hz. Raises as `iter_sound`."""
    reader = _SoundReader(path, rate=rate, channels=1, sample_format="s16", limits=limits)
    parts = [block for _, block in reader]
    samples = np.concatenate(parts)[:, 0] if parts else np.zeros(0, np.int16)
    return Sound(
        samples=samples.astype(np.float32) / 32768.0,
        rate=reader.rate,
        start_s=reader.start_s,
        filled_s=reader.filled_s,
    )


def iter_sound(
    path: str | Path,
    *,
    rate: int | None = None,
    channels: int | None = None,
    block_s: float = 1.0,
    start_s: float | None = None,
    end_s: float | None = None,
    limits: DecodeLimits = DEFAULT_LIMITS,
) -> Iterator[SoundBlock]:
    """Blocks of `block_s` seconds (the last shorter), float32 (n, channels).

    `start_s`, `end_s`: at least that span of presentation time, cut at whole codec frames (each block says where it
    begins). `rate` None: the file's own. `channels` None: mono stays mono, everything else is mixed to stereo. Raises a
    MediaError: NoSound, Unreadable, Damaged, Truncated, TooLong.
    """
    reader = _SoundReader(path, rate=rate, channels=channels, sample_format="flt", limits=limits)
    reader.only(start_s, end_s)
    waiting: list[np.ndarray] = []
    held = given = 0
    for _, piece in reader:
        waiting.append(piece)
        held += len(piece)
        size = max(1, round(block_s * reader.rate))
        if held < size:
            continue
        joined = np.concatenate(waiting)
        whole = held // size * size
        for first in range(0, whole, size):
            yield SoundBlock(joined[first : first + size], reader.rate, reader.start_s + given / reader.rate)
            given += size
        waiting, held = [joined[whole:]], held - whole
    if held:
        yield SoundBlock(np.concatenate(waiting), reader.rate, reader.start_s + given / reader.rate)


class _SoundReader:
    """Decodes, resamples and lays the pieces on the time line; iterate once. Yields (index of first sample, piece)."""

    def __init__(
        self,
        path: str | Path,
        *,
        rate: int | None,
        channels: int | None,
        sample_format: str,
        limits: DecodeLimits,
    ) -> None:
        self._path = Path(path)
        self._asked_rate, self._channels, self._format, self._limits = rate, channels, sample_format, limits
        self.rate = rate or 0
        self.start_s = 0.0
        self.filled_s = 0.0
        self._written = 0
        self._packets = self._damaged = 0
        self._from_s: float | None = None
        self._until_s: float | None = None

    def only(self, start_s: float | None, end_s: float | None) -> None:
        """Read only what is heard in that span."""
        self._from_s, self._until_s = start_s, end_s

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        with open_media(self._path) as opened:
            stream = opened.sound()
            origin_s = opened.origin_s()
            resampler: Any = None
            shape: tuple[object, ...] = ()
            end_s: float | None = None
            started = stopped = False
            self._seek(opened, stream, origin_s)
            for frame in self._decoded(opened, stream):
                time_s = None if frame.pts is None else float(frame.pts * frame.time_base - origin_s)
                if self._is_before(time_s, frame):
                    continue
                if self._until_s is not None and time_s is not None and time_s >= self._until_s:
                    stopped = True
                    break
                if not started:
                    started = True
                    self.rate = self._asked_rate or frame.sample_rate
                    self.start_s = end_s = time_s if time_s is not None else 0.0
                hole = time_s is not None and end_s is not None and time_s - end_s > GAP_S
                now = (frame.format.name, frame.layout.name, frame.sample_rate)
                if resampler is None or now != shape or hole:
                    if resampler is not None:
                        yield from self._pieces(resampler.resample(None))
                    if hole and time_s is not None:
                        yield from self._silence_until(time_s)
                    channels = self._channels or min(2, frame.layout.nb_channels)
                    resampler = av.AudioResampler(
                        format=self._format, layout="mono" if channels == 1 else "stereo", rate=self.rate
                    )
                    self._channels, shape = channels, now
                frame.pts = None  # the time line is kept here; the resampler must not second-guess it
                yield from self._pieces(resampler.resample(frame))
                length_s = frame.samples / frame.sample_rate
                end_s = (time_s if time_s is not None else end_s or 0.0) + length_s
                self._check_length(end_s)
            if resampler is None and self._from_s is not None and self._packets:
                return  # the file has sound, but none in this span
            if resampler is None:
                raise Unreadable("not a single sound can be decoded", path=self._path)
            yield from self._pieces(resampler.resample(None))
            if self._damaged > self._limits.max_damaged_share * max(1, self._packets):
                raise Damaged(
                    f"{self._damaged} of its {self._packets} pieces of sound cannot be decoded",
                    path=self._path,
                )
            if stopped:
                return
            check_whole(opened, stream, None if end_s is None else end_s + float(origin_s))

    def _seek(self, opened: Any, stream: Any, origin_s: Any) -> None:
        if self._from_s is None or self._from_s <= PREROLL_S:
            return
        target = round((self._from_s - PREROLL_S + float(origin_s)) / float(stream.time_base))
        with contextlib.suppress(av.error.FFmpegError, OSError):  # then it is decoded from the beginning
            opened.container.seek(target, stream=stream, backward=True)

    def _is_before(self, time_s: float | None, frame: Any) -> bool:
        if self._from_s is None or time_s is None:
            return False
        return time_s + frame.samples / frame.sample_rate <= self._from_s

    def _decoded(self, opened: Any, stream: Any) -> Iterator[Any]:
        try:
            for packet in opened.container.demux(stream):
                pulse.beat()
                self._packets += packet.size > 0
                try:
                    frames = packet.decode()
                except av.error.FFmpegError:
                    self._damaged += 1
                    continue
                yield from frames
        except (av.error.FFmpegError, OSError) as error:
            raise Unreadable(f"its sound breaks off ({error_words(error)})", path=self._path) from error

    def _pieces(self, frames: list[Any]) -> Iterator[tuple[int, np.ndarray]]:
        for frame in frames:
            flat = frame.to_ndarray()
            piece = flat.reshape(-1, self._channels or 1)
            if len(piece):
                first, self._written = self._written, self._written + len(piece)
                yield first, piece

    def _silence_until(self, time_s: float) -> Iterator[tuple[int, np.ndarray]]:
        self._check_length(time_s)
        missing = round((time_s - self.start_s) * self.rate) - self._written
        kind = np.int16 if self._format == "s16" else np.float32
        while missing > 0:
            size = min(missing, 60 * self.rate)
            first, self._written = self._written, self._written + size
            self.filled_s += size / self.rate
            missing -= size
            yield first, np.zeros((size, self._channels or 1), kind)

    def _check_length(self, end_s: float) -> None:
        if end_s - self.start_s > self._limits.max_duration_s:
            raise TooLong(
                f"its sound lasts over {self._limits.max_duration_s / 3600:.0f} h, which is the limit",
                path=self._path,
            )
