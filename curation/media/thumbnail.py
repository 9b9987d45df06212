"""Small still pictures: a poster of one moment, and a strip of moments through a clip."""

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
    """A picture that was written. `times`: presentation seconds of what it shows, one for a poster, one a tile for a
    strip; `tile_width`: pixels of one tile."""

    path: Path
    content_type: str
    width: int
    height: int
    tile_width: int
    times: list[float]
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
    return _make(source, target, start_s, end_s, region, 1, quality, limits, max_side=max_side)


def make_strip(
    source: str | Path,
    target: Path,
    *,
    start_s: float,
    end_s: float,
    count: int = 8,
    region: Region | None = None,
    height: int = 90,
    quality: int = 75,
    limits: DecodeLimits = DEFAULT_LIMITS,
) -> Still:
    """`count` moments side by side, evenly through [start_s, end_s) at the middle of their stretches; fewer where the
    span holds fewer pictures. Raises as PictureReader."""
    return _make(source, target, start_s, end_s, region, count, quality, limits, height=height)


def _make(
    source: str | Path,
    target: Path,
    start_s: float,
    end_s: float,
    region: Region | None,
    count: int,
    quality: int,
    limits: DecodeLimits,
    *,
    max_side: int | None = None,
    height: int | None = None,
) -> Still:
    kind = _TYPES.get(target.suffix.lower())
    if kind is None:
        raise ValueError(f"a still is written as .jpg or .webp, not {target.suffix!r}")
    tiles, times = moments(source, start_s, end_s, region, count, limits, max_side, height)
    sheet = np.hstack(tiles)
    flag = cv2.IMWRITE_WEBP_QUALITY if kind == "image/webp" else cv2.IMWRITE_JPEG_QUALITY
    done, data = cv2.imencode(target.suffix, np.ascontiguousarray(sheet[..., ::-1]), [flag, quality])
    if not done:
        raise Unreadable(f"a still of {sheet.shape[1]} × {sheet.shape[0]} could not be written", path=source)
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
        width=sheet.shape[1],
        height=sheet.shape[0],
        tile_width=tiles[0].shape[1],
        times=times,
        size_bytes=len(data),
    )


def moments(
    source: str | Path,
    start_s: float,
    end_s: float,
    region: Region | None,
    count: int,
    limits: DecodeLimits,
    max_side: int | None,
    height: int | None,
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
    tiles = [_small(crop(record.rgb(), region), max_side, height) for record in distinct]
    times = [record.pts_s for record in distinct]
    if not tiles:
        raise BadSpan(f"has no picture between {start_s:.3f} and {end_s:.3f} s", path=source)
    return tiles, times


def _small(image: np.ndarray, max_side: int | None, height: int | None) -> np.ndarray:
    high, wide = image.shape[:2]
    scale = height / high if height is not None else min(1.0, (max_side or max(high, wide)) / max(high, wide))
    size = (max(1, round(wide * scale)), height or max(1, round(high * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
