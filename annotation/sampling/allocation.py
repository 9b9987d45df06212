"""How many items from which stratum.

Sources: J. Neyman, "On the two different aspects of the representative method", J. R. Stat. Soc. 97 (1934);
whole numbers by T. Wright, "The equivalence of Neyman optimum allocation for sampling and equal proportions
for apportioning the U.S. House of Representatives", Am. Stat. 66 (2012): units go one by one to the highest
priority, which is exactly optimal.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from annotation.estimation.values import InputError, check_count


@dataclass(frozen=True, slots=True)
class StratumKnowledge:
    """A stratum of ``population`` items of which ``accepted`` of ``judged`` were accepted so far."""

    name: str
    population: int
    judged: int = 0
    accepted: int = 0

    def share(self) -> float:
        """A guess of its share accepted, (accepted + 1) / (judged + 2): ½ when nothing is known, never 0 or
        1.
        """
        return (self.accepted + 1) / (self.judged + 2)

    def deviation(self) -> float:
        """The standard deviation of one answer that goes with the guess."""
        return math.sqrt(self.share() * (1.0 - self.share()))


def neyman_allocation(strata: Sequence[StratumKnowledge], n: int, *, smallest: int = 2) -> dict[str, int]:
    """``n`` items over the strata so that the variance of the weighted share is least.

    Each stratum gets at least ``smallest`` (or all it has) and never more than its population; the sizes
    add up to ``n``.
    """
    n, smallest = check_count("n", n), check_count("smallest", smallest)
    names = [stratum.name for stratum in strata]
    if len(set(names)) < len(names):
        raise InputError("two strata have the same name")
    for stratum in strata:
        if not 0 <= stratum.accepted <= stratum.judged <= stratum.population:
            raise InputError(f"stratum {stratum.name}: need accepted ≤ judged ≤ population")
    least = {stratum.name: min(smallest, stratum.population) for stratum in strata}
    room = sum(stratum.population for stratum in strata)
    if not sum(least.values()) <= n <= room:
        raise InputError(f"n must lie between {sum(least.values())} and {room} for these strata, got {n}")
    sizes = dict(least)
    queue = [
        (-_priority(stratum, sizes[stratum.name]), place)
        for place, stratum in enumerate(strata)
        if sizes[stratum.name] < stratum.population
    ]
    heapq.heapify(queue)
    for _ in range(n - sum(least.values())):
        _, place = heapq.heappop(queue)
        stratum = strata[place]
        sizes[stratum.name] += 1
        if sizes[stratum.name] < stratum.population:
            heapq.heappush(queue, (-_priority(stratum, sizes[stratum.name]), place))
    return sizes


def _priority(stratum: StratumKnowledge, size: int) -> float:
    """What one more unit is worth: N·S / √(m(m + 1)), without limit for the first."""
    if size == 0:
        return math.inf
    return stratum.population * stratum.deviation() / math.sqrt(size * (size + 1))
