"""How many judgments, and how many hours, for a wanted width or bound.

Widths and bounds are those of the Clopper–Pearson interval at the share that is expected; a plan is as good
as that guess. Stratified sizes: W. G. Cochran, "Sampling Techniques" (1977), §5.9 (least n for a wanted
variance under Neyman allocation).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from annotation.estimation.binomial import binomial_lower, binomial_upper
from annotation.estimation.values import InputError, Undefined, check_confidence, check_count
from annotation.sampling.allocation import StratumKnowledge, neyman_allocation

_MOST = 2_000_000


@dataclass(frozen=True, slots=True)
class Effort:
    """What one settled item costs: ``overlap`` blind votes, a third on ``dispute_share`` of items, the
    panel on ``panel_share`` of agreed ones (``panel_votes`` each), ``seconds`` of active time a vote.
    """

    seconds: float = 20.0
    overlap: int = 2
    dispute_share: float = 0.15
    panel_share: float = 0.1
    panel_votes: int = 1

    def judgments(self, items: int) -> int:
        """Votes for ``items`` settled items, rounded up."""
        each = (
            self.overlap + self.dispute_share + (1 - self.dispute_share) * self.panel_share * self.panel_votes
        )
        return math.ceil(items * each - 1e-9)


@dataclass(frozen=True, slots=True)
class Plan:
    """``items`` to settle, the ``judgments`` and ``hours`` of people's active time that takes, and what it
    would give.

    ``sizes`` per stratum where there are strata; ``expected`` says the width, or the chance of reaching the
    bound.
    """

    items: int
    judgments: int
    hours: float
    expected: float
    sizes: dict[str, int]


def plan_width(
    share: float,
    width: float,
    *,
    population: int | None = None,
    confidence: float = 0.95,
    effort: Effort = Effort(),
) -> Plan | Undefined:
    """The fewest items for which the interval at ``share`` is at most ``width`` wide (upper minus lower).

    ``population`` brings in the finite-population correction n / (1 + (n − 1) / N).
    """
    _check(share, confidence, population)
    if not 0.0 < width < 1.0:
        raise InputError(f"the wanted width must lie strictly between 0 and 1, got {width}")
    tail = (1.0 - confidence) / 2.0

    def span(n: int) -> float:
        return binomial_upper(share * n, n, tail) - binomial_lower(share * n, n, tail)

    low, high = 1, 2
    while span(high) > width:
        low, high = high, high * 2
        if high > _MOST:
            return Undefined(f"more than {_MOST:,} items would be needed")
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if span(middle) <= width else (middle + 1, high)
    return _plan(_of_list(low, population), span(low), {}, effort)


def plan_bound(
    share: float,
    bound: float,
    *,
    chance: float = 0.9,
    population: int | None = None,
    confidence: float = 0.95,
    effort: Effort = Effort(),
) -> Plan | Undefined:
    """The fewest items after which the lower bound reaches ``bound`` with probability ``chance`` if the
    share is ``share``.

    The chance saws up and down with n; from the n given on it stays above ``chance`` for the next 50.
    """
    _check(share, confidence, population)
    if not 0.0 < bound < 1.0 or not 0.0 < chance < 1.0:
        raise InputError("the bound and the chance must lie strictly between 0 and 1")
    if bound >= share:
        return Undefined(
            f"a lower bound of {bound:g} is out of reach if the share is {share:g}: "
            "judging more will not help"
        )
    tail = (1.0 - confidence) / 2.0
    start, size = _start(share, bound, chance, tail), 1024
    if start > _MOST:
        return Undefined(f"more than {_MOST:,} items would be needed")
    run = 0
    while start < _MOST:
        n = np.arange(start, start + size)
        least = scipy.stats.binom.isf(tail, n, bound) + 1
        power = np.where(least > n, 0.0, scipy.stats.binom.sf(least - 1, n, share))
        for place, value in enumerate(power):
            run = run + 1 if value >= chance else 0
            if run == 50:
                first = int(n[place]) - 49
                reached = _power(first, share, bound, tail)
                return _plan(_of_list(first, population), reached, {}, effort)
        start, size = start + size, min(size * 2, 1 << 16)
    return Undefined(f"more than {_MOST:,} items would be needed")


def plan_strata(
    strata: Sequence[StratumKnowledge],
    width: float,
    *,
    confidence: float = 0.95,
    effort: Effort = Effort(),
) -> Plan | Undefined:
    """The fewest items over strata, by Neyman allocation from what is known so far, for a wanted width.

    By the normal approximation; exact intervals per stratum come out wider, most of all with many strata.
    """
    check_confidence(confidence)
    if not 0.0 < width < 1.0:
        raise InputError(f"the wanted width must lie strictly between 0 and 1, got {width}")
    filled = [stratum for stratum in strata if stratum.population > 0]
    if not filled:
        return Undefined("there are no items")
    total = sum(stratum.population for stratum in filled)
    spread = sum(stratum.population / total * stratum.deviation() for stratum in filled)
    inside = sum(stratum.population / total * stratum.deviation() ** 2 for stratum in filled)
    variance = (width / 2 / float(scipy.stats.norm.ppf(0.5 + confidence / 2))) ** 2
    items = math.ceil(spread**2 / (variance + inside / total))
    least = sum(min(2, stratum.population) for stratum in filled)
    items = min(max(items, least), total)
    sizes = neyman_allocation(filled, items)
    reached = sum(
        (stratum.population / total) ** 2
        * stratum.deviation() ** 2
        * (1 / sizes[stratum.name] - 1 / stratum.population)
        for stratum in filled
    )
    return _plan(
        items,
        2 * float(scipy.stats.norm.ppf(0.5 + confidence / 2)) * math.sqrt(max(reached, 0.0)),
        sizes,
        effort,
    )


def further_items(
    accepted: int, n: int, bound: float, *, confidence: float = 0.95, limit: int = 100_000
) -> int | Undefined:
    """How many more items would bring the Clopper–Pearson lower bound to ``bound`` if they went as those so
    far.

    0 when it is there already.
    """
    check_confidence(confidence)
    accepted, n = check_count("accepted", accepted), check_count("n", n)
    if accepted > n or n == 0:
        raise InputError(f"need accepted ≤ n and n ≥ 1, got {accepted} of {n}")
    if not 0.0 <= bound <= 1.0:
        raise InputError(f"the bound must lie in [0, 1], got {bound}")
    tail = (1.0 - confidence) / 2.0
    share = accepted / n
    if share <= bound:
        return Undefined(
            f"the share so far, {share:.3f}, does not exceed {bound:g}: judging more will not help"
        )

    def reaches(size: int) -> bool:
        return binomial_lower(share * size, size, tail) >= bound

    low, high = n, n
    while not reaches(high):
        if high >= n + limit:
            return Undefined(f"more than {limit:,} further items would be needed")
        low, high = high + 1, min(high * 2, n + limit)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle + 1, high)
    return low - n


def _of_list(items: int, population: int | None) -> int:
    """``items`` independent draws as so many of a list of ``population``, drawn without replacement."""
    if population is None:
        return items
    return min(population, math.ceil(items / (1 + (items - 1) / population)))


def _start(share: float, bound: float, chance: float, tail: float) -> int:
    """Where to begin the search: a fifth below what the normal approximation says, where the chance cannot be there yet.

    Only where that is many items of either answer, so that the teeth of the saw are small; else at the first.
    """
    sure, likely = scipy.stats.norm.isf(tail), scipy.stats.norm.ppf(chance)
    spread = sure * math.sqrt(bound * (1 - bound)) + likely * math.sqrt(share * (1 - share))
    about = (spread / (share - bound)) ** 2 if spread > 0 else 0.0
    return int(0.8 * about) if about * bound * (1 - bound) > 1000 else 1


def _power(n: int, share: float, bound: float, tail: float) -> float:
    return float(scipy.stats.binom.sf(scipy.stats.binom.isf(tail, n, bound), n, share))


def _plan(items: int, expected: float, sizes: dict[str, int], effort: Effort) -> Plan:
    judgments = effort.judgments(items)
    return Plan(items, judgments, judgments * effort.seconds / 3600.0, expected, sizes)


def _check(share: float, confidence: float, population: int | None) -> None:
    check_confidence(confidence)
    if population is not None and check_count("population", population) < 1:
        raise InputError("the list to draw from holds no items")
    if not 0.0 <= share <= 1.0:
        raise InputError(f"the expected share must lie in [0, 1], got {share}")
