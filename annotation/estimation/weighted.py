"""Shares from items drawn with unequal probabilities: Hájek's estimator and ratios of totals.

Every share here is Σ w·a / Σ w·b with 0 ≤ a ≤ b an item: b = 1 gives Hájek's mean, b = hours the share of
hours, b = passed the precision of a filter, b = accepted its recall. Variance: Taylor linearisation,
between clusters within strata (C.-E. Särndal, B. Swensson, J. Wretman, "Model Assisted Survey Sampling"
(1992), §5.5–5.7; no finite-population correction, which errs on the wide side).
Interval: E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected number
of positive counts estimated from survey data", Surv. Methodol. 24 (1998).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from annotation.estimation.binomial import binomial_lower, binomial_upper, proportion
from annotation.estimation.values import Estimate, InputError, Interval, Measure, Undefined, check_confidence

KORN_GRAUBARD = "Korn–Graubard with effective size"
MIN_FAILURES = 10
MAX_BARE_WEIGHT = 0.10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Linearised:
    """A ratio with its standard error, the degrees of freedom and the items that carry it."""

    value: float
    standard_error: float
    degrees: int
    n: int


def weighted_share(
    numerators: Sequence[float] | Floats,
    denominators: Sequence[float] | Floats,
    probabilities: Sequence[float] | Floats,
    *,
    strata: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Measure:
    """Σ (a/π) / Σ (b/π) with its Korn–Graubard interval, marked approximate.

    ``numerators`` a and ``denominators`` b are per item with 0 ≤ a ≤ b, ``probabilities`` π in (0, 1].
    Withheld below 10 failures (or 10 successes), and when a stratum of over 10 % of the weight shows only
    successes or only failures, because its variance is then unknown. With equal probabilities, one stratum,
    no clusters and b in {0, 1}, the exact Clopper–Pearson interval is given instead.
    """
    check_confidence(confidence)
    a, b, weights, h, c = _arrays(numerators, denominators, probabilities, strata, clusters)
    if not len(a) or not (b > 0).any():
        return Undefined("nothing was judged")
    if np.any(a > b + 1e-12) or np.any(a < 0):
        raise InputError("each numerator must lie between 0 and its denominator")
    whole = bool(np.isin(b, (0.0, 1.0)).all() and np.isin(a, (0.0, 1.0)).all())
    if whole and np.ptp(weights) <= 1e-12 * weights.max() and strata is None and clusters is None:
        return proportion(int(a.sum()), int(b.sum()), confidence)
    line = _linearise(a, b, weights, h, c)
    withheld = _withheld(a, b, weights, h, line)
    if withheld is not None:
        return Estimate(line.value, withheld, line.n)
    return Estimate(line.value, _korn_graubard(line, confidence), line.n)


def hajek(
    accepted: Sequence[bool],
    probabilities: Sequence[float],
    *,
    strata: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Measure:
    """The share of clips accepted: Hájek's weighted mean (J. Hájek 1971, comment on Basu)."""
    return weighted_share(
        [float(answer) for answer in accepted],
        [1.0] * len(accepted),
        probabilities,
        strata=strata,
        clusters=clusters,
        confidence=confidence,
    )


