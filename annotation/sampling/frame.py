"""Drawn items, and draws with equal probability: at random, and at random within strata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from annotation.estimation.values import InputError, check_count
from annotation.sampling.prn import permanent_random_number


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """One item of a draw, in its place in the order.

    ``probability`` is its inclusion probability in (0, 1]; ``number`` its permanent random number;
    ``stratum`` its stratum's name, empty without strata.
    """

    item: str
    probability: float
    number: float
    stratum: str = ""


def draw_simple(items: Iterable[str], n: int, *, seed: str) -> tuple[DrawnItem, ...]:
    """``n`` items at random without replacement, those with the smallest permanent random numbers.

    Exact inclusion probability n / N for each. The order is random too, so that any prefix is itself such a
    draw; drawing more later with the same seed keeps all that were drawn.
    """
    frame = _frame(items)
    n = check_count("n", n)
    if n > len(frame):
        raise InputError(f"{n} items cannot be drawn from a list of {len(frame)}")
    numbered = sorted((permanent_random_number(seed, item), item) for item in frame)
    return tuple(DrawnItem(item, n / len(frame), number) for number, item in numbered[:n])


def draw_stratified(
    strata: Mapping[str, Iterable[str]], sizes: Mapping[str, int], *, seed: str
) -> tuple[DrawnItem, ...]:
    """``sizes[h]`` items at random within each stratum; exact inclusion probability n_h / N_h.

    Ordered so that the strata fill evenly: by the rank in the stratum over its size, ties by random number.
    """
    unknown = sorted(set(sizes) - set(strata))
    if unknown:
        raise InputError(f"sizes are given for strata that do not exist: {', '.join(unknown)}")
    drawn: list[tuple[float, float, DrawnItem]] = []
    seen: set[str] = set()
    for name, items in strata.items():
        frame = _frame(items)
        twice = seen.intersection(frame)
        if twice:
            raise InputError(f"item {min(twice)} lies in two strata")
        seen.update(frame)
        n = sizes.get(name, 0)
        if n > len(frame):
            raise InputError(f"stratum {name}: {n} items cannot be drawn from {len(frame)}")
        for rank, row in enumerate(draw_simple(frame, n, seed=seed)):
            item = DrawnItem(row.item, row.probability, row.number, name)
            drawn.append(((rank + 0.5) / n, row.number, item))
    return tuple(item for _, _, item in sorted(drawn, key=lambda row: (row[0], row[1], row[2].item)))


def _frame(items: Iterable[str]) -> list[str]:
    frame = list(items)
    if len(set(frame)) < len(frame):
        raise InputError("the list to draw from names an item twice")
    return frame
