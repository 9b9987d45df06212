"""The difference of two independent shares.

Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions", Stat. Med.
17 (1998), method 10: Wilson's score limits of each share, put together in quadrature.
"""

from __future__ import annotations

import math

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

NEWCOMBE = "Newcombe's hybrid score"


def wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's score limits of a share seen in ``n`` (possibly effective) draws, at ``z`` standard errors."""
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def share_difference(
    successes: int, n: int, other_successes: int, other_n: int, confidence: float = 0.95
) -> Measure:
    """First share minus second, in [−1, 1], with Newcombe's interval (approximate)."""
    check_confidence(confidence)
    for part, whole in ((successes, n), (other_successes, other_n)):
        if check_count("successes", part) > check_count("n", whole):
            raise InputError(f"{part} successes cannot come out of {whole}")
    if n == 0 or other_n == 0:
        return Undefined("one of the two sides has no judgments")
    low, high = difference_limits(
        successes / n,
        n,
        other_successes / other_n,
        other_n,
        float(scipy.stats.norm.ppf(0.5 + confidence / 2)),
    )
    value = successes / n - other_successes / other_n
    return Estimate(value, Interval(low, high, confidence, NEWCOMBE, approximate=True), n + other_n)


def difference_limits(first: float, n: float, second: float, other_n: float, z: float) -> tuple[float, float]:
    """Newcombe's limits for ``first − second`` at ``z`` standard errors."""
    low1, high1 = wilson(first, n, z)
    low2, high2 = wilson(second, other_n, z)
    gap = first - second
    return gap - math.hypot(first - low1, high2 - second), gap + math.hypot(high1 - first, second - low2)
