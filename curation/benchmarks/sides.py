"""Training splits: sources that share persons stay together, and each such group is on one side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from curation.benchmarks.errors import BadPlan
from curation.permanent import permanent_random_number

SIDES = ("train", "validation", "test")
HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Shares of clips for each side, in parts of any whole; ``tiers`` and ``validated_only`` as for a subset.

    ``unknown_persons``: keep clips of which nobody knows who is in them (they are only kept apart by source), or not.
    ``near``: bits of 63 that may differ between near-duplicate pictures on two sides.
    """

    shares: Mapping[str, float] = field(
        default_factory=lambda: {"train": 0.8, "validation": 0.1, "test": 0.1}
    )
    tiers: tuple[str, ...] = ("sft", "pretrain")
    validated_only: bool = False
    unknown_persons: bool = True
    near: int = 8

    def __post_init__(self) -> None:
        if set(self.shares) != set(SIDES):
            raise BadPlan(f"shares: give one for each of {', '.join(SIDES)}")
        for side, share in self.shares.items():
            if not 0 <= share < float("inf"):
                raise BadPlan(f"shares: {side} is {share}, not a share")
        if not self.shares["train"] > 0 or sum(share > 0 for share in self.shares.values()) < 2:
            raise BadPlan("shares: train and at least one other side need more than 0")
        if not self.tiers:
            raise BadPlan("tiers: choose at least one")
        if not 0 <= self.near <= 16:
            raise BadPlan(f"near: {self.near} is not between 0 and 16 bits")

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**asdict(self), "tiers": list(self.tiers), "shares": {s: self.shares[s] for s in SIDES}}


def split_plan_from_dict(values: Mapping[str, Any]) -> SplitPlan:
    """The plan that ``SplitPlan.as_dict`` gave."""
    return SplitPlan(**{**values, "tiers": tuple(values["tiers"])})


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source as a split sees it: a name that is the same on every machine, and how many clips it brings."""

    source: int
    key: str
    clips: int


def groups(sources: Iterable[int], persons: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Source → the smallest source that it is connected with through ``persons``, pairs of (source, person).

    Connected components over persons and sources, by union-find with path halving.
    """
    parent = {source: source for source in sources}

    def root(source: int) -> int:
        while parent[source] != source:
            parent[source] = parent[parent[source]]
            source = parent[source]
        return source

    first: dict[int, int] = {}
    for source, person in persons:
        if source not in parent:
            continue
        one, other = root(source), root(first.setdefault(person, source))
        if one != other:
            parent[max(one, other)] = min(one, other)
    return {source: root(source) for source in parent}


def assign(
    facts: Iterable[SourceFacts], group_of: Mapping[int, int], plan: SplitPlan, *, seed: str
) -> dict[int, str]:
    """Source → side, the same side for a whole group, as near to the shares of clips as groups allow.

    Groups larger than the smallest side come first, the largest at the head; the others in the order of their permanent
    random numbers. Each goes where most is missing. The order of ``facts`` does not matter.
    """
    sizes: dict[int, int] = {}
    numbers: dict[int, float] = {}
    known = sorted(facts, key=lambda one: one.source)
    for one in known:
        group = group_of[one.source]
        sizes[group] = sizes.get(group, 0) + one.clips
        number = permanent_random_number(seed, one.key)
        numbers[group] = min(numbers.get(group, 1.0), number)
    total, whole = sum(sizes.values()), sum(plan.shares.values())
    missing = {side: total * plan.shares[side] / whole for side in SIDES if plan.shares[side] > 0}
    smallest = min(missing.values(), default=0.0)
    large = sorted(
        (group for group in sizes if sizes[group] > smallest), key=lambda g: (-sizes[g], numbers[g])
    )
    small = sorted((group for group in sizes if sizes[group] <= smallest), key=lambda g: numbers[g])
    side_of: dict[int, str] = {}
    for group in (*large, *small):
        side = max(missing, key=lambda name: missing[name])
        side_of[group] = side
        missing[side] -= sizes[group]
    return {one.source: side_of[group_of[one.source]] for one in known}
