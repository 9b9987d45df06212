"""Confidence sequences without replacement by betting: bounds that may be looked at after every judgment.

Source: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", J. R.
Stat. Soc. B 86 (2024), §5 on sampling without replacement. For each candidate mean m a gambler bets against
it at fair odds; a candidate whose gambler has multiplied the stake by 1/α is ruled out, and by Ville's
inequality the true one ever is with probability at most α, whenever we stop.

For yes-or-no outcomes the bets are Kelly's on Krichevsky–Trofimov predictions, for which the wealth has a
closed form: Beta(½,½)-mixed likelihood over hypergeometric likelihood (the prior-posterior ratio of the
same authors, NeurIPS 2020). For outcomes in [0, 1] the bets are the paper's predictable plug-in ones,
hedged α/2 a side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln

from annotation.estimation.values import (
    Estimate,
    InputError,
    Interval,
    Measure,
    Undefined,
    check_confidence,
    check_count,
)

BETTING = "betting confidence sequence without replacement"
CROSSED = "the bounds crossed: the order was not drawn at random, or the stated error has happened"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def betting_bounds(
    outcomes: Sequence[bool | int], population: int, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Lower and upper bounds on the share of ``population`` after each outcome, running intersections.

    ``outcomes`` in the drawn order (0 or 1), at most ``population`` of them; two arrays of their length.
    Where the bounds have crossed, lower exceeds upper.
    """
    check_confidence(confidence)
    population = check_count("population", population)
    x = zeros_and_ones(outcomes)
    if len(x) > population:
        raise InputError(f"{len(x)} outcomes cannot be drawn from {population} items without replacement")
    if not len(x):
        return np.zeros(0), np.ones(0)
    n = np.arange(1, len(x) + 1)
    good = np.cumsum(x)
    limit = -np.log(1.0 - confidence)
    peak = np.clip(good * (population + 1) // n, good, population - (n - good))
    least = _boundary(good, peak, lambda m: _log_wealth(m, good, n, population) < limit)
    most = -_boundary(
        -(population - (n - good)), -peak, lambda m: _log_wealth(-m, good, n, population) < limit
    )
    return np.maximum.accumulate(least / population), np.minimum.accumulate(most / population)


def zeros_and_ones(outcomes: Sequence[bool | int]) -> Ints:
    """``outcomes`` as an array; raises ``InputError`` for anything but 0 and 1, halves included."""
    x = np.asarray(outcomes, dtype=np.float64)
    if x.ndim != 1 or not np.isin(x, (0.0, 1.0)).all():
        raise InputError("outcomes must be a flat list of 0 and 1")
    return x.astype(np.int64)


def sequence_estimate(
    value: float, low: float, high: float, n: int, method: str, confidence: float, notes: tuple[str, ...] = ()
) -> Estimate:
    """``value`` with the bounds of a sequence, widened to hold it: what was seen early may have shut it out since.

    Not an interval where the bounds have crossed.
    """
    if low > high + 1e-12:
        return Estimate(value, Undefined(CROSSED), n, notes)
    interval = Interval(min(low, high, value), min(1.0, max(high, value)), confidence, method)
    return Estimate(value, interval, n, notes)


def betting_interval(outcomes: Sequence[bool | int], population: int, confidence: float = 0.95) -> Measure:
    """The share accepted so far with its anytime-valid interval after the last outcome."""
    if not len(outcomes):
        return Undefined("nothing was judged")
    lower, upper = betting_bounds(outcomes, population, confidence)
    value = float(np.mean(np.asarray(outcomes, dtype=float)))
    return sequence_estimate(value, float(lower[-1]), float(upper[-1]), len(outcomes), BETTING, confidence)


def betting_mean(values: Sequence[float], population: int, confidence: float = 0.95) -> Measure:
    """The mean of ``population`` numbers in [0, 1] from those drawn so far, with its anytime-valid
    interval.
    """
    check_confidence(confidence)
    population = check_count("population", population)
    x = np.asarray(values, dtype=float)
    if not len(x):
        return Undefined("nothing was judged")
    if x.ndim != 1 or not ((x >= 0) & (x <= 1)).all():
        raise InputError(
            "values must be a flat list of numbers in [0, 1]; divide by the largest possible one"
        )
    if len(x) > population:
        raise InputError(f"{len(x)} values cannot be drawn from {population} items without replacement")
    tail = (1.0 - confidence) / 2.0
    value = float(x.mean())
    low = _hedged_lower(x, population, tail)
    high = 1.0 - _hedged_lower(1.0 - x, population, tail)
    return sequence_estimate(value, low, high, len(x), BETTING, confidence)


def betting_hours(
    accepted: Sequence[bool],
    hours: Sequence[float],
    *,
    population: int,
    total_hours: float,
    longest: float,
    confidence: float = 0.95,
) -> Measure:
    """The share of ``total_hours`` accepted, for clips drawn with equal probability, anytime-valid.

    ``longest`` is the length that no clip of the frame exceeds, in the unit of ``hours``; the frame gives it
    and the total. Accepted and refused hours are both bounded, and the tighter bound of each side counts.
    """
    length = np.asarray(hours, dtype=float)
    kept = np.asarray(accepted, dtype=bool)
    if len(length) != len(kept):
        raise InputError(f"{len(kept)} answers but {len(length)} durations")
    if not len(kept):
        return Undefined("nothing was judged")
    if not (
        0 < longest < np.inf and 0 < total_hours < np.inf and ((length >= 0) & (length <= longest)).all()
    ):
        raise InputError(f"durations must lie in [0, {longest}] and the total must be positive")
    if not length.sum() * (1 - 1e-9) <= total_hours <= population * longest * (1 + 1e-9):
        raise InputError(
            f"{population} clips of at most {longest} cannot last {total_hours:g} with {length.sum():g} among them"
        )
    scale = population * longest / total_hours
    # Each side is bounded from both totals, so each of the two intervals takes half of α.
    half = 1.0 - (1.0 - confidence) / 2.0
    good = betting_mean((length * kept / longest).tolist(), population, half)
    bad = betting_mean((length * ~kept / longest).tolist(), population, half)
    value = float((length * kept).sum() / length.sum()) if length.sum() > 0 else 0.0
    for part in (good, bad):
        if isinstance(part, Undefined):
            return part
        if isinstance(part.interval, Undefined):
            return Estimate(value, part.interval, len(kept))
    assert isinstance(good, Estimate) and isinstance(bad, Estimate)
    assert isinstance(good.interval, Interval) and isinstance(bad.interval, Interval)
    low = max(good.interval.lower * scale, 1.0 - bad.interval.upper * scale, 0.0)
    high = min(good.interval.upper * scale, 1.0 - bad.interval.lower * scale, 1.0)
    return sequence_estimate(value, low, high, len(kept), BETTING, confidence)


def _log_wealth(m: Ints, good: Ints, n: Ints, population: int) -> Floats:
    """Log of the wealth won against "``m`` of ``population`` are good" after ``good`` of ``n``."""
    bad = n - good
    mixed = betaln(good + 0.5, bad + 0.5) - betaln(0.5, 0.5)
    likelihood = (
        _log_falling(m, good)
        + _log_falling(population - m, bad)
        - _log_falling(np.full_like(n, population), n)
    )
    return np.asarray(mixed - likelihood, dtype=np.float64)


def _log_falling(top: Ints, count: Ints) -> Floats:
    return np.asarray(gammaln(top + 1.0) - gammaln(top - count + 1.0), dtype=np.float64)


def _boundary(low: Ints, high: Ints, holds: Callable[[Ints], npt.NDArray[np.bool_]]) -> Ints:
    """Element by element, the smallest whole number in [low, high] that holds, given that ``high`` does."""
    low, high = np.array(low, dtype=np.int64), np.array(high, dtype=np.int64)
    while (low < high).any():
        middle = (low + high) // 2
        inside = holds(middle)
        high = np.where(inside, middle, high)
        low = np.where(inside, low, middle + 1)
        low = np.minimum(low, high)
    return high


def _hedged_lower(x: Floats, population: int, alpha: float) -> float:
    """The largest mean that a bettor on "it is more" has ruled out at some time, at level ``alpha``."""
    n = len(x)
    step = np.arange(1, n + 1)
    # Predictable estimates: each uses only what came before (paper, eq. 26 and Remark 3).
    mean = (0.5 + np.cumsum(x)) / (step + 1)
    spread = (0.25 + np.cumsum((x - mean) ** 2)) / (step + 1)
    before = np.concatenate([[0.25], spread[:-1]])
    bet = np.sqrt(2 * np.log(1 / alpha) / (before * step * np.log(step + 1)))
    drawn = np.concatenate([[0.0], np.cumsum(x)[:-1]])
    left = population - step + 1

    def ruled_out(m: float) -> bool:
        now = (population * m - drawn) / left
        if (now < -1e-12).any():
            return True
        now = np.maximum(now, 0.0)
        with np.errstate(divide="ignore"):
            capped = np.minimum(bet, np.where(now > 0, 0.5 / np.maximum(now, 1e-300), np.inf))
        wealth = np.cumsum(np.log1p(capped * (x - now)))
        return bool(wealth.max() >= -np.log(alpha))

    if not ruled_out(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if ruled_out(middle) else (low, middle)
    return low
