"""The plan of a benchmark: what is drawn, how much of it, over which strata. Checked here, kept as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from curation.benchmarks.allocation import ALLOCATIONS
from curation.benchmarks.errors import BadPlan

UNITS = ("clip", "pair")
# What a stratum can be made of. Attributes of people are as imported or given, never inferred.
ATTRIBUTES = ("age_group", "gender", "ethnicity", "language", "category", "branch")
UNKNOWN = "unknown"
# report: leaks are told. hold_out: all that shares persons or sources with the benchmark leaves the training tiers.
# strict: only units whose persons and sources no other clip of the training tiers shows.
UNSEEN = ("report", "hold_out", "strict")
MOST_UNITS = 100_000
BETWEEN = " × "


@dataclass(frozen=True, slots=True)
class Part:
    """``size`` units over the strata that ``by`` spans (crossed, if several; none: one stratum of everything)."""

    by: tuple[str, ...]
    size: int

    def __post_init__(self) -> None:
        for name in self.by:
            if name not in ATTRIBUTES:
                raise BadPlan(f"strata: {name!r} is none of {', '.join(ATTRIBUTES)}")
        if len(set(self.by)) < len(self.by):
            raise BadPlan("strata: an attribute is named twice")
        if not 1 <= self.size <= MOST_UNITS:
            raise BadPlan(f"size: {self.size} is not between 1 and {MOST_UNITS}")

    @property
    def name(self) -> str:
        """Its attributes, for headings."""
        return BETWEEN.join(self.by) or "all"

    def stratum(self, attributes: Mapping[str, str]) -> str:
        """The stratum of something with these attributes; an empty one is ``unknown``."""
        return BETWEEN.join(attributes.get(name) or UNKNOWN for name in self.by) or "all"


@dataclass(frozen=True, slots=True)
class BenchmarkPlan:
    """Everything that decides what is drawn, but for the seed and the clips themselves.

    ``tiers``: verdicts that make a clip a candidate. ``training_tiers``: what the benchmark must not leak into, or
    ``training_subset``, the id of a frozen list. ``unseen``: one of ``UNSEEN``. ``answered_only``: of pairs, only those
    that people found to answer. ``refill``: whether other strata give what one cannot. ``unknown``: whether units with an
    unknown attribute may be drawn. ``per_person``, ``per_source``: at most so many units of each, 0 for any number.
    ``near``: bits of 63 that may differ between near-duplicate pictures. ``expected``: groups by attribute that must be
    there, so that one without any clip is reported too.
    """

    parts: tuple[Part, ...]
    unit: str = "clip"
    tiers: tuple[str, ...] = ("sft",)
    training_tiers: tuple[str, ...] = ("sft", "pretrain")
    training_subset: int | None = None
    allocation: str = "equal"
    refill: bool = False
    unknown: bool = False
    unseen: str = "report"
    answered_only: bool = False
    per_person: int = 0
    per_source: int = 0
    near: int = 8
    expected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.parts:
            raise BadPlan("size: say how many to draw over which strata")
        if sum(part.size for part in self.parts) > MOST_UNITS:
            raise BadPlan(f"size: a benchmark holds at most {MOST_UNITS} units")
        if self.unit not in UNITS:
            raise BadPlan(f"unit: {self.unit!r} is none of {', '.join(UNITS)}")
        if self.allocation not in ALLOCATIONS:
            raise BadPlan(f"allocation: {self.allocation!r} is none of {', '.join(ALLOCATIONS)}")
        if self.unseen not in UNSEEN:
            raise BadPlan(f"unseen: {self.unseen!r} is none of {', '.join(UNSEEN)}")
        if not self.tiers:
            raise BadPlan("tiers: choose at least one that people settled")
        for name, value in (("per_person", self.per_person), ("per_source", self.per_source)):
            if value < 0:
                raise BadPlan(f"{name}: {value} is below 0")
        if not 0 <= self.near <= 16:
            raise BadPlan(f"near: {self.near} is not between 0 and 16 bits")
        for name in self.expected:
            if name not in ATTRIBUTES:
                raise BadPlan(f"expected: {name!r} is none of {', '.join(ATTRIBUTES)}")

    @property
    def size(self) -> int:
        """Units wanted in all."""
        return sum(part.size for part in self.parts)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON; ``plan_from_dict`` reads it back."""
        plain = asdict(self)
        return {
            **plain,
            "parts": [{"by": list(part.by), "size": part.size} for part in self.parts],
            "tiers": list(self.tiers),
            "training_tiers": list(self.training_tiers),
            "expected": {name: list(groups) for name, groups in sorted(self.expected.items())},
        }


def plan_from_dict(values: Mapping[str, Any]) -> BenchmarkPlan:
    """The plan kept as JSON; raises ``BadPlan``."""
    kept = dict(values)
    return BenchmarkPlan(
        **kept
        | {
            "parts": tuple(Part(tuple(part["by"]), part["size"]) for part in kept["parts"]),
            "tiers": tuple(kept["tiers"]),
            "training_tiers": tuple(kept["training_tiers"]),
            "expected": {name: tuple(groups) for name, groups in kept["expected"].items()},
        }
    )


def talkvid_bench() -> BenchmarkPlan:
    """500 clips as TalkVid-Bench is balanced: age 105, gender 100, ethnicity 100, language 195, equal within each.

    Source: TalkVid, arXiv 2508.13618.
    """
    sizes = {"age_group": 105, "gender": 100, "ethnicity": 100, "language": 195}
    return BenchmarkPlan(tuple(Part((name,), size) for name, size in sizes.items()))


def vidchat_bench() -> BenchmarkPlan:
    """500 dialogue pairs of persons that the training tiers do not show, as VidChatBench is.

    Source: SpeakerVid-5M, arXiv 2507.09862.
    """
    return BenchmarkPlan((Part((), 500),), unit="pair", unseen="hold_out")


PRESETS = {"talkvid-bench": talkvid_bench, "vidchatbench": vidchat_bench}
