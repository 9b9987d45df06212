"""Which clips to judge next: those that would narrow the wanted estimate most, as probabilities.

An estimate weights each judged clip by 1/π, and its variance is about Σ e²/π over the list, where e is what the clip
adds to the linearised estimate. Before anybody looked, e² is known on average only; probabilities in proportion to
√E(e²) make the anticipated variance least (V. P. Godambe and V. M. Joshi, Ann. Math. Stat. 36 (1965); C.-E. Särndal,
B. Swensson, J. Wretman, "Model Assisted Survey Sampling" (1992), §12.2). With the answer as a coin of chance q and an
estimate around S, E(e²) = weight²·(q(1 − q) + (q − S)²): the first term is what is not known of the clip, the second
how far its like lies from the rest. A floor keeps every clip possible, so that the draw may enter an estimate.
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


def next_best_size(weight: float, accept_chance: float, centre: float | None = None) -> float:
    """What judging such a clip is worth: weight·√(q(1−q) + (q − centre)²), in the unit of ``weight``.

    ``centre`` in [0, 1] is the estimate as far as known, for an estimator without strata (Hájek); None for one that
    compares like with like (strata, Neyman's rule), to which how far strata lie apart adds nothing.
    """
    if not 0.0 <= accept_chance <= 1.0 or not 0.0 <= weight < math.inf:
        raise InputError("need a weight of at least 0 and a chance in [0, 1]")
    if centre is not None and not 0.0 <= centre <= 1.0:
        raise InputError(f"the centre must lie in [0, 1], got {centre}")
    apart = 0.0 if centre is None else (accept_chance - centre) ** 2
    return weight * math.sqrt(accept_chance * (1.0 - accept_chance) + apart)


def recall_weights(accepted_kept: float, accepted_left: float) -> tuple[float, float]:
    """What a clip that the policy keeps, and one that it leaves out, counts for in recall K / (K + L).

    The derivative of recall by one accepted clip is (1 − R) / (K + L) among the kept and −R / (K + L) among the left;
    only their ratio matters. ``accepted_kept`` and ``accepted_left`` are K and L as far as known.
    """
    if accepted_kept < 0 or accepted_left < 0:
        raise InputError("accepted clips cannot be fewer than none")
    both = accepted_kept + accepted_left
    if both == 0:
        return 1.0, 1.0
    return accepted_left / both, accepted_kept / both


def next_best(
    candidates: Iterable[Candidate],
    n: int,
    *,
    seed: str,
    floor_share: float = 0.2,
    centre: float | None = None,
) -> PoissonDraw:
    """``n`` clips by sequential Poisson sampling, sizes by ``next_best_size``.

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
        if row.item in sizes:
            raise InputError(f"clip {row.item} is named twice")
        try:
            sizes[row.item] = next_best_size(row.weight, row.accept_chance, centre)
        except InputError as error:
            raise InputError(f"clip {row.item}: {error}") from None
    return sequential_poisson(sizes, n, seed=seed, floor=floor_share * n / len(rows))
