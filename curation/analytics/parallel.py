"""Work on blocks by as many threads as there are processors; NumPy lets go of the interpreter in its loops."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WORKERS = max(1, min(8, len(os.sched_getaffinity(0))))
_pools: dict[int, ThreadPoolExecutor] = {}
_lock = Lock()


def each(work: Callable[[list[Item]], Result], items: Iterable[Item]) -> list[Result]:
    """``work`` on as many shares of ``items`` as there are workers; results in the order of the shares."""
    everything = list(items)
    if WORKERS == 1 or len(everything) < 2 * WORKERS:
        return [work(everything)]
    bounds = [len(everything) * i // WORKERS for i in range(WORKERS + 1)]
    shares = [everything[a:b] for a, b in pairwise(bounds)]
    return list(_pool().map(work, shares))


def _pool() -> ThreadPoolExecutor:
    # One pool a process: threads do not survive the fork of a web or Celery worker.
    with _lock:
        pool = _pools.get(os.getpid())
        if pool is None:
            pool = _pools[os.getpid()] = ThreadPoolExecutor(WORKERS, thread_name_prefix="analytics")
        return pool
