"""The media of one clip, cut out of its source for an export: copied where that is exact, else encoded.

A copy is exact if the clip is the whole frame, begins on a key frame, and no picture in it needs one from outside.
Sound is always encoded: its packets seldom begin where a picture does, and a copy could be up to 64 ms off.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av
import av.error

from curation.media.containers import codec_name, error_words, open_media
from curation.media.decode import EPSILON_S, FrameRecord, PictureReader, decode_frames
from curation.media.encode import SOUND_RATE, PictureSettings, TimedImage, write_mp4, write_sound
from curation.media.errors import BadSpan, Unreadable
from curation.media.fingerprint import fingerprint
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.regions import Region, crop
from curation.media.rendition import shown_size, span_sound

How = Literal["copied", "encoded"]
# One thread: the same bytes on every machine with the same encoder.
EXPORT = PictureSettings(crf=16, preset="medium", keyframe_s=2.0, threads=1)
COPIED_CODECS = frozenset({"h264", "hevc", "av1"})


@dataclass(frozen=True, slots=True)
class Cut:
    """A clip's file. `picture`, `sound`: how each was made (`sound` None: the source has none); `start_s`:
    presentation time in the source of its first picture; `frames`: how many pictures it holds."""

    path: Path
    picture: How
    sound: How | None
    start_s: float
    frames: int
    width: int
    height: int
    size_bytes: int
    sha256: str


def cut_media(
    source: str | Path,
    target: Path,
    *,
    start_s: float,
    end_s: float,
    region: Region | None = None,
    copy: bool = True,
    limits: DecodeLimits = DEFAULT_LIMITS,
) -> Cut:
    """Cut [start_s, end_s) of `region` into an MP4 at `target`, which appears only when it is whole.

    The same source, span and region give the same bytes. `copy=False` always encodes. Raises BadSpan if no picture
    starts in the span, and as PictureReader.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".unfinished-{uuid.uuid4().hex}.mp4")
    try:
        plan = _copyable(source, start_s, end_s) if copy and _is_whole(region) else None
        made = (
            _encode(source, unfinished, start_s, end_s, region, limits)
            if plan is None
            else _copy(source, unfinished, plan, end_s, limits)
        )
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return Cut(path=target, **made)


def _is_whole(region: Region | None) -> bool:
    return region is None or (region.x, region.y, region.width, region.height) == (0, 0, 1, 1)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which packets of the picture to copy: `first` to `last` in the file's order, counted from 0."""

    first: int
    last: int
    start_s: float


def _copyable(source: str | Path, start_s: float, end_s: float) -> _Plan | None:
    """The packets to copy, or None if the span cannot be copied exactly."""
    with open_media(source) as opened:
        stream = opened.picture()
        if codec_name(stream) not in COPIED_CODECS or opened.demuxer not in ("mov", "matroska"):
            return None
        origin = opened.origin_s()
        times: list[tuple[float, bool]] = []
        try:
            for packet in opened.container.demux(stream):
                if not packet.size:
                    continue
                if packet.pts is None or packet.dts is None or packet.is_corrupt:
                    return None
                times.append((float(packet.pts * packet.time_base - origin), bool(packet.is_keyframe)))
        except (av.error.FFmpegError, OSError) as error:
            raise Unreadable(f"breaks off while it is read ({error_words(error)})", path=source) from error
    inside = [n for n, (at, _) in enumerate(times) if start_s - EPSILON_S <= at < end_s - EPSILON_S]
    if not inside:
        raise BadSpan(f"has no picture between {start_s:.3f} and {end_s:.3f} s", path=source)
    first, last = inside[0], inside[-1]
    if (
        not times[first][1]
        or last - first + 1 != len(inside)
        or times[first][0] != min(times[n][0] for n in inside)
    ):
        return None
    if next(decode_frames(source, start_s=times[first][0])).turn:
        return None  # a lying picture with a display matrix; not every player obeys it
    return _Plan(first=first, last=last, start_s=times[first][0])


def _copy(source: str | Path, path: Path, plan: _Plan, end_s: float, limits: DecodeLimits) -> dict[str, Any]:
    sound = span_sound(source, plan.start_s, end_s, limits=limits)
    with (
        open_media(source) as opened,
        av.open(
            str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
        ) as out,
    ):
        stream = opened.picture()
        copied = out.add_stream_from_template(stream)
        voice = None
        if sound is not None:
            voice = out.add_stream("aac", rate=SOUND_RATE, layout="mono" if sound.shape[1] == 1 else "stereo")
            voice.bit_rate = 128_000
        shift: int | None = None
        count = 0
        for packet in opened.container.demux(stream):
            if not packet.size:
                continue
            if plan.first <= count <= plan.last:
                shift = packet.pts if shift is None else shift
                packet.pts -= shift
                packet.dts -= shift
                packet.stream = copied
                out.mux(packet)
            count += 1
            if count > plan.last:
                break
        if voice is not None and sound is not None:
            write_sound(out, voice, sound)
        width, height = copied.codec_context.width, copied.codec_context.height
    return _made(path, "copied", sound is not None, plan.start_s, plan.last - plan.first + 1, (width, height))


def _encode(
    source: str | Path, path: Path, start_s: float, end_s: float, region: Region | None, limits: DecodeLimits
) -> dict[str, Any]:
    with PictureReader(source, start_s=start_s, end_s=end_s, limits=limits) as reader:
        records = iter(reader)
        first = next(records, None)
        if first is None:
            raise BadSpan(f"has no picture between {start_s:.3f} and {end_s:.3f} s", path=source)
        size = shown_size(first, reader.sample_aspect, region, None)
        sound = span_sound(source, first.pts_s, end_s, limits=limits)

        def images() -> Iterator[TimedImage]:
            record: FrameRecord | None = first
            while record is not None:
                yield TimedImage(rgb=crop(record.rgb(), region), at_s=record.pts_s - first.pts_s)
                record = next(records, None)

        times = write_mp4(
            path, images(), size=size, end_s=end_s - first.pts_s, fps=reader.average_fps or 25.0, settings=EXPORT,
            sound=sound, sound_bitrate=128_000,
        )  # fmt: skip
    return _made(path, "encoded", sound is not None, first.pts_s, len(times), size)


def _made(
    path: Path, picture: How, has_sound: bool, start_s: float, frames: int, size: tuple[int, int]
) -> dict[str, Any]:
    return {
        "picture": picture,
        "sound": "encoded" if has_sound else None,
        "start_s": start_s,
        "frames": frames,
        "width": size[0],
        "height": size[1],
        "size_bytes": path.stat().st_size,
        "sha256": fingerprint(path),
    }
