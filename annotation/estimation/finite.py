"""Exact intervals for a share of a list of known length, drawn without replacement.

Source: W. G. Cochran, "Sampling Techniques" (3rd ed. 1977), §3.6: the tails of the hypergeometric
distribution, inverted over every possible number of acceptable items.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import scipy

from annotation.estimation.values import (
    Estimate,
    InputError,
    Interval,
    Measure,
    Undefined,
    check_confidence,
    check_count,
)

HYPERGEOMETRIC = "exact hypergeometric"


def hypergeometric_interval(
    successes: int, n: int, population: int, confidence: float = 0.95
) -> Interval | Undefined:
    """Bounds on the share of ``population`` items that succeed, from ``n`` drawn at random among them.

    Never covers less than ``confidence``, and closes to a point when everything was drawn.
    """
    check_confidence(confidence)
    successes, n = check_count("successes", successes), check_count("n", n)
    population = check_count("population", population)
    if successes > n or n > population:
        raise InputError(f"need successes ≤ n ≤ population, got {successes}, {n}, {population}")
    if n == 0:
        return Undefined("nothing was judged")
    return _interval(successes, n, population, confidence)


def finite_proportion(successes: int, n: int, population: int, confidence: float = 0.95) -> Measure:
    """``successes / n`` with its hypergeometric interval, or not defined when nothing was judged."""
    interval = hypergeometric_interval(successes, n, population, confidence)
    if isinstance(interval, Undefined):
        return interval
    return Estimate(successes / n, interval, n)


@lru_cache(maxsize=8192)
def _interval(successes: int, n: int, population: int, confidence: float) -> Interval:
    tail = (1.0 - confidence) / 2.0
    least, most = successes, population - (n - successes)
    # P(X ≥ successes) rises with the number of good items, P(X ≤ successes) falls with it.
    low = _first(
        least, most, lambda good: float(scipy.stats.hypergeom.sf(successes - 1, population, good, n)) > tail
    )
    high = -_first(
        -most, -least, lambda good: float(scipy.stats.hypergeom.cdf(successes, population, -good, n)) > tail
    )
    return Interval(low / population, high / population, confidence, HYPERGEOMETRIC)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The smallest whole number in [low, high] for which ``holds``, given that it stays true once true."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
