"""How much memory groups of processes hold over time, and by how much it grows. Linux only (/proc)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

MB = 1024.0  # /proc counts in kB


@dataclass(frozen=True, slots=True)
class Held:
    """MB at one moment: ``own`` is what the processes alone hold, ``shared`` each one's part of shared memory
    (of PostgreSQL: its buffer cache, as far as it has been filled)."""

    at_s: float
    own: float
    shared: float


@dataclass(slots=True)
class Course:
    """What one group held from start to end."""

    samples: list[Held] = field(default_factory=list)

    def growth(self, *, shared: bool = False) -> float:
        """Share by which the median of the last fifth of the samples exceeds that of the first fifth."""
        fifth = max(1, len(self.samples) // 5)
        start, end = self.samples[:fifth], self.samples[-fifth:]
        of = (lambda one: one.own + one.shared) if shared else (lambda one: one.own)
        return median(map(of, end)) / median(map(of, start)) - 1

    def line(self) -> str:
        """As one line of a report."""
        first, last = self.samples[0], self.samples[-1]
        return (
            f"own {first.own:.0f} to {last.own:.0f} MB ({self.growth():+.1%}), "
            f"with shared memory {first.own + first.shared:.0f} to {last.own + last.shared:.0f} MB "
            f"({self.growth(shared=True):+.1%}), {len(self.samples)} samples"
        )


class MemoryWatch:
    """A context that samples each group every ``every_s`` seconds, ``after_s`` seconds of warm-up left out."""

    def __init__(
        self, groups: dict[str, Callable[[], Sequence[int]]], *, after_s: float, every_s: float = 5.0
    ) -> None:
        self.courses = {name: Course() for name in groups}
        self._groups, self._after_s, self._every_s = groups, after_s, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        began = time.monotonic()
        if self._stop.wait(self._after_s):
            return
        while True:
            for name, pids in self._groups.items():
                self.courses[name].samples.append(_held(pids(), time.monotonic() - began))
            if self._stop.wait(self._every_s):
                return


def tree(root: int) -> list[int]:
    """A process and everything that descends from it."""
    found = [root]
    for pid in found:
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def below_me(word: str) -> list[int]:
    """Descendants of this process with ``word`` in their command line."""
    found = []
    for pid in tree(os.getpid())[1:]:
        with suppress(OSError):
            if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def _held(pids: Sequence[int], at_s: float) -> Held:
    own = shared = 0.0
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            sizes = {line.split(":")[0]: float(line.split()[1]) for line in lines}
            own += sizes.get("Pss_Anon", 0.0)
            shared += sizes.get("Pss_Shmem", 0.0)
    return Held(at_s, own / MB, shared / MB)
