"""The decoding process itself: reads one request at a time, writes what it finds into shared memory.

Started by `curation.media.child` as `python -m curation.media.child_process FD LIMITS`; ends when its input closes.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import re
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import av
import numpy as np

from curation.media import pulse
from curation.media.decode import FrameRecord, PictureReader
from curation.media.errors import CannotWrite, MediaError, OutOfMemory, Unreadable
from curation.media.limits import DecodeLimits
from curation.media.probe import probe
from curation.media.sound import iter_sound
from curation.media.wire import Message, Wire, WireClosed

SLOTS = 4
# The palette of these does not lie in their planes; they become RGB here. Every other format crosses as it is.
PALETTED = frozenset({"pal8"})

_NO_MEMORY = "wants more memory to decode than it may have"
_CANNOT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
# Two pictures of the largest kind that is common.
NEAR_LIMIT = 64 * 1024 * 1024


class _Stopped(Exception):
    """The worker wants no more of this file."""


class Ring:
    """Slots of shared memory; the worker gives each back when it has read it."""

    def __init__(self, memory_fd: int, wire: Wire) -> None:
        self._fd, self._wire = memory_fd, wire
        self._memory: mmap.mmap | None = None
        self._slot_bytes = 0
        self._free = list(range(SLOTS))

    def put(self, data: np.ndarray, message: Message) -> None:
        """Send `message` with `data` in a slot; waits until one is free."""
        self.fill(
            data.nbytes,
            lambda view: np.copyto(view, np.ascontiguousarray(data).view(np.uint8).ravel()),
            message,
        )

    def fill(self, size: int, write: Callable[[np.ndarray], None], message: Message) -> None:
        """As `put`, with `write` laying `size` bytes into the slot's own memory, so that nothing is copied twice."""
        if size > self._slot_bytes:
            self._grow(size)
        while not self._free or self._wire.waiting():
            self._take(self._wire.receive())
        slot = self._free.pop(0)
        assert self._memory is not None
        view = np.frombuffer(self._memory, np.uint8, count=size, offset=slot * self._slot_bytes)
        write(view)
        self._wire.send(message | {"slot": slot, "bytes": size})

    def reset(self) -> None:
        """Before a new file: all slots are free."""
        self._free = list(range(SLOTS))

    def _grow(self, size: int) -> None:
        while len(self._free) < SLOTS:
            self._take(self._wire.receive())
        self._wire.send({"is": "grow", "bytes": size})
        while True:
            message = self._wire.receive()
            if message.get("do") == "grown":
                break
            self._take(message)
        slot_bytes = int(message["bytes"])
        self._memory, self._slot_bytes = (
            None,
            0,
        )  # the old mapping goes first, so that both never count at once
        self._memory = mmap.mmap(self._fd, SLOTS * slot_bytes)
        self._slot_bytes = slot_bytes

    def _take(self, message: Message) -> None:
        if message.get("do") == "stop":
            raise _Stopped
        if message.get("do") == "free":
            self._free.append(int(message["slot"]))


def _send_probe(request: Message, ring: Ring, wire: Wire) -> Message:
    return {"result": probe(request["path"], need_picture=request["need_picture"]).as_dict()}


def _send_shots(request: Message, ring: Ring, wire: Wire) -> Message:
    from curation.media.shots import ShotSettings, detect_shots  # slow to import, and seldom wanted

    shots = detect_shots(
        request["path"],
        settings=ShotSettings(**request["settings"]),
        limits=DecodeLimits(**request["limits"]),
    )
    return {"result": [asdict(shot) for shot in shots]}


def _send_pictures(request: Message, ring: Ring, wire: Wire) -> Message:
    with PictureReader(
        request["path"],
        start_s=request["start_s"],
        end_s=request["end_s"],
        limits=DecodeLimits(**request["limits"]),
        threads=request["threads"],
    ) as reader:
        wire.send(
            {
                "is": "opened",
                "average_fps": reader.average_fps,
                "sample_aspect": [reader.sample_aspect.numerator, reader.sample_aspect.denominator],
            }
        )
        try:
            for record in reader:
                _send_picture(record, ring)
        finally:
            summary = asdict(reader.summary)
            wire.send({"is": "summary", "summary": summary})
    return {"result": None}


def _send_picture(record: FrameRecord, ring: Ring) -> None:
    frame = record.av_frame()
    if frame.format.name in PALETTED:
        frame = frame.reformat(format="rgb24")
    # A new frame of this shape has the same line sizes in the worker, so that each plane is one copy there.
    sizes = _line_sizes(frame.width, frame.height, frame.format.name)
    message = {
        "is": "picture",
        "index": record.index,
        "pts_s": record.pts_s,
        "duration_s": record.duration_s,
        "turn": record.turn,
        "key": record.key,
        "damaged": record.damaged,
        "pixels": frame.format.name,
        "width": frame.width,
        "height": frame.height,
        "colours": [int(frame.colorspace), int(frame.color_range)],
    }

    def write(view: np.ndarray) -> None:
        offset = 0
        for plane, (line, lines) in zip(frame.planes, sizes, strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:lines]
            into = view[offset : offset + line * lines].reshape(lines, line)
            width = min(line, plane.line_size)
            into[:, :width] = rows[:, :width]
            offset += line * lines

    ring.fill(sum(line * lines for line, lines in sizes), write, message)


