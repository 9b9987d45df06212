"""What every fuzz target shares: how many inputs, how long one may take, and a count of what was tried.

In the suite each target gets a few inputs, always the same; `python -m benchmarks.fuzz` sets RUSHES_FUZZ_TIMES and
RUSHES_FUZZ_SEED for many, and reads what is appended to RUSHES_FUZZ_REPORT.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

TIMES = int(os.environ.get("RUSHES_FUZZ_TIMES", "1"))
SEED = int(os.environ.get("RUSHES_FUZZ_SEED", "1"))
HANGS_AFTER_S = 30.0  # far above the slowest honest answer on a busy machine


class Hangs(AssertionError):
    """An input took longer than ``HANGS_AFTER_S``."""


@contextmanager
def bounded(target: str) -> Iterator[None]:
    """Raise ``Hangs`` out of whatever runs within, once it has run too long."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Hangs(f"{target}: an input took more than {HANGS_AFTER_S:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HANGS_AFTER_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(target: str, inputs: SearchStrategy[Any], try_one: Callable[[Any], object], *, short: int) -> int:
    """Give ``try_one`` ``short`` inputs (in the long run so many times more); it raises where a promise is broken.

    Returns how many were tried; fewer than asked for only where ``inputs`` holds no more different ones.
    """
    tried, slowest = 0, 0.0

    @seed(SEED)
    @settings(
        max_examples=short * TIMES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def run(one: Any) -> None:
        nonlocal tried, slowest
        began = time.perf_counter()
        with bounded(target):
            try_one(one)
        slowest = max(slowest, time.perf_counter() - began)
        tried += 1

    try:
        run()
    finally:
        if where := os.environ.get("RUSHES_FUZZ_REPORT"):
            with Path(where).open("a", encoding="utf-8") as report:
                report.write(json.dumps({"target": target, "inputs": tried, "slowest_s": slowest}) + "\n")
    return tried
