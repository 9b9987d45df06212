"""Opening media safely: only known containers, only the file that was named, never another file or address.

The first bytes decide the demuxer, and that demuxer is forced. A playlist, a concat script or a session
description never reaches a parser that would follow it, whatever its name ends with.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from curation.media.errors import (
    Empty,
    Missing,
    NoPicture,
    NoSound,
    RefusedCodec,
    RefusedContainer,
    Unreadable,
)

SNIFF_BYTES = 4096
SOUND_DEMUXERS = frozenset({"wav", "flac", "mp3"})
DEMUXERS = frozenset({"mov", "matroska", "avi", "mpegts", "flv", "ogg"}) | SOUND_DEMUXERS

PICTURE_CODECS = frozenset(
    {
        "h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg", "theora", "prores",
        "ffv1", "rawvideo", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "h263", "flv1", "dnxhd", "huffyuv", "dvvideo",
        "vc1", "wmv3", "png",
    }
)  # fmt: skip
SOUND_CODECS = frozenset(
    {
        "aac", "mp3", "mp2", "ac3", "eac3", "opus", "vorbis", "flac", "alac", "amr_nb", "amr_wb",
        "wmav2", "adpcm_ms", "adpcm_ima_wav",
    }
)  # fmt: skip

_MOV_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof"})


def sniff(head: bytes) -> str | None:
    """The demuxer's name for a file that begins with `head` (at least 400 bytes of it), or None if not allowed."""
    if head[4:8] in _MOV_BOXES:
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FLV\x01":
        return "flv"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:4] == b"fLaC":
        return "flac"
    if _is_transport_stream(head):
        return "mpegts"
    if head[:3] == b"ID3" or _is_mpeg_sound(head):
        return "mp3"
    return None


def _is_transport_stream(head: bytes) -> bool:
    return any(
        len(head) > offset + 2 * size and all(head[offset + n * size] == 0x47 for n in range(3))
        for offset, size in ((0, 188), (4, 192))
    )


def _is_mpeg_sound(head: bytes) -> bool:
    # Eleven set bits, then a layer other than the reserved 0 (which ADTS uses) and a legal rate.
    return (
        len(head) > 3
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x06 != 0
        and head[1] & 0x18 != 0x08
        and head[2] & 0xF0 not in (0xF0, 0x00)
        and head[2] & 0x0C != 0x0C
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """An open container with the demuxer that its bytes asked for. Close it (`with` does)."""

    path: Path
    demuxer: str
    container: Any  # av.container.InputContainer
    size_bytes: int

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.container.close()

    def picture(self) -> Any:
        """The moving picture's stream (cover art is none). Raises NoPicture, RefusedCodec."""
        stream = self.find_picture()
        if stream is None:
            raise NoPicture("has no moving picture", path=self.path)
        return stream

    def find_picture(self) -> Any | None:
        """The moving picture's stream, the default one first; None if there is none. Raises RefusedCodec."""
        streams = [s for s in self.container.streams.video if not _is_cover(s)]
        return self._choose(streams, PICTURE_CODECS, "picture")

    def sound(self) -> Any:
        """The sound's stream. Raises NoSound, RefusedCodec."""
        stream = self.find_sound()
        if stream is None:
            raise NoSound("has no sound", path=self.path)
        return stream

    def find_sound(self) -> Any | None:
        """The sound's stream, the default one first; None if there is none. Raises RefusedCodec."""
        return self._choose(list(self.container.streams.audio), SOUND_CODECS, "sound")

    def _choose(self, streams: list[Any], allowed: frozenset[str], what: str) -> Any | None:
        if not streams:
            return None
        default = av.stream.Disposition.default
        ordered = sorted(streams, key=lambda s: (not (s.disposition & default), s.index))
        for stream in ordered:
            if _is_read(codec_name(stream), allowed, what):
                return stream
        names = ", ".join(codec_name(s) or "unknown" for s in ordered)
        raise RefusedCodec(f"the {what} is coded as {names}, which is not read here", path=self.path)

    def origin_s(self) -> Fraction:
        """Where presentation time is zero on the container's own clock: the first picture, else the first sound."""
        stream = self.find_picture() or self.find_sound()
        if stream is not None and stream.start_time is not None:
            return Fraction(stream.start_time) * stream.time_base
        if self.container.start_time is not None:
            return Fraction(self.container.start_time, av.time_base)
        return Fraction(0)


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def codec_name(stream: Any) -> str | None:
    """What the stream is coded as ("mp3", "av1"), whichever decoder reads it; None if no decoder does."""
    context = stream.codec_context
    return None if context is None else context.codec.canonical_name


def _is_read(name: str | None, allowed: frozenset[str], what: str) -> bool:
    return name is not None and (name in allowed or (what == "sound" and name.startswith("pcm_")))


def open_media(path: str | Path) -> Opened:
    """Open one media file for reading; follows no reference inside it.

    Raises Missing, Empty, RefusedContainer (with the mend in its sentence) or Unreadable.
    """
    file = Path(path)
    try:
        status = file.stat()
    except OSError as error:
        raise Missing(f"cannot be opened: {error.strerror or error}", path=file) from error
    except ValueError as error:
        raise Missing("has a name that no file can have", path=repr(str(path))) from error
    if not stat.S_ISREG(status.st_mode):
        raise Missing("is not an ordinary file", path=file)
    if status.st_size == 0:
        raise Empty("has no bytes; copy it again from where it came from", path=file)
    try:
        with file.open("rb") as reader:
            head = reader.read(SNIFF_BYTES)
    except OSError as error:
        raise Missing(f"cannot be read: {error.strerror or error}", path=file) from error
    demuxer = sniff(head)
    if demuxer is None:
        raise RefusedContainer(
            f"is {_describe(head)}; files read here are MP4/MOV, Matroska/WebM, AVI, MPEG-TS, FLV, Ogg, WAV, FLAC "
            "and MP3",
            path=file,
        )
    options = {"protocol_whitelist": "file"}
    if demuxer == "mov":
        # A QuickTime data reference may name another file on this machine.
        options |= {"enable_drefs": "0", "use_absolute_path": "0"}
    try:
        # The "file:" prefix keeps a name such as "concat:a|b" a name.
        container = av.open(f"file:{file.absolute()}", format=demuxer, options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Unreadable(
            f"looks like {demuxer} but cannot be opened ({error_words(error)}); it may be cut off or damaged",
            path=file,
        ) from error
    return Opened(path=file, demuxer=demuxer, container=container, size_bytes=status.st_size)


def _describe(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"#EXTM3U", b"ffconcat", b"v=0", b"[playlist]", b"<MPD", b"file ")):
        return "a playlist that points elsewhere, which is never followed"
    if text.startswith(b"<"):
        return "a web page or XML, not a video"
    if head and all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head[:512]):
        return "text, not a video"
    return "of a kind that is not read here"


def error_words(error: BaseException) -> str:
    """The library's own words for an error, without its number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