def hours_share(
    accepted: Sequence[bool],
    hours: Sequence[float],
    probabilities: Sequence[float],
    *,
    strata: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Measure:
    """The share of hours accepted, as a ratio of two estimated totals: long clips count for what they are."""
    if len(hours) != len(accepted):
        raise InputError(f"{len(accepted)} answers but {len(hours)} durations")
    kept = [length if answer else 0.0 for answer, length in zip(accepted, hours, strict=True)]
    return weighted_share(kept, hours, probabilities, strata=strata, clusters=clusters, confidence=confidence)


def linearised_ratio(
    numerators: Sequence[float] | Floats,
    denominators: Sequence[float] | Floats,
    probabilities: Sequence[float] | Floats,
    *,
    strata: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
) -> Linearised | Undefined:
    """Σ (a/π) / Σ (b/π) and its linearised standard error, for any real a and non-negative b."""
    a, b, weights, h, c = _arrays(numerators, denominators, probabilities, strata, clusters)
    if not (b > 0).any():
        return Undefined("nothing was judged")
    return _linearise(a, b, weights, h, c)


def effective_size(weights: Sequence[float] | Floats) -> float:
    """Kish's effective number of items, (Σ w)² / Σ w²; equals the count for equal weights, and 0 where all are 0."""
    w = np.asarray(weights, dtype=float)
    if not ((w >= 0) & np.isfinite(w)).all():
        raise InputError("weights must be finite and at least 0")
    return float(w.sum() ** 2 / (w**2).sum()) if w.any() else 0.0


def _arrays(
    numerators: Sequence[float] | Floats,
    denominators: Sequence[float] | Floats,
    probabilities: Sequence[float] | Floats,
    strata: Sequence[str] | None,
    clusters: Sequence[str] | None,
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    a, b, pi = (np.asarray(column, dtype=float) for column in (numerators, denominators, probabilities))
    n = len(a)
    h = (
        np.unique(np.asarray(strata), return_inverse=True)[1]
        if strata is not None
        else np.zeros(n, dtype=int)
    )
    c = np.unique(np.asarray(clusters), return_inverse=True)[1] if clusters is not None else np.arange(n)
    if not all(len(column) == n for column in (b, pi, h, c)):
        raise InputError("answers, denominators, probabilities, strata and clusters differ in length")
    if n and (not np.isfinite(a).all() or not np.isfinite(b).all() or (b < 0).any()):
        raise InputError("numerators and denominators must be finite, denominators at least 0")
    if n and not ((pi > 0) & (pi <= 1)).all():
        bad = int(np.flatnonzero(~((pi > 0) & (pi <= 1)))[0])
        raise InputError(f"row {bad}: inclusion probability {pi[bad]} is not in (0, 1]")
    return a, b, 1.0 / pi if n else pi, h.astype(np.int64), c.astype(np.int64)


def _linearise(
    a: Floats, b: Floats, weights: Floats, h: npt.NDArray[np.int64], c: npt.NDArray[np.int64]
) -> Linearised:
    total = float((weights * b).sum())
    value = float((weights * a).sum()) / total
    residual = weights * (a - value * b) / total
    n = len(residual)
    if n > 1 and not h.any() and np.array_equal(c, np.arange(n)):
        # One stratum, every item its own cluster: the common case, and much the fastest.
        plain = n / (n - 1) * float(((residual - residual.mean()) ** 2).sum())
        return Linearised(value, math.sqrt(plain), n - 1, int((b > 0).sum()))
    # A cluster may reach over several strata; it is then one cluster in each of them.
    labels, position = np.unique(np.stack([h, c], axis=1), axis=0, return_inverse=True)
    sums = np.bincount(position.ravel(), weights=residual, minlength=len(labels))
    variance, lone = 0.0, 0
    for stratum in np.unique(labels[:, 0]):
        inside = sums[labels[:, 0] == stratum]
        if len(inside) == 1:
            # One cluster shows no spread: take its whole deviation from the overall value instead.
            variance += float(inside[0] ** 2)
            lone += 1
        else:
            variance += len(inside) / (len(inside) - 1) * float(((inside - inside.mean()) ** 2).sum())
    degrees = len(labels) - len(np.unique(labels[:, 0])) + lone
    return Linearised(value, math.sqrt(variance), max(degrees, 1), int((b > 0).sum()))


def _withheld(
    a: Floats, b: Floats, weights: Floats, h: npt.NDArray[np.int64], line: Linearised
) -> Undefined | None:
    in_base = b > 0
    failed = in_base & (a < b)
    succeeded = in_base & (a > 0)
    for name, count in (("failures", int(failed.sum())), ("successes", int(succeeded.sum()))):
        if count < MIN_FAILURES:
            return Undefined(f"withheld: {count} {name}, {MIN_FAILURES} are needed for this method")
    total = float((weights * b).sum())
    for stratum in np.unique(h):
        inside = h == stratum
        share = float((weights * b)[inside].sum()) / total
        bare = not failed[inside].any() or not succeeded[inside].any()
        if share > MAX_BARE_WEIGHT and bare:
            which = "failure" if not failed[inside].any() else "success"
            return Undefined(f"withheld: a stratum with {share:.0%} of the weight shows no {which}")
    if line.standard_error == 0.0:
        return Undefined("withheld: the sample shows no spread between clusters")
    return None


def _korn_graubard(line: Linearised, confidence: float) -> Interval:
    share, tail = line.value, (1.0 - confidence) / 2.0
    effective = share * (1.0 - share) / line.standard_error**2
    if line.n > 1:
        ratio = scipy.stats.t.ppf(1.0 - tail, line.n - 1) / scipy.stats.t.ppf(1.0 - tail, line.degrees)
        effective *= float(ratio) ** 2
    effective = min(effective, float(line.n))
    return Interval(
        binomial_lower(share * effective, effective, tail),
        binomial_upper(share * effective, effective, tail),
        confidence,
        KORN_GRAUBARD,
        approximate=True,
    )
