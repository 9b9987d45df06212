"""A filter against people, for the whole corpus, from items drawn with unequal probabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from annotation.estimation.multinomial import Floats, multinomial_interval, same_table
from annotation.estimation.values import Estimate, Interval, Measure, Undefined
from annotation.estimation.weighted import effective_size, weighted_share


@dataclass(frozen=True, slots=True)
class WeightedItem:
    """What the filter said, what people settled, and the item's inclusion probability in (0, 1]."""

    passed: bool
    accepted: bool
    probability: float
    stratum: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class WeightedTable:
    """Shares of the corpus in the four cells (they sum to 1), and the figures read off them."""

    n: int
    tp: float
    fp: float
    fn: float
    tn: float
    accuracy: Measure
    precision: Measure
    recall: Measure
    specificity: Measure
    f1: Measure
    mcc: Measure
    kappa: Measure


def weighted_table(
    items: Iterable[WeightedItem],
    *,
    by_stratum: bool = False,
    by_source: bool = False,
    confidence: float = 0.95,
) -> WeightedTable | Undefined:
    """Accuracy, precision, recall, specificity, F1, κ and MCC of the corpus, by Hájek weights.

    ``by_stratum`` and ``by_source`` bring strata and sources into the variance. Shares have the intervals
    of :func:`annotation.estimation.weighted_share` and its rules for withholding; κ and MCC have smoothed
    ones on Kish's effective number of items.
    """
    rows = list(items)
    if not rows:
        return Undefined("nothing was judged")
    passed = np.array([row.passed for row in rows])
    accepted = np.array([row.accepted for row in rows])
    pi = [row.probability for row in rows]
    strata = [row.stratum for row in rows] if by_stratum else None
    clusters = [row.source for row in rows] if by_source else None

    def share(top: np.ndarray, base: np.ndarray, empty: str) -> Measure:
        if not base.any():
            return Undefined(empty)
        return weighted_share(
            (top & base).astype(float).tolist(),
            base.astype(float).tolist(),
            pi,
            strata=strata,
            clusters=clusters,
            confidence=confidence,
        )

    every = np.ones(len(rows), dtype=bool)
    accuracy = share(passed == accepted, every, "nothing was judged")
    jaccard = share(passed & accepted, passed | accepted, "no judged item was passed or accepted")
    weights = 1.0 / np.asarray(pi)
    cells = [
        float(weights[cell].sum() / weights.sum())
        for cell in (passed & accepted, passed & ~accepted, ~passed & accepted, ~passed & ~accepted)
    ]
    size = effective_size(weights)
    return WeightedTable(
        n=len(rows),
        tp=cells[0],
        fp=cells[1],
        fn=cells[2],
        tn=cells[3],
        accuracy=accuracy,
        precision=share(accepted, passed, "the filter passed none of the judged items"),
        recall=share(passed, accepted, "people accepted none of the judged items"),
        specificity=share(~passed, ~accepted, "people accepted every judged item"),
        f1=_dice(jaccard),
        kappa=_smoothed(_kappa, cells, size, len(rows), confidence),
        mcc=_smoothed(_mcc, cells, size, len(rows), confidence),
    )


def _dice(jaccard: Measure) -> Measure:
    if isinstance(jaccard, Undefined):
        return jaccard
    value = 2 * jaccard.value / (1 + jaccard.value)
    if isinstance(jaccard.interval, Undefined):
        return Estimate(value, jaccard.interval, jaccard.n)
    low, high = (2 * bound / (1 + bound) for bound in (jaccard.interval.lower, jaccard.interval.upper))
    interval = Interval(
        min(low, value),
        max(high, value),
        jaccard.interval.confidence,
        jaccard.interval.method,
        jaccard.interval.approximate,
    )
    return Estimate(value, interval, jaccard.n)


def _smoothed(
    function: Callable[[Floats], Floats], cells: list[float], size: float, n: int, confidence: float
) -> Measure:
    tp, fp, fn, tn = cells
    one_sided = min(tp + fp, fn + tn) <= 0 or min(tp + fn, fp + tn) <= 0
    if one_sided:
        return Undefined("the filter or people gave one answer throughout")
    value = float(function(np.array([cells]))[0])
    interval = multinomial_interval(
        [cell * size for cell in same_table(tp, fp, fn, tn)], function, value, confidence
    )
    return Estimate(value, interval, n)


def _kappa(shares: Floats) -> Floats:
    tp, fp, fn, tn = shares.T
    chance = (tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((tp + tn - chance) / (1 - chance))


def _mcc(shares: Floats) -> Floats:
    tp, fp, fn, tn = shares.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
