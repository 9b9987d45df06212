"""Sequential Poisson sampling: unequal probabilities, a fixed size, and an order of work.

Source: E. Ohlsson, "Sequential Poisson sampling", J. Off. Stat. 14 (1998): item i with target probability
λ_i and permanent random number u_i has the rank u_i / λ_i, and the n smallest ranks are taken. λ_i is then
reached nearly, not exactly. What *is* exact: given the (k+1)-th smallest rank τ, weighting each of the
first k items by 1 / min(1, λ_i τ) estimates every total without bias (N. Duffield, C. Lund, M. Thorup,
"Priority sampling for estimation of arbitrary subset sums", J. ACM 54 (2007)). That holds for every prefix
of the order, and it is what `probability` states.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotation.estimation.values import InputError, check_count
from annotation.sampling.frame import DrawnItem
from annotation.sampling.prn import permanent_random_number

MAX_EXACT = 300
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True)
class RankedItem:
    """An item with its target probability λ in (0, 1], its random number u in (0, 1), and the rank u / λ."""

    item: str
    target: float
    number: float

    @property
    def rank(self) -> float:
        """Position in the order of work: smaller comes first."""
        return self.number / self.target


@dataclass(frozen=True, slots=True)
class PoissonDraw:
    """``n`` drawn items in order, and the next one's rank, by which the probabilities of the draw are
    stated.
    """

    ranked: tuple[RankedItem, ...]
    next_rank: float

    def items(self, prefix: int | None = None) -> tuple[DrawnItem, ...]:
        """The first ``prefix`` items (default: all) with the probabilities that belong to a draw of that
        size.
        """
        size = len(self.ranked) if prefix is None else check_count("prefix", prefix)
        if size > len(self.ranked):
            raise InputError(f"the draw has {len(self.ranked)} items, not {size}")
        tau = self.next_rank if size == len(self.ranked) else self.ranked[size].rank
        return tuple(
            DrawnItem(row.item, min(1.0, row.target * tau), row.number) for row in self.ranked[:size]
        )


def target_probabilities(sizes: Mapping[str, float], n: int, *, floor: float) -> dict[str, float]:
    """λ_i in proportion to ``sizes``, none below ``floor`` and none above 1, adding up to ``n``.

    The floor keeps every item's chance above zero, so that no part of the list is beyond an estimate.
    """
    names = list(sizes)
    targets = target_array(np.array([sizes[name] for name in names], dtype=float), n, floor=floor)
    return dict(zip(names, (float(value) for value in targets), strict=True))


def target_array(size: np.ndarray, n: int, *, floor: float) -> np.ndarray:
    """``target_probabilities`` of a whole list at once: float64 sizes in, as many λ out, in the same places."""
    n = check_count("n", n)
    if not len(size) or n < 1 or n > len(size):
        raise InputError(f"n must lie between 1 and the {len(size)} items of the list, got {n}")
    if not np.isfinite(size).all() or (size < 0).any():
        raise InputError("sizes must be finite and at least 0")
    if not 0.0 < floor <= 1.0:
        raise InputError(
            f"the floor must lie in (0, 1], got {floor}: without one, some items could never be drawn"
        )
    if floor * len(size) > n * (1 + 1e-9):
        raise InputError(f"a floor of {floor:g} for {len(size)} items needs more than {n} draws")
    if n == len(size):
        return np.ones_like(size)
    if not size.any():
        size = np.ones_like(size)

    # Sizes a billionth of the largest are at the floor anyway; as 0 they cannot overflow the scale.
    size = size / size.max()
    size[size < _NEGLIGIBLE] = 0.0
    low, high = 0.0, 1.0 / size[size > 0].min()
    for _ in range(100):
        middle = (low + high) / 2
        full = float(np.clip(middle * size, floor, 1.0).sum()) >= n
        low, high = (low, middle) if full else (middle, high)
    targets = np.clip(high * size, floor, 1.0)
    # Items of size 0 stay at the floor; if the rest is full, they take what is left.
    short = n - targets.sum()
    if short > 1e-9:
        rest = size == 0.0
        targets[rest] += short / rest.sum()
    return np.minimum(targets, 1.0)


def sequential_poisson(sizes: Mapping[str, float], n: int, *, seed: str, floor: float) -> PoissonDraw:
    """Draw ``n`` items with probabilities in proportion to ``sizes``, floored; the order is by rank."""
    targets = target_probabilities(sizes, n, floor=floor)
    ranked = sorted(
        (RankedItem(item, target, permanent_random_number(seed, item)) for item, target in targets.items()),
        key=lambda row: (row.rank, row.item),
    )
    following = ranked[n].rank if n < len(ranked) else math.inf
    return PoissonDraw(tuple(ranked[:n]), following)


def exact_inclusion(targets: Sequence[float], n: int) -> tuple[float, ...]:
    """The exact unconditional inclusion probability of each item, for lists of at most 300.

    Item i is in if fewer than n others rank below it: ∫ P(fewer than n of the others have u_j < λ_j t) over
    its own rank t. Between the points 1/λ_j the integrand is a polynomial, which Gauss–Legendre integrates
    exactly.
    """
    lam, n = np.asarray(targets, dtype=float), check_count("n", n)
    if not ((lam > 0) & (lam <= 1)).all():
        raise InputError("target probabilities must lie in (0, 1]")
    if len(lam) > MAX_EXACT:
        raise InputError(f"exact probabilities are computed for at most {MAX_EXACT} items, got {len(lam)}")
    if n == 0 or n >= len(lam):
        return (float(n > 0),) * len(lam)
    nodes, node_weights = np.polynomial.legendre.leggauss(len(lam) // 2 + 2)
    breaks = np.concatenate([[0.0], np.unique(1.0 / lam)])
    inclusion = np.zeros(len(lam))
    for low, high in itertools.pairwise(breaks):
        for node, weight in zip(nodes, node_weights, strict=True):
            t = (low + high) / 2 + (high - low) / 2 * node
            below = np.minimum(lam * t, 1.0)
            for i in np.flatnonzero(lam * high <= 1.0 + 1e-12):
                others = np.delete(below, i)
                inclusion[i] += weight * (high - low) / 2 * lam[i] * _fewer(others, n)
    return tuple(float(min(value, 1.0)) for value in inclusion)


def _fewer(chances: np.ndarray, n: int) -> float:
    """The probability that fewer than ``n`` of independent events happen."""
    counts = np.zeros(n)
    counts[0] = 1.0
    for chance in chances:
        shifted = np.concatenate([[0.0], counts[:-1]])
        counts = counts * (1 - chance) + shifted * chance
    return float(counts.sum())
