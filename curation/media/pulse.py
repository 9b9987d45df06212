"""A sign of life from the loops that read a file: the decoding process passes it on, so that a worker can tell a long
file from one that hangs a library. Elsewhere it does nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_S = 2.0

_every_s = EVERY_S
_tell: Callable[[], None] | None = None
_told = 0.0


def beat() -> None:
    """Called once a packet by whatever reads."""
    global _told
    if _tell is None:
        return
    now = time.monotonic()
    if now - _told >= _every_s:
        _told = now
        _tell()


def tell_to(tell: Callable[[], None] | None, *, every_s: float = EVERY_S) -> None:
    """From now on `tell` is called about every `every_s` seconds while packets are read in this process (None: never)."""
    global _tell, _told, _every_s
    _tell, _told, _every_s = tell, time.monotonic(), every_s
