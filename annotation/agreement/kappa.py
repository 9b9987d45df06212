"""Cohen's κ for two raters, the largest κ that margins or an agreement allow, and Matthews' correlation.

Sources: J. Cohen, "A coefficient of agreement for nominal scales", Educ. Psychol. Meas. 20 (1960), which
also gives the largest κ for given margins; B. W. Matthews, Biochim. Biophys. Acta 405 (1975).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt

from annotation.estimation.multinomial import multinomial_interval, same_table
from annotation.estimation.values import Estimate, InputError, Measure, Undefined, check_count

Table = Sequence[Sequence[int]]
_ONE_ANSWER = "both sides gave one and the same answer throughout, so chance alone explains all agreement"


def cohen_kappa(table: Table, confidence: float = 0.95) -> Measure:
    """Cohen's κ of a k × k table of counts (rows: first rater, columns: second), in [−1, 1]."""
    counts = _square(table)
    n = int(counts.sum())
    if n == 0:
        return Undefined("no item has an answer from both")
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    by_chance = int((rows * columns).sum())
    if by_chance == n * n:
        return Undefined(_ONE_ANSWER)
    value = (n * int(np.trace(counts)) - by_chance) / (n * n - by_chance)
    size = counts.shape[0]
    interval = multinomial_interval(
        [int(cell) for cell in _turned(counts).ravel()],
        lambda shares: _kappa_of_shares(shares, size),
        value,
        confidence,
    )
    return Estimate(value, interval, n)


def kappa_max(table: Table) -> float | Undefined:
    """The largest κ that two raters with these margins could have reached (Cohen 1960)."""
    counts = _square(table)
    n = int(counts.sum())
    if n == 0:
        return Undefined("no item has an answer from both")
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    by_chance = int((rows * columns).sum())
    if by_chance == n * n:
        return Undefined(_ONE_ANSWER)
    return (n * int(np.minimum(rows, columns).sum()) - by_chance) / (n * n - by_chance)


def kappa_ceiling(agreed: int, n: int) -> float | Undefined:
    """The largest κ of any 2 × 2 table in which ``agreed`` of ``n`` items got the same answer.

    A reported κ above it cannot belong to that agreement. Chance explains least where all disputed items fall to one
    side and the agreed ones are split evenly, so only those tables are looked at.
    """
    agreed, n = check_count("agreed", agreed), check_count("n", n)
    if agreed > n:
        raise InputError(f"{agreed} agreed items cannot come out of {n}")
    if n == 0:
        return Undefined("no item has an answer from both")
    disputed = n - agreed
    kappas = []
    for yes in {agreed // 2, (agreed + 1) // 2}:
        by_chance = yes * (yes + disputed) + (n - yes) * (n - yes - disputed)
        if by_chance < n * n:
            kappas.append((n * agreed - by_chance) / (n * n - by_chance))
    return max(kappas) if kappas else Undefined(_ONE_ANSWER)


def matthews(tp: int, fp: int, fn: int, tn: int, confidence: float = 0.95) -> Measure:
    """Matthews' correlation of two binary answers, in [−1, 1]; needs both answers on both sides."""
    tp, fp, fn, tn = (
        check_count(name, cell) for name, cell in zip(("tp", "fp", "fn", "tn"), (tp, fp, fn, tn), strict=True)
    )
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    if tp + fp + fn + tn == 0:
        return Undefined("nothing was judged")
    if margins == 0:
        return Undefined("one side gave a single answer throughout, so there is nothing to correlate")
    value = (tp * tn - fp * fn) / float(margins) ** 0.5
    interval = multinomial_interval(same_table(tp, fp, fn, tn), _matthews_of_shares, value, confidence)
    return Estimate(value, interval, tp + fp + fn + tn)


def _square(table: Table) -> npt.NDArray[np.int64]:
    counts = np.asarray(table)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.shape[0] < 2:
        raise InputError(f"κ needs a square table of at least 2 × 2 counts, got shape {counts.shape}")
    if np.any(counts < 0) or np.any(counts != np.floor(counts)):
        raise InputError("κ needs whole counts of at least 0")
    return counts.astype(np.int64)


def _turned(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The same table whoever is named first and however the answers are ordered, so that its interval is the same too.

    With more than three answers, those with equal counts keep their order.
    """
    size = len(counts)
    if size <= 3:
        orders = list(permutations(range(size)))
    else:
        given = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
        orders = [tuple(sorted(range(size), key=lambda place: (given[0][place], given[1][place])))]
    tables = [table[np.ix_(order, order)] for order in orders for table in (counts, counts.T)]
    return min(tables, key=lambda table: table.ravel().tolist())


def _kappa_of_shares(shares: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    cells = shares.reshape(-1, size, size)
    chance = (cells.sum(axis=2) * cells.sum(axis=1)).sum(axis=1)
    observed = np.trace(cells, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((observed - chance) / (1.0 - chance), dtype=np.float64)


def _matthews_of_shares(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    tp, fp, fn, tn = shares.T
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        return np.asarray((tp * tn - fp * fn) / root, dtype=np.float64)
