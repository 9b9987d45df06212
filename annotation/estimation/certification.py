"""Certify, refuse or go on: a sequential test of a target share, by a confidence sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from annotation.estimation.betting import BETTING, CROSSED, betting_bounds
from annotation.estimation.prefix import SettledPrefix
from annotation.estimation.stratified_sequence import STRATIFIED_BETTING, stratified_bounds
from annotation.estimation.values import InputError, Interval, Undefined, check_confidence, check_count


class Decision(Enum):
    """What the evidence says about the target."""

    CERTIFY = "certify"
    REFUSE = "refuse"
    UNDECIDED = "undecided"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class Certification:
    """The decision, when it fell (judgments needed), and the bounds at the end of what was read.

    ``decided_at`` is None while the decision is open; ``n`` counts the judgments read, never more than
    ``largest_n``.
    """

    decision: Decision
    target: float
    n: int
    largest_n: int
    decided_at: int | None
    interval: Interval | Undefined


def certify(
    prefix: SettledPrefix,
    *,
    population: int,
    target: float,
    largest_n: int,
    strata: Sequence[str] | None = None,
    populations: Mapping[str, int] | None = None,
    confidence: float = 0.95,
) -> Certification:
    """Certify once the lower bound reaches ``target``, refuse once the upper falls below it.

    Read after every judgment without spending confidence: a share under the target is certified with
    probability at most 1 − ``confidence``. At ``largest_n`` without either, undecided; before it, continue.
    The first decision stands: later judgments do not overturn it. For a draw within strata, ``strata``
    names the stratum of each item of the prefix and ``populations`` the size of every stratum,
    ``population`` in all.
    """
    check_confidence(confidence)
    if not 0.0 < target < 1.0:
        raise InputError(f"the target share must lie strictly between 0 and 1, got {target}")
    population, largest_n = check_count("population", population), check_count("largest_n", largest_n)
    if largest_n < 1 or largest_n > population:
        raise InputError(f"largest_n must lie in [1, {population}], got {largest_n}")
    n = min(prefix.n, largest_n)
    if n == 0:
        return Certification(Decision.CONTINUE, target, 0, largest_n, None, Undefined("nothing was judged"))
    method = BETTING
    if strata is None or populations is None:
        if strata is not None or populations is not None:
            raise InputError("strata and their populations belong together: give both or neither")
        lower = betting_bounds(prefix.worst[:n], population, confidence)[0]
        upper = betting_bounds(prefix.best[:n], population, confidence)[1]
    else:
        if sum(populations.values()) != population:
            raise InputError(f"the strata hold {sum(populations.values())} items, the list {population}")
        method = STRATIFIED_BETTING
        lower = stratified_bounds(prefix.worst[:n], strata[:n], populations, confidence)[0]
        upper = stratified_bounds(prefix.best[:n], strata[:n], populations, confidence)[1]
    passes, fails = np.flatnonzero(lower >= target), np.flatnonzero(upper < target)
    first_pass = int(passes[0]) if len(passes) else n
    first_fail = int(fails[0]) if len(fails) else n
    low, high = float(lower[-1]), float(upper[-1])
    interval: Interval | Undefined = Undefined(CROSSED)
    if low <= high:
        interval = Interval(low, high, confidence, method)
    if first_pass == n and first_fail == n:
        open_decision = Decision.UNDECIDED if n == largest_n else Decision.CONTINUE
        return Certification(open_decision, target, n, largest_n, None, interval)
    decision = Decision.CERTIFY if first_pass < first_fail else Decision.REFUSE
    return Certification(decision, target, n, largest_n, min(first_pass, first_fail) + 1, interval)
