"""Has the error rate moved? A CUSUM over judgments, with its false-alarm rate worked out exactly.

Sources: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954); M. R. Reynolds and Z. G.
Stoumbos, "A CUSUM chart for monitoring a proportion when inspecting continuously", J. Qual. Technol. 31
(1999): the shift looked for is nudged until log-likelihood steps fall on whole numbers, so that the chart
is a Markov chain with few states and its false-alarm probability needs no simulation (D. Brook and D. A.
Evans, Biometrika 59, 1972).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from annotation.estimation.binomial import binomial_upper
from annotation.estimation.values import InputError, Undefined, check_count

_MAX_STEP = 2000
_MOST_SQUARED = 600


@dataclass(frozen=True, slots=True)
class CusumDesign:
    """A one-sided chart for an error rate leaving ``baseline`` toward ``shift``.

    An error moves it by ``error_step``, a correct item by ``correct_step``; it stays at 0 or above and
    alarms at ``threshold``. ``false_alarm`` is the exact probability of any alarm within ``horizon`` items
    while the rate stays at the baseline.
    """

    baseline: float
    shift: float
    error_step: int
    correct_step: int
    threshold: int
    horizon: int
    false_alarm: float


@dataclass(frozen=True, slots=True)
class Observation:
    """A judged item in time order: its week (or any period), the scorer build, and whether filter and
    people differ.
    """

    period: str
    build: str
    error: bool


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """The end of a period within a build: errors of n there, the chart's height, and whether it has alarmed
    in it.
    """

    period: str
    build: str
    errors: int
    n: int
    height: int
    alarm: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """The chart over periods; ``alarm_at`` counts items to the first alarm, None while there is none."""

    design: CusumDesign
    points: tuple[DriftPoint, ...]
    alarm_at: int | None
    beyond_horizon: bool


def cusum_design(
    *, baseline: float, shift: float, horizon: int, false_alarm: float = 0.05
) -> CusumDesign | Undefined:
    """The lowest threshold whose false-alarm probability within ``horizon`` items is at most
    ``false_alarm``.

    ``baseline`` and ``shift`` are error rates in (0, 1); ``shift`` above the baseline watches for worse,
    below it for better. The stated rate takes the baseline as known: estimate it from many items before the
    watch begins.
    """
    for name, rate in (("baseline", baseline), ("shift", shift), ("false_alarm", false_alarm)):
        if not 0.0 < rate < 1.0:
            raise InputError(f"{name} must lie strictly between 0 and 1, got {rate}")
    if baseline == shift:
        raise InputError("the shift to watch for must differ from the baseline")
    horizon = check_count("horizon", horizon)
    if horizon < 1:
        raise InputError("the horizon must be at least one item")
    return _design(baseline, shift, horizon, false_alarm)


def watch_design(
    *, errors: int, n: int, horizon: int, false_alarm: float = 0.05, factor: float = 2.0
) -> CusumDesign | Undefined:
    """A chart that watches for ``factor`` times the rate that ``errors`` of ``n`` first items suggest.

    The rate at the beginning is not known but estimated, so half of ``false_alarm`` pays for that: the design's
    baseline is the upper bound that the true rate exceeds with probability false_alarm / 2 at most (Clopper–Pearson),
    and the chart alarms there with false_alarm / 2 at most. A lower rate alarms more seldom, so that a false alarm has
    ``false_alarm`` at most in all. Not defined where the bound leaves no room for a shift.
    """
    errors, n = check_count("errors", errors), check_count("n", n)
    if n < 1 or errors > n:
        raise InputError(f"need 0 ≤ errors ≤ n and n ≥ 1, got {errors} of {n}")
    if not factor > 1.0:
        raise InputError(f"the factor must be above 1, got {factor}")
    baseline = binomial_upper(errors, n, false_alarm / 2)
    if baseline >= 0.9:
        return Undefined(f"{errors} of the first {n} differ: there is hardly a worse rate to watch for")
    return cusum_design(
        baseline=baseline,
        shift=min(factor * baseline, (1 + baseline) / 2),
        horizon=horizon,
        false_alarm=false_alarm / 2,
    )


def cusum(observations: Iterable[Observation], design: CusumDesign) -> Drift:
    """Run the chart over items in time order; it restarts from 0 after its first alarm and goes on."""
    height, seen, alarm_at = 0, 0, None
    points: list[DriftPoint] = []
    current: tuple[str, str] | None = None
    errors = n = 0
    alarm = False
    for row in observations:
        if current is not None and (row.period, row.build) != current:
            points.append(DriftPoint(*current, errors, n, height, alarm))
            errors, n, alarm = 0, 0, False
        current = (row.period, row.build)
        seen, n, errors = seen + 1, n + 1, errors + row.error
        height = max(0, height + (design.error_step if row.error else design.correct_step))
        if height >= design.threshold:
            alarm = True
            alarm_at = seen if alarm_at is None else alarm_at
            height = 0
    if current is not None:
        points.append(DriftPoint(*current, errors, n, height, alarm))
    return Drift(design, tuple(points), alarm_at, seen > design.horizon)


def alarm_probability(rate: float, error_step: int, correct_step: int, threshold: int, horizon: int) -> float:
    """The exact chance that the chart reaches ``threshold`` within ``horizon`` items of error rate
    ``rate``.
    """
    after_error = np.maximum(np.arange(threshold) + error_step, 0)
    after_correct = np.maximum(np.arange(threshold) + correct_step, 0)
    if threshold <= _MOST_SQUARED < horizon:
        return _squared(rate, after_error, after_correct, threshold, horizon)
    height = np.zeros(threshold)
    height[0] = 1.0
    alarmed = 0.0
    for _ in range(horizon):
        following = np.zeros(threshold)
        for target, chance in ((after_error, rate), (after_correct, 1.0 - rate)):
            inside = target < threshold
            following += np.bincount(target[inside], weights=chance * height[inside], minlength=threshold)
            alarmed += chance * float(height[~inside].sum())
        height = following
    return min(alarmed, 1.0)


def _squared(
    rate: float, after_error: np.ndarray, after_correct: np.ndarray, threshold: int, horizon: int
) -> float:
    """The same by squaring the chain's matrix: a long horizon takes as many products as it has binary digits.

    The alarm is a state of its own, the last, which nothing leaves.
    """
    step = np.zeros((threshold + 1, threshold + 1))
    step[threshold, threshold] = 1.0
    for target, chance in ((after_error, rate), (after_correct, 1.0 - rate)):
        np.add.at(step, (np.arange(threshold), np.minimum(target, threshold)), chance)
    state = np.zeros(threshold + 1)
    state[0] = 1.0
    while horizon:
        if horizon % 2:
            state = state @ step
        horizon //= 2
        if horizon:
            step = step @ step
    return min(float(state[threshold]), 1.0)


@lru_cache(maxsize=256)
def _design(baseline: float, shift: float, horizon: int, false_alarm: float) -> CusumDesign | Undefined:
    worse = shift > baseline
    per_correct = math.log((1 - shift) / (1 - baseline))
    per_error = math.log(shift / baseline)
    # With the error rate at γ the chart stands still: up·γ = down·(1 − γ) for an error's and a correct item's step.
    gamma = -per_correct / (per_error - per_correct)
    if 1 / gamma > _MAX_STEP:
        return Undefined(f"errors this rare (one in {1 / gamma:.0f}) would need a chart too long to compute")
    up, down = _steps_for(gamma)
    used = _shift_for(baseline, down / (up + down), worse)
    if used is None:
        return Undefined("the baseline leaves no room for a shift of this kind")
    error_step, correct_step = (up, -down) if worse else (-up, down)
    low, high = 1, max(2, up + down)
    while alarm_probability(baseline, error_step, correct_step, high, horizon) > false_alarm:
        low, high = high, high * 2
        if high > 200_000:
            return Undefined("no threshold keeps the false-alarm rate over this horizon")
    while low < high:
        middle = (low + high) // 2
        if alarm_probability(baseline, error_step, correct_step, middle, horizon) <= false_alarm:
            high = middle
        else:
            low = middle + 1
    exact = alarm_probability(baseline, error_step, correct_step, high, horizon)
    return CusumDesign(baseline, used, error_step, correct_step, high, horizon, exact)


def _steps_for(gamma: float) -> tuple[int, int]:
    """Whole steps of an error and of a correct item that balance near ``gamma``: (m − 1, 1) while errors are rare, as in
    the source; finer ones where whole m would be too coarse to look for the shift that is wanted."""
    if gamma <= 0.2:
        return max(1, round(1 / gamma) - 1), 1
    pairs = [(max(1, round(down * (1 - gamma) / gamma)), down) for down in range(1, 11)]
    return min(pairs, key=lambda pair: (round(abs(pair[1] / sum(pair) - gamma), 3), pair[1]))


def _shift_for(baseline: float, gamma: float, worse: bool) -> float | None:
    """The shifted rate for which the chart balances at ``gamma`` (bisection: γ rises with the shift)."""
    if (worse and gamma <= baseline) or (not worse and gamma >= baseline):
        return None
    low, high = (baseline, 1.0) if worse else (0.0, baseline)
    for _ in range(100):
        middle = (low + high) / 2
        if middle in (0.0, 1.0, baseline):
            break
        correct = math.log((1 - middle) / (1 - baseline))
        error = math.log(middle / baseline)
        low, high = (middle, high) if -correct / (error - correct) < gamma else (low, middle)
    return (low + high) / 2
