"""Exact intervals for a share seen in independent draws.

Source: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
case of the binomial", Biometrika 26 (1934), written with beta quantiles.
"""

from __future__ import annotations

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

CLOPPER_PEARSON = "Clopper–Pearson"


def binomial_lower(successes: float, n: float, alpha: float) -> float:
    """The smallest share p for which P(X ≥ successes) ≥ ``alpha``; 0 when nothing succeeded.

    ``successes`` and ``n`` may be fractional (effective counts); the result lies in [0, 1].
    """
    _check(successes, n, alpha)
    if successes <= 0:
        return 0.0
    return float(scipy.stats.beta.ppf(alpha, successes, n - successes + 1))


def binomial_upper(successes: float, n: float, alpha: float) -> float:
    """The largest share p for which P(X ≤ successes) ≥ ``alpha``; 1 when everything succeeded."""
    _check(successes, n, alpha)
    if successes >= n:
        return 1.0
    return float(scipy.stats.beta.ppf(1.0 - alpha, successes + 1, n - successes))


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> Interval | Undefined:
    """The two-sided Clopper–Pearson interval for ``successes`` of ``n`` independent draws.

    Never covers less than ``confidence``. Not defined for ``n == 0``.
    """
    check_confidence(confidence)
    successes = check_count("successes", successes)
    n = check_count("n", n)
    if successes > n:
        raise InputError(f"{successes} successes cannot come out of {n} draws")
    if n == 0:
        return Undefined("nothing was judged")
    tail = (1.0 - confidence) / 2.0
    return Interval(
        binomial_lower(successes, n, tail), binomial_upper(successes, n, tail), confidence, CLOPPER_PEARSON
    )


def proportion(
    successes: int, n: int, confidence: float = 0.95, *, empty: str = "nothing was judged"
) -> Measure:
    """``successes / n`` with its Clopper–Pearson interval, or not defined with the reason ``empty``."""
    interval = clopper_pearson(successes, n, confidence)
    if isinstance(interval, Undefined):
        return Undefined(empty)
    return Estimate(successes / n, interval, n)


def _check(successes: float, n: float, alpha: float) -> None:
    if not 0.0 <= successes <= n:
        raise InputError(f"need 0 ≤ successes ≤ n, got {successes} of {n}")
    if not 0.0 < alpha < 1.0:
        raise InputError(f"a tail probability must lie strictly between 0 and 1, got {alpha}")