@lru_cache(maxsize=4)
def _line_sizes(width: int, height: int, pixels: str) -> list[tuple[int, int]]:
    """(bytes a line, lines) of each plane of a new frame."""
    return [
        (plane.line_size, plane.buffer_size // plane.line_size)
        for plane in av.VideoFrame(width, height, pixels).planes
    ]


def _send_sound(request: Message, ring: Ring, wire: Wire) -> Message:
    for block in iter_sound(
        request["path"],
        rate=request["rate"],
        channels=request["channels"],
        block_s=request["block_s"],
        start_s=request["start_s"],
        end_s=request["end_s"],
        limits=DecodeLimits(**request["limits"]),
    ):
        message = {
            "is": "sound",
            "shape": list(block.samples.shape),
            "rate": block.rate,
            "start_s": block.start_s,
        }
        ring.put(block.samples.astype(np.float32, copy=False), message)
    return {"result": None}


def _make(request: Message, ring: Ring, wire: Wire) -> Message:
    from curation.media.making import make

    return {"result": make(request)}


JOBS: dict[str, Callable[[Message, Ring, Wire], Message]] = {
    "probe": _send_probe,
    "shots": _send_shots,
    "pictures": _send_pictures,
    "sound": _send_sound,
    "rendition": _make,
    "poster": _make,
    "waveform": _make,
    "cut": _make,
    "hashes": _make,
}


def _answer(request: Message, ring: Ring, wire: Wire) -> Message:
    path = request.get("path")
    try:
        return JOBS[request["do"]](request, ring, wire)
    except _Stopped:
        return {"result": None}
    except WireClosed:
        raise
    except MediaError as error:
        if error.reason in ("damaged", "unreadable") and _memory_was_short():
            return _error(
                OutOfMemory.reason, _NO_MEMORY, path
            )  # what looks like damage was a refused allocation
        return _error(error.reason, error.sentence, error.path, error.at_s)
    except MemoryError:
        return _error(OutOfMemory.reason, _NO_MEMORY, path)
    except Exception as error:  # a hostile file may break a library in any way; the worker gets to hear of it
        if (isinstance(error, OSError) and error.errno == errno.ENOMEM) or _memory_was_short():
            return _error(OutOfMemory.reason, _NO_MEMORY, path)
        if isinstance(error, OSError) and error.errno in _CANNOT_WRITE:
            words = os.strerror(error.errno)
            return _error(CannotWrite.reason, f"what was made of it could not be written ({words})", path)
        return _error(Unreadable.reason, f"broke the decoder ({type(error).__name__}: {error})", path)


def _error(reason: str, sentence: str, path: str | None, at_s: float | None = None) -> Message:
    return {"error": {"reason": reason, "sentence": sentence, "path": path, "at_s": at_s}}


def _memory_was_short() -> bool:
    """Whether the process has come so near its limit that an allocation may have been refused."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return False
    peak = re.search(r"VmPeak:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return peak is not None and int(peak.group(1)) * 1024 > limit - NEAR_LIMIT


def serve(wire: Wire, ring: Ring, cpu_s: int) -> None:
    """Answer requests until the input closes."""
    pulse.tell_to(lambda: wire.send({"is": "alive"}))
    for request in _requests(wire):
        _allow_cpu(cpu_s)
        ring.reset()
        wire.send({"is": "done"} | _answer(request, ring, wire))


def _requests(wire: Wire) -> Iterator[Message]:
    while True:
        try:
            message = wire.receive()
        except WireClosed:
            return
        if message.get("do") in JOBS:  # what is left over from the file before ("free", "stop") is ignored
            yield message


def _allow_cpu(seconds: int) -> None:
    """This much more processor time, for one file; the process is killed beyond it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _confine(limits: dict[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_bytes"], limits["file_bytes"]))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then it is an error of the file at hand, not the end
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits["open_files"], limits["open_files"]))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))


def main(arguments: list[str]) -> None:
    """Take over the pipes, give up what is not needed, serve."""
    memory_fd, limits = int(arguments[0]), json.loads(arguments[1])
    # Libraries may print; the pipe is for messages alone.
    wire = Wire(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    _confine(limits)
    try:
        serve(wire, Ring(memory_fd, wire), limits["cpu_s"])
    except (WireClosed, KeyboardInterrupt):
        return


if __name__ == "__main__":
    main(sys.argv[1:])
