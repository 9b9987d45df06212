"""What a browser plays: an H.264/AAC preview of [start, end) of a region, with its table of true times.

made = make_rendition("a.avi", Path("store/12.mp4"), start_s=3.2, end_s=9.0, region=Region(0, 0, .5, 1))
made.timestamps[n]        # when picture n is shown in the file
made.source_times[n]      # when it is shown in the source
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from curation.media.decode import FrameRecord, PictureReader
from curation.media.encode import SOUND_RATE, PictureSettings, TimedImage, write_mp4
from curation.media.errors import BadSpan, NoSound, TooLarge
from curation.media.fingerprint import fingerprint
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.regions import Region, crop
from curation.media.sound import iter_sound

Quality = Literal["preview", "original"]
PREVIEW_HEIGHT = 720
PREVIEW = PictureSettings(crf=23)
ORIGINAL = PictureSettings(crf=14, preset="fast")
# What a page can preload over an office line while the clip before it plays.
BYTES_A_SECOND = {"preview": 450_000, "original": 4_000_000}
BYTES_ANYWAY = 200_000
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Rendition:
    """A file that was made. `start_s`: presentation time in the source of its first picture, which is shown at 0;
    `timestamps`: seconds from the file's start for each picture; `source_times`: the same pictures' presentation
    seconds in the source."""

    path: Path
    quality: Quality
    width: int
    height: int
    start_s: float
    end_s: float
    timestamps: list[float]
    source_times: list[float]
    has_sound: bool
    size_bytes: int
    sha256: str
    crf: int

    content_type = "video/mp4"


def make_rendition(
    source: str | Path,
    target: Path,
    *,
    start_s: float,
    end_s: float,
    region: Region | None = None,
    quality: Quality = "preview",
    max_bytes: int | None = None,
    limits: DecodeLimits = DEFAULT_LIMITS,
) -> Rendition:
    """Make one rendition; `target` appears only when it is whole.

    `preview`: at most 720 lines; `original`: as many as the source has. `max_bytes` None: 450 kB (4 MB for
    `original`) a second. Over the budget the quality is lowered and the file made again; TooLarge if four attempts
    do not fit. Raises BadSpan if no picture starts in the span, and as PictureReader. Sound that the source lacks is
    left out, never invented.
    """
    budget = max_bytes or round(BYTES_A_SECOND[quality] * (end_s - start_s)) + BYTES_ANYWAY
    settings, lines = (PREVIEW, PREVIEW_HEIGHT) if quality == "preview" else (ORIGINAL, None)
    rate = round(8 * 0.85 * budget / max(end_s - start_s, 0.1))
    settings = replace(settings, max_rate=rate)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".unfinished-{uuid.uuid4().hex}.mp4")
    try:
        for _ in range(ATTEMPTS):
            made = _write(source, unfinished, start_s, end_s, region, settings, lines, limits)
            if made.size_bytes <= budget:
                unfinished.replace(target)
                return replace(made, path=target, quality=quality)
            settings = settings.lowered()
            lines = max(180, (lines or made.height) * 2 // 3)
        raise TooLarge(
            f"cannot be made smaller than {made.size_bytes} bytes; the budget for this clip is {budget}",
            path=source,
        )
    finally:
        unfinished.unlink(missing_ok=True)


def _write(
    source: str | Path,
    path: Path,
    start_s: float,
    end_s: float,
    region: Region | None,
    settings: PictureSettings,
    lines: int | None,
    limits: DecodeLimits,
) -> Rendition:
    with PictureReader(source, start_s=start_s, end_s=end_s, limits=limits) as reader:
        records = iter(reader)
        first = next(records, None)
        if first is None:
            raise BadSpan(f"has no picture between {start_s:.3f} and {end_s:.3f} s", path=source)
        size = shown_size(first, reader.sample_aspect, region, lines)
        seen: list[float] = []

        def images() -> Iterator[TimedImage]:
            record: FrameRecord | None = first
            while record is not None:
                seen.append(record.pts_s)
                yield TimedImage(rgb=crop(record.rgb(), region), at_s=record.pts_s - first.pts_s)
                record = next(records, None)

        sound = span_sound(source, first.pts_s, end_s, limits=limits)
        timestamps = write_mp4(
            path, images(), size=size, end_s=end_s - first.pts_s, fps=reader.average_fps or 25.0, settings=settings,
            sound=sound,
        )  # fmt: skip
    return Rendition(
        path=path,
        quality="preview",
        width=size[0],
        height=size[1],
        start_s=first.pts_s,
        end_s=end_s,
        timestamps=timestamps,
        source_times=seen,
        has_sound=sound is not None,
        size_bytes=path.stat().st_size,
        sha256=fingerprint(path),
        crf=settings.crf,
    )


def shown_size(
    first: FrameRecord, sample_aspect: Fraction, region: Region | None, lines: int | None
) -> tuple[int, int]:
    """Even (width, height) in square pixels of the region, scaled down to at most `lines` lines."""
    _, _, width, height = (
        (0, 0, first.width, first.height) if region is None else region.pixels(first.width, first.height)
    )
    wide, high = float(width * sample_aspect), float(height)
    scale = 1.0 if lines is None or high <= lines else lines / high
    return _even(wide * scale), _even(high * scale)


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def span_sound(
    source: str | Path, start_s: float, end_s: float, *, limits: DecodeLimits = DEFAULT_LIMITS
) -> np.ndarray | None:
    """The sound of [start_s, end_s) as float32 (n, channels) at 48 kHz, silent where the source has none within the
    span; None if the source has no sound stream at all."""
    total = max(0, round((end_s - start_s) * SOUND_RATE))
    result: np.ndarray | None = None
    try:
        for block in iter_sound(source, rate=SOUND_RATE, start_s=start_s, end_s=end_s, limits=limits):
            if result is None:
                result = np.zeros((total, block.samples.shape[1]), np.float32)
            offset = round((block.start_s - start_s) * SOUND_RATE)
            first, last = max(0, offset), min(total, offset + len(block.samples))
            if first < last:
                result[first:last] = block.samples[first - offset : last - offset]
    except NoSound:
        return None
    return result if result is not None else np.zeros((total, 1), np.float32)
