"""Messages between a worker and its decoding process: a length, then JSON. No pickle, so nothing in them can run."""

from __future__ import annotations

import json
import os
import select
import struct
import time
from typing import Any

Message = dict[str, Any]
_LENGTH = struct.Struct(">I")
MAX_MESSAGE = 64 * 1024 * 1024


class WireClosed(Exception):
    """The other side is gone."""


class WireSilent(Exception):
    """Nothing came within the time."""


class Wire:
    """One pipe to read from and one to write to."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd, self._write_fd = read_fd, write_fd

    def send(self, message: Message) -> None:
        """Raises WireClosed."""
        data = json.dumps(message, allow_nan=False).encode()
        view = memoryview(_LENGTH.pack(len(data)) + data)
        try:
            while view:
                view = view[os.write(self._write_fd, view) :]
        except (BrokenPipeError, OSError) as error:
            raise WireClosed from error

    def receive(self, timeout_s: float | None = None) -> Message:
        """The next message. Raises WireClosed, WireSilent after `timeout_s`."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if length > MAX_MESSAGE:
            raise WireClosed("a message longer than any that is sent")
        try:
            message = json.loads(self._exactly(length, deadline))
        except ValueError as error:
            raise WireClosed("a message that is no JSON") from error
        if not isinstance(message, dict):
            raise WireClosed("a message that is no object")
        return message

    def waiting(self) -> bool:
        """Whether a message (or the end) can be read at once."""
        return bool(select.select([self._read_fd], [], [], 0)[0])

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._read_fd], [], [], left)[0]:
                raise WireSilent
            try:
                part = os.read(self._read_fd, size - len(parts))
            except OSError as error:
                raise WireClosed from error
            if not part:
                raise WireClosed
            parts += part
        return bytes(parts)
