"""Small still pictures: a poster of one moment, and the moments that a clip is looked at in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from curation.media.decode import FrameRecord, PictureReader
from curation.media.errors import BadSpan, Unreadable
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.regions import Region, crop

_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Still:
    """A picture that was written. `time_s`: presentation seconds of what it shows."""

    path: Path
    content_type: str
    width: int
    height: int
    time_s: float
    size_bytes: int


def make_poster(
    source: str | Path,
    target: Path,
    *,
    start_s: float,
    end_s: float,
    region: Region | None = None,
    max_side: int = 480,
    quality: int = 80,
    limits: DecodeLimits = DEFAULT_LIMITS,
) -> Still:
    """A poster of the middle of [start_s, end_s); JPEG or WebP by the target's ending. Raises as PictureReader."""
    kind = _TYPES.get(target.suffix.lower())
    if kind is None:
        raise ValueError(f"a still is written as .jpg or .webp, not {target.suffix!r}")
    (picture,), (time_s,) = moments(source, start_s, end_s, 1, limits)
    picture = _small(crop(picture, region), max_side)
    high, wide = picture.shape[:2]
    flag = cv2.IMWRITE_WEBP_QUALITY if kind == "image/webp" else cv2.IMWRITE_JPEG_QUALITY
    done, data = cv2.imencode(target.suffix, np.ascontiguousarray(picture[..., ::-1]), [flag, quality])
    if not done:
        raise Unreadable(f"a still of {wide} × {high} could not be written", path=source)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".unfinished-{uuid.uuid4().hex}")
    try:
        unfinished.write_bytes(data.tobytes())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return Still(
        path=target,
        content_type=kind,
        width=wide,
        height=high,
        time_s=time_s,
        size_bytes=len(data),
    )


def moments(
    source: str | Path,
    start_s: float,
    end_s: float,
    count: int,
    limits: DecodeLimits,
) -> tuple[list[np.ndarray], list[float]]:
    """RGB pictures of the middle of `count` equal stretches of [start_s, end_s) and their times; each picture once.
    Raises as PictureReader."""
    wanted = [start_s + (end_s - start_s) * (n + 0.5) / count for n in range(count)]
    shown: FrameRecord | None = None
    chosen: list[FrameRecord] = []
    with PictureReader(source, start_s=start_s, end_s=end_s, limits=limits) as reader:
        for record in reader:
            while wanted and record.pts_s > wanted[0]:
                chosen.append(shown or record)
                wanted.pop(0)
            if not wanted:
                break
            shown = record
    if wanted and shown is not None:
        chosen.append(shown)
    distinct = {record.index: record for record in chosen}.values()
    if not distinct:
        raise BadSpan(f"has no picture between {start_s:.3f} and {end_s:.3f} s", path=source)
    return [record.rgb() for record in distinct], [record.pts_s for record in distinct]


def _small(image: np.ndarray, max_side: int) -> np.ndarray:
    high, wide = image.shape[:2]
    scale = min(1.0, max_side / max(high, wide))
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
