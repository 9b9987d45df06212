"""Footage as a sample of future footage, and raters as a sample of future raters.

Sources: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 8 (resampling whole
clusters); J. N. K. Rao and C. F. J. Wu, J. Am. Stat. Assoc. 83 (1988) (m = k − 1 of k clusters, unbiased
for few of them); A. B. Owen, "The pigeonhole bootstrap", Ann. Appl. Stat. 1 (2007) (items × raters).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from annotation.estimation.binomial import binomial_lower, binomial_upper
from annotation.estimation.values import Estimate, InputError, Interval, Measure, Undefined, check_confidence

SOURCE_BOOTSTRAP = "bootstrap over sources"
ITEM_RATER_BOOTSTRAP = "bootstrap over items × raters"
MIN_SOURCES = 20
MIN_RATERS = 3
MIN_FAILURES = 10
_DRAWS = 2000
_AT_ONCE = 2_000_000


def source_bootstrap(
    numerators: Sequence[float],
    denominators: Sequence[float],
    sources: Sequence[str],
    *,
    probabilities: Sequence[float] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Measure:
    """Σ a/π / Σ b/π over items, with the spread found by drawing whole sources again.

    0 ≤ a ≤ b an item (accepted of 1, or accepted hours of hours). The bootstrap gives the standard error;
    the bounds are those of a binomial share with the same error, which stay within [0, 1] and lean the
    right way. Withheld below 20 sources, or with failures (or successes) in fewer than 10 of them.
    """
    check_confidence(confidence)
    a, b = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    pi = np.ones(len(a)) if probabilities is None else np.asarray(probabilities, dtype=float)
    if not len(a) == len(b) == len(sources) == len(pi):
        raise InputError("numerators, denominators, sources and probabilities differ in length")
    if not ((a >= 0) & (a <= b + 1e-12) & (b < np.inf) & (pi > 0) & (pi <= 1)).all():
        raise InputError("need 0 ≤ numerator ≤ denominator and 0 < probability ≤ 1 for every item")
    if not (b > 0).any():
        return Undefined("nothing was judged")
    names, place = np.unique(np.asarray(sources), return_inverse=True)
    top = np.bincount(place, weights=a / pi)
    base = np.bincount(place, weights=b / pi)
    value = float(top.sum() / base.sum())
    n, size = int((b > 0).sum()), len(names)
    if size < MIN_SOURCES:
        return Estimate(
            value, Undefined(f"withheld: {size} sources, {MIN_SOURCES} are needed to resample them"), n
        )
    for word, count in (("failures", int((base - top > 1e-12).sum())), ("successes", int((top > 0).sum()))):
        if count < MIN_FAILURES:
            return Estimate(
                value, Undefined(f"withheld: {count} sources with {word}, {MIN_FAILURES} are needed"), n
            )
    rng, equal = np.random.default_rng(seed), np.full(size, 1.0 / size)
    drawn = np.empty((_DRAWS, 2))
    # A few at a time: two thousand draws of all sources of a large corpus would not fit in memory.
    step = max(1, _AT_ONCE // size)
    for start in range(0, _DRAWS, step):
        times = rng.multinomial(size - 1, equal, size=min(step, _DRAWS - start))
        drawn[start : start + step] = times @ np.column_stack([top, base])
    shares = drawn[drawn[:, 1] > 0, 0] / drawn[drawn[:, 1] > 0, 1]
    error = float(shares.std(ddof=1))
    if error == 0.0:
        return Estimate(value, Undefined("withheld: the sources show no spread"), n)
    return Estimate(value, _beta_shaped(value, error, size - 1, confidence, SOURCE_BOOTSTRAP), n)


@dataclass(frozen=True, slots=True)
class RaterAnswer:
    """One person's yes or no on one item."""

    item: str
    rater: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class RaterSensitivity:
    """The share accepted, resampled over items × raters, and without each rater in turn."""

    share: Measure
    without: dict[str, float | Undefined]

    @property
    def spread(self) -> float | Undefined:
        """Largest minus smallest share when one rater is left out."""
        shares = [share for share in self.without.values() if isinstance(share, float)]
        return (
            max(shares) - min(shares) if len(shares) > 1 else Undefined("fewer than two raters to leave out")
        )


def rater_sensitivity(
    answers: Iterable[RaterAnswer], *, confidence: float = 0.95, seed: int = 0
) -> RaterSensitivity | Undefined:
    """How much the share of answers that accept hangs on who was asked.

    Items and raters are both drawn again (pigeonhole bootstrap, which errs on the wide side); withheld
    below 3 raters. The share is of answers, not of settled items: it shows sensitivity, it does not
    certify.
    """
    check_confidence(confidence)
    rows = list(answers)
    if not rows:
        return Undefined("nothing was judged")
    if len({(row.item, row.rater) for row in rows}) < len(rows):
        raise InputError("a rater has two answers on one item: keep the one that counts")
    accepted = np.array([row.accepted for row in rows], dtype=float)
    items, item = np.unique([row.item for row in rows], return_inverse=True)
    raters, rater = np.unique([row.rater for row in rows], return_inverse=True)
    without: dict[str, float | Undefined] = {}
    for index, name in enumerate(raters):
        others = accepted[rater != index]
        without[str(name)] = float(others.mean()) if len(others) else Undefined("there is no other rater")
    value = float(accepted.mean())
    if len(raters) < MIN_RATERS:
        reason = Undefined(f"withheld: {len(raters)} raters, {MIN_RATERS} are needed to resample them")
        return RaterSensitivity(Estimate(value, reason, len(rows)), without)
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(_DRAWS // 2):
        item_times = np.bincount(rng.integers(0, len(items), len(items)), minlength=len(items))
        rater_times = np.bincount(rng.integers(0, len(raters), len(raters)), minlength=len(raters))
        weight = item_times[item] * rater_times[rater]
        if weight.sum():
            shares.append(float((weight * accepted).sum() / weight.sum()))
    tail = (1.0 - confidence) / 2.0
    low, high = (float(bound) for bound in np.quantile(shares, [tail, 1.0 - tail]))
    interval: Interval | Undefined = Interval(
        min(low, value), max(high, value), confidence, ITEM_RATER_BOOTSTRAP, approximate=True
    )
    if low == high:
        interval = Undefined("withheld: every answer is the same, so resampling shows no spread")
    return RaterSensitivity(Estimate(value, interval, len(rows)), without)


def _beta_shaped(value: float, error: float, degrees: int, confidence: float, method: str) -> Interval:

    tail = (1.0 - confidence) / 2.0
    stretch = float(scipy.stats.norm.ppf(1.0 - tail) / scipy.stats.t.ppf(1.0 - tail, degrees))
    size = value * (1.0 - value) / error**2 * stretch**2
    return Interval(
        binomial_lower(value * size, size, tail),
        binomial_upper(value * size, size, tail),
        confidence,
        method,
        approximate=True,
    )
