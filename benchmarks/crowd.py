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

# Takes a rater's number, a log to write, whether it is time to end, and how to wait.
Rater = Callable[[int, Log, Callable[[], bool], Callable[[float], object]], Log]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a crowd met: milliseconds at the median and at the 95th percentile, judgments a second, errors.

    ``judgments``: all that were acknowledged; ``in_time``: those of them answered before the time was up.
    """

    raters: int
    seconds: float
    judgments: int
    in_time: int
    claim_p50_ms: float
    claim_p95_ms: float
    submit_p50_ms: float
    submit_p95_ms: float
    errors: Sequence[str]

    @property
    def a_second(self) -> float:
        """Judgments a second, of all raters together."""
        return self.in_time / self.seconds

    def line(self) -> str:
        """As one line of the report."""
        return (
            f"{self.raters:>3} raters, {self.seconds:5.1f} s: {self.judgments:>5} judgments ({self.a_second:6.1f}/s), "
            f"next item p50 {self.claim_p50_ms:7.1f} p95 {self.claim_p95_ms:7.1f} ms, "
            f"submit p50 {self.submit_p50_ms:7.1f} p95 {self.submit_p95_ms:7.1f} ms, errors {len(self.errors)}"
        )


def crowd(
    rater: Rater,
    *,
    raters: int,
    seconds: float,
    over: Callable[[], bool] | None = None,
    coming_s: float = 0.0,
) -> Figures:
    """Let ``raters`` work side by side for ``seconds``, or until ``over()`` where that is given.

    They come one after the other in the first ``coming_s`` seconds: people who think never all press a key at one
    moment. Whoever thinks when the time is up submits at once, so that nothing stays leased; that rush is counted
    among the judgments and the errors, and left out of the percentiles and of the rate.
    """
    stop = threading.Event()
    logs = [Log() for _ in range(raters)]
    began = time.perf_counter()

    def one(number: int) -> None:
        stop.wait(coming_s * number / raters)
        try:
            rater(number, logs[number], stop.is_set, stop.wait)
        except OSError as error:
            logs[number].errors.append(f"rater {number}: {error}")

    with ThreadPoolExecutor(raters) as pool:
        waiting = [pool.submit(one, number) for number in range(raters)]
        while not all(future.done() for future in waiting):
            time.sleep(0.1)
            if over() if over is not None else time.perf_counter() - began >= seconds:
                break
        took = time.perf_counter() - began
        claims = [list(log.claim_s) for log in logs]
        submits = [list(log.submit_s) for log in logs]
        stop.set()
        for future in waiting:
            future.result()
    return Figures(
        raters,
        took,
        sum(log.counted + log.surplus for log in logs),
        sum(map(len, submits)),
        *_spread(list(chain.from_iterable(claims))),
        *_spread(list(chain.from_iterable(submits))),
        list(chain.from_iterable(log.errors for log in logs)),
    )


def _spread(seconds: Sequence[float]) -> tuple[float, float]:
    if not seconds:
        return float("nan"), float("nan")
    at = np.array(seconds) * 1000
    return float(np.median(at)), float(np.quantile(at, 0.95))
