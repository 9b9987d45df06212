"""Writing H.264 and AAC into MP4 with pinned settings, keeping the true time of every picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

CLOCK = Fraction(1, 90_000)
SOUND_RATE = 48_000
SOUND_CODEC_FRAME = 1024
_BT709 = 1


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """What the picture is encoded with; part of a rendition's identity.

    `crf`: x264's constant quality (lower is better). `max_rate`: bits a second, None: unbounded. `keyframe_s`: at
    least one key frame in each such stretch.
    """

    crf: int
    preset: str = "veryfast"
    max_rate: int | None = None
    keyframe_s: float = 0.5
    threads: int = 2

    def lowered(self) -> PictureSettings:
        """Clearly smaller: six steps coarser, half the rate."""
        rate = None if self.max_rate is None else max(20_000, self.max_rate // 2)
        return replace(self, crf=min(self.crf + 6, 45), max_rate=rate)

    def options(self) -> dict[str, str]:
        """For libx264. No B-frames: decoding order is then showing order, so stepping back and forth is exact."""
        options = {
            "preset": self.preset,
            "crf": str(self.crf),
            "profile": "high",
            "forced-idr": "1",
            "threads": str(self.threads),
            "x264-params": "bframes=0:keyint=600:min-keyint=1:stitchable=1",
        }
        if self.max_rate is not None:
            options |= {"maxrate": str(self.max_rate), "bufsize": str(self.max_rate)}
        return options


@dataclass(frozen=True, slots=True)
class TimedImage:
    """One upright picture, uint8 (H, W, 3) red first, and when it is shown, in seconds from the file's start."""

    rgb: np.ndarray
    at_s: float


def write_mp4(
    path: Path,
    images: Iterable[TimedImage],
    *,
    size: tuple[int, int],
    end_s: float,
    fps: float,
    settings: PictureSettings,
    sound: np.ndarray | None = None,
    sound_bitrate: int = 96_000,
) -> list[float]:
    """Write a faststart MP4 of `size` (even width, even height), shown until `end_s`.

    `sound`: float32 (n, 1 or 2) at 48 kHz from time 0. `fps` only guides the encoder. Returns the time of each
    picture in the file, in seconds (whole ticks of 1/90,000 s).
    """
    times: list[float] = []
    with av.open(
        str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
    ) as out:
        picture = _picture_stream(out, size, fps, settings)
        voice = None if sound is None else _sound_stream(out, sound.shape[1], sound_bitrate)
        held: Any = None
        next_key = 0.0
        for image in images:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image.rgb), format="rgb24").reformat(
                width=size[0],
                height=size[1],
                format="yuv420p",
                dst_colorspace="ITU709",
                interpolation="LANCZOS",
            )
            frame.pts, frame.time_base = round(image.at_s / CLOCK), CLOCK
            if image.at_s >= next_key - 1e-6:
                frame.pict_type = av.video.frame.PictureType.I
                next_key = image.at_s + settings.keyframe_s - 1.0 / max(fps, 1.0)
            times.append(float(frame.pts * CLOCK))
            if held is not None:
                held.duration = frame.pts - held.pts
                out.mux(picture.encode(held))
            held = frame
        if held is not None:
            held.duration = max(1, round(end_s / CLOCK) - held.pts)
            out.mux(picture.encode(held))
        out.mux(picture.encode(None))
        if voice is not None and sound is not None:
            write_sound(out, voice, sound)
    return times


def _picture_stream(out: Any, size: tuple[int, int], fps: float, settings: PictureSettings) -> Any:
    rate = Fraction(fps).limit_denominator(1001) if fps > 0 else Fraction(25)
    stream = out.add_stream("libx264", rate=rate, options=settings.options())
    stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
    context = stream.codec_context
    context.time_base = CLOCK
    stream.time_base = CLOCK
    # Said in the stream, so that every browser shows the same colours.
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = av.video.reformatter.ColorRange.MPEG
    return stream


def _sound_stream(out: Any, channels: int, bitrate: int) -> Any:
    stream = out.add_stream("aac", rate=SOUND_RATE, layout="mono" if channels == 1 else "stereo")
    stream.bit_rate = bitrate
    return stream


def write_sound(out: Any, stream: Any, sound: np.ndarray) -> None:
    """Encode float32 (n, channels) at 48 kHz, from time 0, into `stream` of an open file."""
    layout = "mono" if sound.shape[1] == 1 else "stereo"
    for first in range(0, len(sound), SOUND_CODEC_FRAME):
        part = np.ascontiguousarray(sound[first : first + SOUND_CODEC_FRAME].T)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, first, Fraction(1, SOUND_RATE)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
