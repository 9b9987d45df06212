"""Intervals for a function of the cells of a small table (κ, MCC, α, AC1).

The item bootstrap collapses where these figures matter most: on tables with few or no disagreements it
resamples the same few rows and holds the truth as seldom as half the time at n = 30. Drawing the cell
shares from their Dirichlet posterior is the same resampling, smoothed; the interval is the envelope of
the priors ½ (Jeffreys) and ¼ a cell, because neither alone keeps its word on both lopsided and nearly
perfect tables (`benchmarks/coverage` shows it).

Source of the prior: H. Jeffreys, "An invariant form for the prior probability in estimation problems",
Proc. R. Soc. A 186 (1946). Draws use a fixed seed, so the same table always gives the same interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from annotation.estimation.values import InputError, Interval, Undefined, check_confidence

MULTINOMIAL = "Jeffreys multinomial"
DRAWS = 4000
_PRIORS = (0.25, 0.5)

Floats = npt.NDArray[np.float64]
Cells = tuple[float, float, float, float]


def same_table(tp: float, fp: float, fn: float, tn: float) -> Cells:
    """One and the same of the four tables that differ only in who is named first and which answer is called yes.

    κ and MCC do not mind, so their drawn intervals must not either.
    """
    return min((tp, fp, fn, tn), (tp, fn, fp, tn), (tn, fp, fn, tp), (tn, fn, fp, tp))


def multinomial_interval(
    cells: Sequence[float],
    function: Callable[[Floats], Floats],
    value: float,
    confidence: float = 0.95,
    *,
    pseudo: Sequence[float] | None = None,
    seed: int = 0,
) -> Interval | Undefined:
    """The posterior interval of ``function`` over the shares of ``cells``.

    ``function`` takes shares of shape (draws, len(cells)) and returns shape (draws,); ``value`` is its value
    at the observed counts, which the interval is stretched to hold. ``pseudo`` multiplies the prior cell by
    cell: how many plain cells a merged one stands for. Approximate.
    """
    check_confidence(confidence)
    counts = np.asarray(cells, dtype=float)
    if counts.ndim != 1 or np.any(counts < 0):
        raise InputError(f"cells must be a flat list of counts of at least 0, got {list(cells)}")
    spread = np.ones(len(counts)) if pseudo is None else np.asarray(pseudo, dtype=float)
    if len(spread) != len(counts) or (spread <= 0).any():
        raise InputError("pseudo must hold one positive number for each cell")
    if counts.sum() <= 0:
        return Undefined("nothing was judged")
    tail = (1.0 - confidence) / 2.0
    lower, upper = value, value
    for prior in _PRIORS:
        shares = np.random.default_rng(seed).dirichlet(counts + prior * spread, size=DRAWS)
        drawn = function(shares)
        drawn = drawn[np.isfinite(drawn)]
        if drawn.size < DRAWS // 2:
            return Undefined("the table is too lopsided for an interval")
        low, high = np.quantile(drawn, [tail, 1.0 - tail])
        lower, upper = min(lower, float(low)), max(upper, float(high))
    return Interval(lower, upper, confidence, MULTINOMIAL, approximate=True)
