"""What a file holds: sizes, rates, codecs and times, with how each was known.

`probe(path)` reads every packet once without decoding (and decodes the first picture), so that frame count,
duration and bit rate are measured rather than believed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import av.error

from curation.media.containers import Opened, codec_name, error_words, open_media
from curation.media.errors import NoPicture, TooLarge, TooLong, Unreadable
from curation.media.packets import MAX_PACKETS, StreamPackets, read_packets

MAX_PIXELS = 8192 * 4608
MAX_DURATION_S = 24 * 3600.0
# An interval this much off the median is no rounding of a regular one.
IRREGULAR_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One file, probed. What is not there or could not be known is None, never a default.

    Sizes are pixels. `width`, `height` are as coded; `display_width`, `display_height` after `rotation` (degrees
    counter-clockwise that were applied: 0, 90, 180, 270) but before the sample aspect ratio. Times are seconds.
    """

    container: str
    size_bytes: int
    duration_s: float
    """Seconds from the first picture to the end of the last (of the sound, where there is no picture)."""
    header_duration_s: float | None
    start_s: float
    """Where presentation time zero lies on the container's own clock."""

    has_picture: bool
    codec: str | None = None
    pixel_format: str | None = None
    width: int | None = None
    height: int | None = None
    rotation: int | None = None
    display_width: int | None = None
    display_height: int | None = None
    sample_aspect: str | None = None
    """Width of a pixel over its height, as "4/3"; None if the file does not say."""
    time_base: str | None = None
    fps: float | None = None
    """Average frames a second over the file, measured: (frames − 1) / (last start − first start)."""
    header_fps: float | None = None
    frame_count: int | None = None
    """Pictures, counted by packets."""
    variable_frame_rate: bool | None = None
    """Whether any interval between pictures is off the median one by more than a quarter."""
    irregular_intervals: int | None = None
    keyframes: int | None = None
    picture_bitrate: float | None = None
    """Bits a second of the picture alone, measured: 8 · packet bytes / picture duration."""

    has_sound: bool = False
    sound_codec: str | None = None
    sound_rate: int | None = None
    sound_channels: int | None = None
    sound_start_s: float | None = None
    """Presentation time of the first sound (may be negative)."""
    sound_duration_s: float | None = None
    damaged_packets: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def probe(path: str | Path, *, need_picture: bool = False, max_packets: int = MAX_PACKETS) -> ProbeResult:
    """Probe one file. Raises a MediaError: Missing, Empty, RefusedContainer, RefusedCodec, Unreadable, Truncated,
    TooLong, TooLarge, and NoPicture if `need_picture` and there is only sound (or nothing at all)."""
    with open_media(path) as opened:
        picture, sound = opened.find_picture(), opened.find_sound()
        if picture is None and need_picture:
            raise NoPicture("has no moving picture", path=path)
        streams = [stream for stream in (picture, sound) if stream is not None]
        if not streams:
            raise NoPicture("has neither picture nor sound", path=path)
        origin_s = float(opened.origin_s())
        packets = read_packets(opened, streams, max_packets=max_packets)
        fields = _container_fields(opened, origin_s)
        if picture is not None:
            fields |= _picture_fields(opened, picture, packets[picture.index], origin_s)
        if sound is not None:
            fields |= _sound_fields(opened, sound, packets[sound.index], origin_s)
    if picture is not None:
        fields |= _first_frame_fields(Path(path))
    else:
        fields["duration_s"] = fields["sound_duration_s"]
    fields["damaged_packets"] = sum(one.corrupt for one in packets.values())
    result = ProbeResult(has_picture=picture is not None, **fields)
    if result.duration_s > MAX_DURATION_S:
        raise TooLong(
            f"lasts {result.duration_s / 3600:.1f} h; the limit is {MAX_DURATION_S / 3600:.0f} h", path=path
        )
    return result


def _container_fields(opened: Opened, origin_s: float) -> dict[str, Any]:
    duration = opened.container.duration
    return {
        "container": opened.demuxer,
        "size_bytes": opened.size_bytes,
        "header_duration_s": None if duration is None or duration <= 0 else duration / av.time_base,
        "start_s": origin_s,
    }


