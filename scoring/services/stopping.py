"""A worker that is asked to stop: what it has at hand may finish within seconds, else it is handed back at once.

The worker's first process hears of it, its pool children do the work; a byte-sized page that they share tells them.
"""

from __future__ import annotations

import mmap
import struct
import time

FINISH_S = 5.0
"""Work that is not done this long after the request to stop is handed back; the supervisor waits longer than that."""

_MOMENT = struct.Struct("d")
_shared = mmap.mmap(
    -1, _MOMENT.size
)  # anonymous and shared: what a parent writes, children that it forked read


class HandedBack(Exception):
    """The work at hand is given back unfinished; the attempt does not count."""


def stop() -> None:
    """From now on this worker is stopping."""
    _MOMENT.pack_into(_shared, 0, time.monotonic())


def go_on() -> None:
    """Forget that it was asked to stop."""
    _MOMENT.pack_into(_shared, 0, 0.0)


def check() -> None:
    """Raises ``HandedBack`` once the time to finish has passed."""
    (asked,) = _MOMENT.unpack_from(_shared, 0)
    if asked and time.monotonic() - asked > FINISH_S:
        raise HandedBack
