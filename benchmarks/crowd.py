"""Many raters at once against one site, for a while: what each answer took, and how many went wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import numpy as np

from annotation.simulation import Log

# Takes a rater's number, whether it is time to end, and how to wait; answers with what that rater did.
Rater = Callable[[int, Callable[[], bool], Callable[[float], object]], Log]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a crowd met: milliseconds at the median and at the 95th percentile, judgments a second, errors."""

    raters: int
    seconds: float
    judgments: int
    claim_p50_ms: float
    claim_p95_ms: float
    submit_p50_ms: float
    submit_p95_ms: float
    errors: Sequence[str]

    @property
    def a_second(self) -> float:
        """Judgments a second, of all raters together."""
        return self.judgments / self.seconds

    def line(self) -> str:
        """As one line of the report."""
        return (
            f"{self.raters:>3} raters, {self.seconds:5.1f} s: {self.judgments:>5} judgments ({self.a_second:6.1f}/s), "
            f"next item p50 {self.claim_p50_ms:7.1f} p95 {self.claim_p95_ms:7.1f} ms, "
            f"submit p50 {self.submit_p50_ms:7.1f} p95 {self.submit_p95_ms:7.1f} ms, errors {len(self.errors)}"
        )


def crowd(rater: Rater, *, raters: int, seconds: float, over: Callable[[], bool] | None = None) -> Figures:
    """Let ``raters`` work side by side for ``seconds``, or until ``over()`` where that is given.

    Whoever thinks when the time is up submits at once, so that nothing stays leased.
    """
    stop = threading.Event()
    began = time.perf_counter()

    def one(number: int) -> Log:
        try:
            return rater(number, stop.is_set, stop.wait)
        except OSError as error:
            return Log(errors=[f"rater {number}: {error}"])

    with ThreadPoolExecutor(raters) as pool:
        waiting = [pool.submit(one, number) for number in range(raters)]
        while not all(future.done() for future in waiting):
            time.sleep(0.1)
            if over() if over is not None else time.perf_counter() - began >= seconds:
                break
        took = time.perf_counter() - began
        stop.set()
        logs = [future.result() for future in waiting]
    claims = list(chain.from_iterable(log.claim_s for log in logs))
    submits = list(chain.from_iterable(log.submit_s for log in logs))
    return Figures(
        raters,
        took,
        sum(log.counted + log.surplus for log in logs),
        *_spread(claims),
        *_spread(submits),
        list(chain.from_iterable(log.errors for log in logs)),
    )


def _spread(seconds: Sequence[float]) -> tuple[float, float]:
    if not seconds:
        return float("nan"), float("nan")
    at = np.array(seconds) * 1000
    return float(np.median(at)), float(np.quantile(at, 0.95))
