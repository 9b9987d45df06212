"""Which clips to judge next: those that would narrow the wanted estimate most, as probabilities.

The variance of a weighted share is least when items are drawn in proportion to weight × standard deviation
of the answer (Neyman's rule, item by item). A floor keeps every clip possible, so that the draw may enter
an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from annotation.estimation.values import InputError
from annotation.sampling.poisson import PoissonDraw, sequential_poisson


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clip not judged yet: what it counts for in the estimate (1, or its hours), and how likely people
    accept it.
    """

    item: str
    weight: float
    accept_chance: float


def next_best(candidates: Iterable[Candidate], n: int, *, seed: str, floor_share: float = 0.2) -> PoissonDraw:
    """``n`` clips by sequential Poisson sampling, sizes weight·√(q(1−q)).

    ``floor_share`` in (0, 1] is the floor as a share of the plain probability n / N: with 0.2, no clip's
    chance falls below a fifth of what a simple random draw would give it, so no weight grows beyond five
    times the plain one.
    """
    rows = list(candidates)
    if not rows:
        raise InputError("there is no clip left to judge")
    if not 0.0 < floor_share <= 1.0:
        raise InputError(f"floor_share must lie in (0, 1], got {floor_share}")
    sizes: dict[str, float] = {}
    for row in rows:
        if not 0.0 <= row.accept_chance <= 1.0 or not row.weight >= 0.0:
            raise InputError(f"clip {row.item}: need a weight of at least 0 and a chance in [0, 1]")
        if row.item in sizes:
            raise InputError(f"clip {row.item} is named twice")
        sizes[row.item] = row.weight * math.sqrt(row.accept_chance * (1.0 - row.accept_chance))
    return sequential_poisson(sizes, n, seed=seed, floor=floor_share * n / len(rows))
