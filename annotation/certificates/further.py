"""How many more judgments would bring a bound to where it is wanted, if they went as those so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotation.certificates.figures import NOTHING, Figures
from annotation.certificates.records import Design
from annotation.estimation import (
    Estimate,
    Interval,
    Undefined,
    betting_bounds,
    hypergeometric_interval,
    stratified_bounds,
)
from annotation.sampling import Effort, further_items

_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Further:
    """``items`` more to settle, the ``judgments`` and ``hours`` of people's time that takes; ``method`` of the bound."""

    items: int
    judgments: int
    hours: float
    method: str


def further(
    found: Figures, design: Design, bound: float, *, sequence: bool, effort: Effort, confidence: float = 0.95
) -> Further | Undefined:
    """Items after which the lower bound reaches ``bound`` if the share stays as it is; 0 when it is there already.

    ``sequence``: by the bound that may be looked at at any time, which needs more. A forecast, not a promise: even if
    the share is exactly as seen so far, the next items may fall otherwise.
    """
    prefix = found.prefix
    if not prefix.n:
        return Undefined(NOTHING)
    accepted = sum(prefix.worst)
    if accepted / prefix.n <= bound:
        return Undefined(
            f"the share so far, {accepted / prefix.n:.3f}, does not exceed {bound:g}: judging more will not help"
        )
    if sequence and design.population is not None and design.kind != "poisson":
        items: int | Undefined = _further_sequence(prefix.worst, design, bound, confidence)
        method = "by the bound that may be looked at at any time"
    elif design.population is not None and design.kind in ("simple", "census"):
        items = _further_of_list(accepted, prefix.n, design.population, bound, confidence)
        method = "by the exact bound of this list"
    elif _reached(found, bound):
        items, method = 0, "by the interval shown"
    else:
        items = further_items(accepted, prefix.n, bound, confidence=confidence, limit=_MOST)
        method = "by the exact bound of a simple random sample"
    if isinstance(items, Undefined):
        return items
    if design.population is not None and items > design.population - prefix.n:
        items = design.population - prefix.n
    judgments = effort.judgments(items)
    return Further(items, judgments, judgments * effort.seconds / 3600.0, method)


def _reached(found: Figures, bound: float) -> bool:
    share = found.share
    return (
        isinstance(share, Estimate) and isinstance(share.interval, Interval) and share.interval.lower >= bound
    )


def _further_of_list(accepted: int, n: int, population: int, bound: float, confidence: float) -> int:
    """By the interval that the page shows: exact for a list of known length, closing to a point when all is judged."""

    def reaches(size: int) -> bool:
        interval = hypergeometric_interval(
            math.floor(accepted / n * size + 0.5), size, population, confidence
        )
        return isinstance(interval, Interval) and interval.lower >= bound

    low, high = n, n
    while not reaches(high) and high < population:
        low, high = high + 1, min(population, high * 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle + 1, high)
    return low - n


def _further_sequence(
    worst: Sequence[int], design: Design, bound: float, confidence: float
) -> int | Undefined:
    """The bounds of the outcomes seen, followed by more at the same rate, evenly spread."""
    assert design.population is not None
    n, share = len(worst), sum(worst) / len(worst)
    size = min(design.population, max(4 * n, 512))
    while True:
        steps = np.arange(1, size - n + 1)
        more = (np.floor(steps * share + 0.5) - np.floor((steps - 1) * share + 0.5)).astype(int)
        outcomes = [*worst, *more.tolist()]
        if design.kind == "stratified":
            sizes = {stratum.name: stratum.population for stratum in design.strata}
            names = _in_proportion(sizes, size)
            lower = stratified_bounds(outcomes, names, sizes, confidence)[0]
        else:
            lower = betting_bounds(outcomes, design.population, confidence)[0]
        reached = np.flatnonzero(lower >= bound)
        if len(reached):
            return max(0, int(reached[0]) + 1 - n)
        if size == design.population or size >= n + _MOST:
            return Undefined(f"more than {size - n:,} further items would be needed")
        size = min(design.population, size * 4, n + _MOST)


def _in_proportion(sizes: dict[str, int], n: int) -> list[str]:
    """``n`` names, each stratum as often as its share of the list and never more often than it has clips."""
    names = [
        (rank / size, name) for name, size in sizes.items() if size for rank in range(1, min(size, n) + 1)
    ]
    return [name for _, name in sorted(names)[:n]]
