"""Files made to do harm, for any test that feeds them to something."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av

from tests import footage

SECRET = "only for the owner's eyes"


def svg(path: Path) -> Path:
    """A picture format that is a program: it names a file and an address."""
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:1/x"/><text>&x;</text></svg>'
    )
    return path


def data_address(path: Path) -> Path:
    """A playlist whose one entry carries its own bytes."""
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ndata:video/mp4;base64,AAAAGGZ0eXBtcDQy\n")
    return path


def playlist_of(path: Path, target: Path) -> Path:
    """A playlist that names another file of this machine by its address."""
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{target}\n#EXT-X-ENDLIST\n")
    return path


def concat_of(path: Path, target: Path) -> Path:
    path.write_text(f"ffconcat version 1.0\nfile '{target}'\n")
    return path


def elsewhere_mov(path: Path, target: Path) -> Path:
    """A real MP4 whose data reference says that its samples lie in another file."""
    footage.video(path, sound=False)
    data = bytearray(path.read_bytes())
    at = data.find(b"url \x00\x00\x00\x01")
    assert at > 0, "the data reference of the file itself"
    name = str(target).encode()
    box = struct.pack(">I", 12 + len(name)) + b"alis" + b"\0\0\0\0" + name
    return _regrown(path, data, at - 4, 12, box)


def huge_header(path: Path) -> Path:
    """An AVI whose header says 12,000 × 12,000 pixels of raw picture: 432 MB for one."""
    with av.open(str(path), "w", format="avi") as out:
        stream = out.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "bgr24"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(footage.picture(number, (64, 64)), format="rgb24")
            out.mux(stream.encode(frame.reformat(format="bgr24")))
        out.mux(stream.encode(None))
    data = bytearray(path.read_bytes())
    at = data.find(b"strf") + 8
    data[at + 4 : at + 12] = struct.pack("<ii", 12_000, 12_000)
    path.write_bytes(bytes(data))
    return path


def bomb(path: Path, side: int = 7_000) -> Path:
    """A few kilobytes of PNG that unpack to `side` × `side` pixels, in a container that says 160 × 120."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pack = zlib.compressobj(9)
    line = b"\0" * (1 + side * 3)
    packed = b"".join(pack.compress(line) for _ in range(side // 10)) + pack.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    with av.open(str(path), "w", format="mov") as out:
        stream = out.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "rgb24"
        out.start_encoding()
        for number in range(3):
            packet = av.Packet(png)
            packet.stream, packet.is_keyframe = stream, True
            packet.time_base = Fraction(1, 25)
            packet.pts = packet.dts = number
            out.mux(packet)
    return path


def _regrown(path: Path, data: bytearray, at: int, old: int, box: bytes) -> Path:
    """Replace `old` bytes at `at`, deep in `moov` at the file's end, by `box`, and lengthen every box around it."""
    more = len(box) - old
    grown = data[:at] + box + data[at + old :]
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        start = data.find(kind, data.find(b"moov")) - 4
        (size,) = struct.unpack(">I", data[start : start + 4])
        grown[start : start + 4] = struct.pack(">I", size + more)
    path.write_bytes(bytes(grown))
    return path
