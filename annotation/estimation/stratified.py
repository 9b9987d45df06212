"""Exact interval for a share from a sample drawn at random within strata.

Each stratum gets an exact interval at level α / H, and the weighted sums of the bounds hold together by
Bonferroni's inequality. Conservative, and valid with any number of failures, none included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.estimation.finite import hypergeometric_interval
from annotation.estimation.values import (
    Estimate,
    InputError,
    Interval,
    Measure,
    Undefined,
    check_confidence,
    check_count,
)

STRATIFIED_EXACT = "exact per stratum at α/H, combined"


@dataclass(frozen=True, slots=True)
class StratumCount:
    """A stratum of ``population`` items, ``n`` of which were drawn and judged, ``successes`` accepted."""

    population: int
    n: int
    successes: int
    name: str = ""

    def __post_init__(self) -> None:
        for field in ("population", "n", "successes"):
            check_count(f"stratum {self.name!r}: {field}", getattr(self, field))
        if not self.successes <= self.n <= self.population:
            raise InputError(
                f"stratum {self.name!r}: need successes ≤ n ≤ population, "
                f"got {self.successes}, {self.n}, {self.population}"
            )


def stratified_exact(strata: Sequence[StratumCount], confidence: float = 0.95) -> Measure:
    """The share accepted over all strata, weighted by their sizes, with its exact interval.

    Strata judged completely add no uncertainty and take no part of α. Not defined while a stratum that holds
    items has none judged: its share is unknown.
    """
    check_confidence(confidence)
    filled = [stratum for stratum in strata if stratum.population > 0]
    if not filled:
        return Undefined("there are no items")
    for stratum in filled:
        if stratum.n == 0:
            return Undefined(f"nothing was judged in stratum {stratum.name or '(unnamed)'}")
    total = sum(stratum.population for stratum in filled)
    open_strata = sum(stratum.n < stratum.population for stratum in filled)
    each = 1.0 - (1.0 - confidence) / max(open_strata, 1)
    value = low = high = 0.0
    for stratum in filled:
        weight = stratum.population / total
        interval = hypergeometric_interval(stratum.successes, stratum.n, stratum.population, each)
        if isinstance(interval, Undefined):
            return interval
        value += weight * stratum.successes / stratum.n
        low += weight * interval.lower
        high += weight * interval.upper
    interval = Interval(min(low, value), min(1.0, max(high, value)), confidence, STRATIFIED_EXACT)
    return Estimate(min(value, 1.0), interval, sum(stratum.n for stratum in filled))
