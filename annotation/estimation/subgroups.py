"""Each subgroup against the rest, corrected for how many are looked at.

Sources: R. A. Fisher's exact test; S. Holm, "A simple sequentially rejective multiple test procedure",
Scand. J. Stat. 6 (1979); shrinkage: the beta-binomial empirical Bayes of B. Efron and C. Morris, fitted by
moments as in J. C. Kleinman, J. Am. Stat. Assoc. 68 (1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from annotation.estimation.binomial import proportion
from annotation.estimation.difference import NEWCOMBE, difference_limits
from annotation.estimation.values import (
    Estimate,
    InputError,
    Interval,
    Measure,
    Undefined,
    check_confidence,
    check_count,
)


@dataclass(frozen=True, slots=True)
class GroupCount:
    """A subgroup: ``accepted`` of ``n`` drawn at random from its ``population`` items (None: not
    oversampled).
    """

    name: str
    accepted: int
    n: int
    population: int | None = None


@dataclass(frozen=True, slots=True)
class GroupResult:
    """A subgroup beside the rest.

    ``share`` with its own interval; ``difference`` from the rest, whose intervals hold together for all
    groups; ``p_value`` after Holm's correction; ``shrunken``: the share pulled toward the common one.
    """

    name: str
    share: Measure
    difference: Measure
    p_value: float | Undefined
    shrunken: float | Undefined

    def differs(self, level: float = 0.05) -> bool:
        """Whether this group differs from the rest after correction."""
        return isinstance(self.p_value, float) and self.p_value <= level


@dataclass(frozen=True, slots=True)
class Subgroups:
    """All groups in the given order, and the one whose shrunken share is lowest."""

    groups: tuple[GroupResult, ...]
    worst: str | Undefined


def compare_subgroups(groups: Sequence[GroupCount], confidence: float = 0.95) -> Subgroups:
    """Each group against all others; unknown is a group like any other.

    With ``population`` given for every group, the rest is weighted by what is in the corpus, as
    oversampling of small groups demands, and the test is Newcombe's interval turned round; without it,
    Fisher's exact test on pooled counts. The worst is named by the shrunken share, so that a tiny group is
    not named for one bad clip.
    """
    check_confidence(confidence)
    names = [group.name for group in groups]
    if len(set(names)) < len(names):
        raise InputError("two subgroups have the same name")
    for group in groups:
        if check_count(f"{group.name}: accepted", group.accepted) > check_count(f"{group.name}: n", group.n):
            raise InputError(f"{group.name}: {group.accepted} accepted of {group.n} cannot be")
        if (
            group.population is not None
            and check_count(f"{group.name}: population", group.population) < group.n
        ):
            raise InputError(f"{group.name}: {group.n} judged of {group.population} items cannot be")
    weighted = [group.population is not None for group in groups]
    if any(weighted) and not all(weighted):
        raise InputError("give the population of every subgroup or of none")
    judged = [group for group in groups if group.n > 0]
    shrunken = _shrunken(judged)
    compared = {
        group.name: _against_rest(group, [g for g in judged if g is not group], confidence, len(judged))
        for group in judged
        if len(judged) > 1
    }
    adjusted = holm({name: p for name, (_, p) in compared.items()})
    alone = Undefined("there is no other judged subgroup to compare with")
    none = Undefined("nothing of this subgroup was judged")
    results = tuple(
        GroupResult(
            name=group.name,
            share=proportion(group.accepted, group.n, confidence, empty=none.reason),
            difference=compared[group.name][0] if group.name in compared else (alone if group.n else none),
            p_value=adjusted.get(group.name, alone if group.n else none),
            shrunken=shrunken.get(group.name, none),
        )
        for group in groups
    )
    worst: str | Undefined = Undefined("fewer than two subgroups were judged")
    if len(judged) > 1:
        if max(shrunken.values()) - min(shrunken.values()) < 1e-12:
            worst = Undefined("the subgroups differ no more than chance would make them")
        else:
            worst = min(shrunken, key=lambda name: (shrunken[name], name))
    return Subgroups(results, worst)


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Holm's adjusted p-values: compare each with the level wanted for all together."""
    ordered = sorted(p_values, key=lambda name: p_values[name])
    adjusted, highest = {}, 0.0
    for place, name in enumerate(ordered):
        highest = max(highest, min(1.0, (len(ordered) - place) * p_values[name]))
        adjusted[name] = highest
    return adjusted


def _against_rest(
    group: GroupCount, rest: list[GroupCount], confidence: float, comparisons: int
) -> tuple[Measure, float]:
    n = sum(other.n for other in rest)
    share = group.accepted / group.n
    if group.population is None:
        accepted = sum(other.accepted for other in rest)
        table = [[group.accepted, group.n - group.accepted], [accepted, n - accepted]]
        p_value = float(scipy.stats.fisher_exact(table).pvalue)
        rest_share, rest_size = accepted / n, float(n)
    else:
        rest_share, rest_size = _weighted_rest(rest)
        p_value = _newcombe_p(share, group.n, rest_share, rest_size)
    each = 1.0 - (1.0 - confidence) / comparisons
    low, high = difference_limits(
        share, group.n, rest_share, rest_size, float(scipy.stats.norm.ppf(0.5 + each / 2))
    )
    interval = Interval(low, high, confidence, f"{NEWCOMBE}, for all subgroups together", approximate=True)
    return Estimate(share - rest_share, interval, group.n + n), min(p_value, 1.0)


def _weighted_rest(rest: list[GroupCount]) -> tuple[float, float]:
    """The share of the rest by what the corpus holds, and the number of plain draws that would know it as
    well.
    """
    size = np.array([other.population or 0 for other in rest], dtype=float)
    n = np.array([other.n for other in rest], dtype=float)
    accepted = np.array([other.accepted for other in rest], dtype=float)
    weight = size / size.sum()
    share = float((weight * accepted / n).sum())
    # One added success and failure keep a group without failures from looking perfectly known.
    smooth = (accepted + 1) / (n + 2)
    pooled = float((weight * smooth).sum())
    variance = float((weight**2 * smooth * (1 - smooth) / n).sum())
    return share, min(pooled * (1 - pooled) / variance, float(n.sum()))


def _newcombe_p(first: float, n: float, second: float, other_n: float) -> float:
    """Twice the tail at which Newcombe's interval for the difference just reaches zero."""
    if first == second:
        return 1.0

    def excludes(z: float) -> bool:
        low, high = difference_limits(first, n, second, other_n, z)
        return low > 0 or high < 0

    low, high = 0.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excludes(middle) else (low, middle)
    return float(2 * scipy.stats.norm.sf(low))


def _shrunken(groups: list[GroupCount]) -> dict[str, float]:
    if not groups:
        return {}
    n = np.array([group.n for group in groups], dtype=float)
    share = np.array([group.accepted for group in groups], dtype=float) / n
    common = float((n * share).sum() / n.sum())
    spread = float((n * (share - common) ** 2).sum())
    inside = common * (1 - common)
    # Moments: E[spread] = inside·(k − 1) + between·(Σn − Σn²/Σn), the first term being chance alone.
    room = float(n.sum() - (n**2).sum() / n.sum())
    between = 0.0
    if room > 0 and inside > 0:
        chance = inside * (len(groups) - 1)
        between = max(0.0, (spread - chance) / (room - (len(groups) - 1))) if room > len(groups) - 1 else 0.0
    if between <= 0.0:
        return {group.name: common for group in groups}
    strength = max(inside / between - 1.0, 0.0)
    return {
        group.name: float((group.accepted + strength * common) / (group.n + strength)) for group in groups
    }
