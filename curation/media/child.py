"""Decoding in a process of its own, so that a hostile file can neither hang nor take down a worker.

    with Decoder() as decoder:
        found = decoder.probe("a.mp4")
        with decoder.pictures("a.mp4") as reader:      # as PictureReader
            for record in reader: ...
        for block in decoder.sound("a.mp4"): ...       # as iter_sound

`decoder()` gives the one of this process. It is an ordinary subprocess (a pool worker may not have daemonic children),
lives for many files, has bounded memory, open files and processor time, and is replaced when it overruns or dies: the
file that did it gets a typed error, the next one a fresh process.
"""

from __future__ import annotations

import atexit
import json
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from curation.media.child_process import SLOTS
from curation.media.decode import FrameRecord, PictureSummary
from curation.media.errors import (
    REASONS,
    DecoderCrashed,
    DecoderKilled,
    MediaError,
    OutOfMemory,
    TooLarge,
    TooSlow,
)
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.probe import ProbeResult
from curation.media.shots import FoundShot, ShotSettings
from curation.media.sound import SoundBlock
from curation.media.wire import Message, Wire, WireClosed, WireSilent

_ROOT = Path(__file__).resolve().parent.parent.parent
_CONFINED = ("memory_bytes", "open_files", "cpu_s", "file_bytes")
MAX_SLOT_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What the decoding process may use. `memory_bytes`: address space, libraries included (about 0.6 GB of it);
    `cpu_s`: processor seconds a file; `silence_s`: how long it may say nothing; `files`: after how many it is renewed;
    `file_bytes`: how large a file it may write (none at all)."""

    memory_bytes: int = 4 * 1024**3
    open_files: int = 64
    cpu_s: int = 4 * 3600
    silence_s: float = 120.0
    files: int = 500
    file_bytes: int = 0


class Decoder:
    """The worker's side. One file at a time; calls from several threads wait for each other, unless by `beside()`."""

    def __init__(self, limits: ChildLimits | None = None) -> None:
        self.limits = limits or ChildLimits()
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: Wire | None = None
        self._memory_fd = -1
        self._memory: mmap.mmap | None = None
        self._slot_bytes = 0
        self._files = 0
        self._busy = False
        self._beside: Decoder | None = None
        self._beside_made = threading.Lock()

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the decoding process, if there is one."""
        return None if self._process is None else self._process.pid

    def probe(self, path: str | Path, *, need_picture: bool = False) -> ProbeResult:
        """As `probe.probe`."""
        result = self.answer({"do": "probe", "path": named(path), "need_picture": need_picture})
        names = {field.name for field in fields(ProbeResult)}
        return ProbeResult(**{name: value for name, value in result.items() if name in names})

    def shots(
        self, path: str | Path, *, settings: ShotSettings | None = None, limits: DecodeLimits = DEFAULT_LIMITS
    ) -> list[FoundShot]:
        """As `shots.detect_shots`."""
        request = {"do": "shots", "path": named(path), "settings": asdict(settings or ShotSettings())}
        return [FoundShot(**shot) for shot in self.answer(request | {"limits": asdict(limits)})]

    def pictures(
        self,
        path: str | Path,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        limits: DecodeLimits = DEFAULT_LIMITS,
        threads: int = 2,
    ) -> ChildPictures:
        """As `PictureReader`: a context manager that iterates over FrameRecords and has `summary`."""
        request = {
            "do": "pictures",
            "path": named(path),
            "start_s": start_s,
            "end_s": end_s,
            "threads": threads,
        }
        return ChildPictures(self, request | {"limits": asdict(limits)})

    def sound(
        self,
        path: str | Path,
        *,
        rate: int | None = None,
        channels: int | None = None,
        block_s: float = 1.0,
        start_s: float | None = None,
        end_s: float | None = None,
        limits: DecodeLimits = DEFAULT_LIMITS,
    ) -> Iterator[SoundBlock]:
        """As `iter_sound`."""
        request: Message = {"do": "sound", "path": named(path), "rate": rate, "channels": channels}
        request |= {"block_s": block_s, "start_s": start_s, "end_s": end_s, "limits": asdict(limits)}
        with self._lock:
            for message in self._free().run(request):
                if message["is"] == "sound":
                    yield SoundBlock(message["taken"], rate=message["rate"], start_s=message["start_s"])

    def beside(self) -> Decoder:
        """One with a process of its own, for another thread or for sound beside the picture; it ends with this one."""
        with self._beside_made:
            self._beside = self._beside or type(self)(self.limits)
            return self._beside

    def close(self) -> None:
        """End the process, if there is one; the next call starts another."""
        with self._lock:
            self._end()
            if self._beside is not None:
                self._beside.close()

    def run(self, request: Message) -> Iterator[Message]:
        """The messages that answer one request; what came through shared memory lies in `taken`, a frame or an array of
        its own. Leaving early stops the process's work on the file. Raises MediaError."""
        wire = self._ready()
        path = request["path"]
        finished = False
        self._busy = True
        try:
            wire.send(request)
            while True:
                message = wire.receive(self.limits.silence_s)
                kind = message.get("is")
                if kind == "done":
                    finished = True
                    if (message.get("error") or {}).get("reason") == OutOfMemory.reason:
                        self._end()  # a process that ran out is not worth keeping
                    _raise_if_error(message, path)
                    yield message
                    return
                if kind == "grow":
                    self._grow(int(message["bytes"]), path)
                    continue
                if kind == "alive":
                    continue
                if "slot" in message:
                    # Copied before anything else happens: from here on the slot is the process's again.
                    message["taken"] = _taken(message, self._slot(message))
                    wire.send({"do": "free", "slot": message["slot"]})
                yield message
        except WireSilent as error:
            self._end()
            raise TooSlow(
                f"kept the decoder silent for {self.limits.silence_s:.0f} s and was given up", path=path
            ) from error
        except (WireClosed, KeyError, TypeError, ValueError) as error:
            raise self._crashed(path, error) from error
        finally:
            if not finished:
                self._abandon()
            self._busy = False

    def answer(self, request: Message) -> Any:
        """The result of a request that has just one. Raises MediaError."""
        with self._lock:
            for message in self._free().run(request):
                if message["is"] == "done":
                    return message["result"]
        raise DecoderCrashed("ended the decoder without an answer", path=request["path"])

    def _free(self) -> Decoder:
        """Itself; or, while this thread is in the middle of a file, a process beside it (sound beside the picture)."""
        return self if not self._busy else self.beside()._free()

    def _end(self) -> None:
        process, self._process, self._wire = self._process, None, None
        if process is not None and self._owner == os.getpid():  # after a fork it is the parent's to end
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if self._memory_fd >= 0:
            os.close(self._memory_fd)
        self._memory_fd, self._memory, self._slot_bytes = -1, None, 0

    def _ready(self) -> Wire:
        if self._owner != os.getpid():
            self._end()
            self._owner = os.getpid()
        if self._process is not None and (
            self._process.poll() is not None or self._files >= self.limits.files
        ):
            self._end()
        if self._wire is None:
            self._start()
        self._files += 1
        assert self._wire is not None
        return self._wire

    def _start(self) -> None:
        self._memory_fd = os.memfd_create("rushes-frames")
        limits = {name: getattr(self.limits, name) for name in _CONFINED}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "curation.media.child_process", str(self._memory_fd), json.dumps(limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._memory_fd,),
            cwd=_ROOT,
            # Each thread of a mathematics library reserves address space that is then missing for frames.
            env={"PATH": os.environ.get("PATH", ""), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,  # a Ctrl-C at the terminal is the worker's to handle
            bufsize=0,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._wire = Wire(self._process.stdout.fileno(), self._process.stdin.fileno())
        self._files = 0

    def _grow(self, size: int, path: str) -> None:
        if not 0 < size <= MAX_SLOT_BYTES:
            raise TooLarge(f"has a picture of {size} bytes, more than is passed on", path=path)
        page = mmap.PAGESIZE
        self._slot_bytes = (size + page - 1) // page * page
        os.ftruncate(self._memory_fd, SLOTS * self._slot_bytes)
        self._memory = mmap.mmap(self._memory_fd, SLOTS * self._slot_bytes)
        assert self._wire is not None
        self._wire.send({"do": "grown", "bytes": self._slot_bytes})

    def _slot(self, message: Message) -> np.ndarray:
        """The bytes of a message in shared memory; what the process says is checked, not believed."""
        slot, size = int(message["slot"]), int(message["bytes"])
        if self._memory is None or not 0 <= slot < SLOTS or not 0 < size <= self._slot_bytes:
            raise ValueError("a slot that is not there")
        return np.frombuffer(self._memory, np.uint8, count=size, offset=slot * self._slot_bytes)

    def _abandon(self) -> None:
        """Tell the process to leave its file; if it does not at once, it goes."""
        if self._wire is None:
            return
        deadline = time.monotonic() + 5.0
        try:
            self._wire.send({"do": "stop"})
            while self._wire.receive(max(0.0, deadline - time.monotonic())).get("is") != "done":
                pass
        except (WireClosed, WireSilent):
            self._end()

    def _crashed(self, path: str, error: Exception) -> MediaError:
        process = self._process
        code: int | None = None
        if process is not None:
            try:
                code = process.wait(timeout=1.0)
            except subprocess.TimeoutExpired:
                code = None
        self._end()
        if code == -signal.SIGXCPU:
            return TooSlow(f"took more than {self.limits.cpu_s} s of processor time to decode", path=path)
        how = f"by {signal.Signals(-code).name}" if code is not None and code < 0 else f"({error or code})"
        if code == -signal.SIGKILL:
            return DecoderKilled(
                "was being decoded when something ended the decoder by SIGKILL, perhaps for want of memory",
                path=path,
            )
        return DecoderCrashed(
            f"ended the decoder {how}; the file may be damaged or made to do that", path=path
        )


class ChildPictures:
    """Pictures out of the decoding process; the same interface as PictureReader. `average_fps` and `sample_aspect` are
    known once iterating has begun."""

    def __init__(self, decoder: Decoder, request: Message) -> None:
        self._decoder, self._request = decoder, request
        self._steps: Iterator[Message] | None = None
        self.summary = PictureSummary()
        self.average_fps: float | None = None
        self.sample_aspect = Fraction(1)

    def __enter__(self) -> ChildPictures:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading; the process stays for the next file."""
        steps, self._steps = self._steps, None
        if steps is not None:
            steps.close()  # type: ignore[attr-defined]

    def __iter__(self) -> Iterator[FrameRecord]:
        with self._decoder._lock:
            self._steps = self._decoder._free().run(self._request)
            try:
                for message in self._steps:
                    if message["is"] == "opened":
                        self.average_fps = message["average_fps"]
                        self.sample_aspect = Fraction(*message["sample_aspect"])
                    elif message["is"] == "summary":
                        self.summary = PictureSummary(**message["summary"])
                    elif message["is"] == "picture":
                        yield _record(message)
            finally:
                self.close()


def named(path: str | Path) -> str:
    """The path as the process is told it."""
    # The process has a working folder of its own; a name that no file can have goes as it is, to be refused there.
    return str(Path(path).absolute())


def _taken(message: Message, data: np.ndarray) -> Any:
    if message["is"] != "picture":
        return data.copy().view(np.float32).reshape(message["shape"])
    frame = av.VideoFrame(int(message["width"]), int(message["height"]), message["pixels"])
    offset = 0
    for plane in frame.planes:
        plane.update(data[offset : offset + plane.buffer_size])
        offset += plane.buffer_size
    frame.colorspace, frame.color_range = message["colours"]
    return frame


def _record(message: Message) -> FrameRecord:
    return FrameRecord(
        message["taken"],
        index=message["index"],
        pts_s=message["pts_s"],
        duration_s=message["duration_s"],
        turn=message["turn"],
        key=message["key"],
        damaged=message["damaged"],
    )


def _raise_if_error(message: Message, path: str) -> None:
    error = message.get("error")
    if error is not None:
        kind = REASONS.get(error["reason"], MediaError)
        raise kind(error["sentence"], path=path, at_s=error["at_s"])


_mine: Decoder | None = None


def decoder() -> Decoder:
    """The decoder of this process, started when first used; a forked process starts its own."""
    global _mine
    if _mine is None:
        _mine = Decoder()
        atexit.register(_mine.close)
    return _mine