def _picture_fields(opened: Opened, stream: Any, packets: StreamPackets, origin_s: float) -> dict[str, Any]:
    context = stream.codec_context
    end_s = packets.end_s
    if packets.packets == 0 or end_s is None:
        raise Unreadable("has a picture stream without a single picture", path=opened.path)
    if not context.width or not context.height:
        raise Unreadable("does not say how large its picture is", path=opened.path)
    if context.width * context.height > MAX_PIXELS:
        raise TooLarge(
            f"has pictures of {context.width} × {context.height}, more than is read here", path=opened.path
        )
    header_fps = float(stream.average_rate) if stream.average_rate else None
    fps = _measured_fps(packets) or header_fps
    duration_s = end_s - origin_s
    if duration_s <= 0 and fps:  # one picture whose packet has no duration
        duration_s = packets.packets / fps
    irregular = _irregular(packets)
    return {
        "codec": codec_name(stream),
        "pixel_format": context.pix_fmt,
        "width": context.width,
        "height": context.height,
        "sample_aspect": str(stream.sample_aspect_ratio) if stream.sample_aspect_ratio else None,
        "time_base": str(stream.time_base),
        "fps": fps,
        "header_fps": header_fps,
        "frame_count": packets.packets,
        "variable_frame_rate": None if irregular is None else irregular > 0,
        "irregular_intervals": irregular,
        "keyframes": packets.key_packets,
        "picture_bitrate": packets.bytes * 8 / duration_s if duration_s > 0 else None,
        "duration_s": duration_s,
    }


def _measured_fps(packets: StreamPackets) -> float | None:
    if len(packets.starts) < 2:
        return None
    span = (max(packets.starts) - min(packets.starts)) * packets.time_base
    return float((len(packets.starts) - 1) / span) if span > 0 else None


def _irregular(packets: StreamPackets) -> int | None:
    """How many intervals are no rounding of the median one; None if there are too few pictures to say."""
    intervals = packets.intervals()
    if len(intervals) < 2:
        return None
    middle = median(intervals)
    allowed = max(IRREGULAR_SHARE * middle, 1.0)
    return sum(abs(interval - middle) > allowed for interval in intervals)


def _sound_fields(opened: Opened, stream: Any, packets: StreamPackets, origin_s: float) -> dict[str, Any]:
    context = stream.codec_context
    first_s, end_s = packets.first_s, packets.end_s
    if first_s is not None and stream.start_time is not None:
        # The first packets of many codecs only prime the decoder; the header knows where they become audible.
        first_s = max(first_s, float(stream.start_time * stream.time_base))
    if packets.packets == 0 or first_s is None or end_s is None:
        if opened.find_picture() is None:
            raise Unreadable("has a sound stream without any sound in it", path=opened.path)
        return {"has_sound": False}
    return {
        "has_sound": True,
        "sound_codec": codec_name(stream),
        "sound_rate": context.sample_rate or None,
        "sound_channels": context.channels or None,
        "sound_start_s": first_s - origin_s,
        "sound_duration_s": end_s - first_s,
    }


def _first_frame_fields(path: Path) -> dict[str, Any]:
    """Decode one picture: proof that it can be, and the rotation that the display matrix asks for."""
    with open_media(path) as opened:
        stream = opened.picture()
        try:
            frame = next(islice(opened.container.decode(stream), 1), None)
        except (av.error.FFmpegError, OSError) as error:
            raise Unreadable(
                f"its first picture cannot be decoded ({error_words(error)})", path=path
            ) from error
        if frame is None:
            raise Unreadable("not a single picture can be decoded", path=path)
        turn = quarter_turn(frame.rotation)
        width, height = frame.width, frame.height
    swap = turn in (90, 270)
    return {
        "rotation": turn,
        "display_width": height if swap else width,
        "display_height": width if swap else height,
        "pixel_format": frame.format.name,
    }


def quarter_turn(degrees: float) -> int:
    """The quarter turn nearest to `degrees`, counter-clockwise: 0, 90, 180 or 270."""
    return round(degrees / 90) % 4 * 90
