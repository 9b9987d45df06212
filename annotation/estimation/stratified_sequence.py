"""A confidence sequence over strata: looked at after every judgment, whichever stratum it came from.

Each stratum has its own betting sequence at level α / H, without replacement; all of them hold for ever,
together, with probability 1 − α, so their weighted sum does at every moment (Bonferroni). Source of the
parts: see :mod:`annotation.estimation.betting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from annotation.estimation.betting import Floats, betting_bounds, sequence_estimate, zeros_and_ones
from annotation.estimation.values import (
    InputError,
    Measure,
    Undefined,
    check_confidence,
    check_count,
)

STRATIFIED_BETTING = "betting confidence sequences per stratum at α/H, combined"


def stratified_bounds(
    outcomes: Sequence[bool | int],
    strata: Sequence[str],
    populations: Mapping[str, int],
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Lower and upper bounds on the share over all strata after each outcome, in the drawn order.

    ``strata`` names the stratum of each outcome, ``populations`` the size of every stratum, also of those
    nothing was drawn from yet (their share may be anything from 0 to 1). Where bounds have crossed, lower
    exceeds upper.
    """
    check_confidence(confidence)
    if len(outcomes) != len(strata):
        raise InputError(f"{len(outcomes)} outcomes but {len(strata)} strata")
    sizes = {name: check_count(f"population of {name}", size) for name, size in populations.items()}
    unknown = sorted(set(strata) - set(sizes))
    if unknown:
        raise InputError(f"the population of stratum {unknown[0]} is not given")
    filled = [name for name, size in sizes.items() if size > 0]
    total = sum(sizes.values())
    if total == 0:
        raise InputError("there are no items in any stratum")
    each = 1.0 - (1.0 - confidence) / len(filled)
    labels = np.asarray(strata, dtype=object)
    x = zeros_and_ones(outcomes)
    lower, upper = np.zeros(len(x)), np.zeros(len(x))
    for name in filled:
        inside = labels == name
        low, high = betting_bounds(x[inside].tolist(), sizes[name], each)
        # The bound in force at each moment is that of the stratum's latest outcome; before any, [0, 1].
        latest = np.cumsum(inside)
        lower += sizes[name] / total * np.concatenate([[0.0], low])[latest]
        upper += sizes[name] / total * np.concatenate([[1.0], high])[latest]
    return lower, np.minimum(upper, 1.0)


def stratified_sequence(
    outcomes: Sequence[bool | int],
    strata: Sequence[str],
    populations: Mapping[str, int],
    confidence: float = 0.95,
) -> Measure:
    """The share over all strata so far, weighted by their sizes, with its anytime-valid interval."""
    lower, upper = stratified_bounds(outcomes, strata, populations, confidence)
    total = sum(populations.values())
    value = 0.0
    for name, size in populations.items():
        seen = [int(x) for x, stratum in zip(outcomes, strata, strict=True) if stratum == name]
        if size and not seen:
            return Undefined(f"nothing was judged in stratum {name}")
        if seen:
            value += size / total * sum(seen) / len(seen)
    return sequence_estimate(
        min(value, 1.0), float(lower[-1]), float(upper[-1]), len(outcomes), STRATIFIED_BETTING, confidence
    )
