"""The seeded draw of a benchmark: candidates in the order of their permanent random numbers, each taken once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from curation.benchmarks.allocation import quotas, refilled
from curation.benchmarks.plan import BETWEEN, UNKNOWN, BenchmarkPlan, Part
from curation.permanent import permanent_random_number


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clip, or a dialogue pair with its two clips. ``persons`` are all who are known to be seen or heard in them;
    ``known`` says whether somebody told whom each clip is of."""

    key: str
    clips: tuple[int, ...]
    sources: frozenset[int]
    persons: frozenset[int]
    attributes: Mapping[str, str]
    known: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """A candidate that was drawn, and for which stratum of which part."""

    candidate: Candidate
    part: str
    stratum: str


@dataclass(frozen=True, slots=True)
class StratumReport:
    """``available``: candidates before anything was taken; ``reason`` says why ``taken`` is below ``wanted``."""

    part: str
    stratum: str
    wanted: int
    available: int
    taken: int
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn, in the order drawn, and every stratum's report."""

    taken: tuple[Taken, ...]
    strata: tuple[StratumReport, ...]


def draw(
    candidates: Sequence[Candidate],
    plan: BenchmarkPlan,
    *,
    seed: str,
    groups: Mapping[str, Iterable[str]] | None = None,
) -> Drawn:
    """Draw ``plan`` from ``candidates``; the same of both, in any order, gives the same.

    ``groups``: by attribute, values that exist though no candidate has them; their strata are reported as empty.
    Nothing is drawn twice, nor two units that share a clip; a part takes what earlier parts left.
    """
    order = sorted(candidates, key=lambda one: (permanent_random_number(seed, one.key), one.key))
    hand = _Hand(plan)
    taken: list[Taken] = []
    strata: list[StratumReport] = []
    for part in plan.parts:
        one, two = _draw_part(part, plan, order, hand, f"{seed} {part.name}", groups or {})
        taken += one
        strata += two
    return Drawn(tuple(taken), tuple(strata))


class _Hand:
    """What was taken so far, and the limits a person and a source have."""

    def __init__(self, plan: BenchmarkPlan) -> None:
        self.plan = plan
        self.clips: set[int] = set()
        self.persons: Counter[int] = Counter()
        self.sources: Counter[int] = Counter()

    def refusal(self, one: Candidate) -> str:
        """Why ``one`` cannot be taken now; empty if it can."""
        if not self.clips.isdisjoint(one.clips):
            return "drawn before"
        for limit, counted, names, word in (
            (self.plan.per_person, self.persons, one.persons, "person"),
            (self.plan.per_source, self.sources, one.sources, "source"),
        ):
            if limit and any(counted[name] >= limit for name in names):
                return f"at most {limit} a {word}"
        return ""

    def take(self, one: Candidate) -> None:
        self.clips.update(one.clips)
        self.persons.update(one.persons)
        self.sources.update(one.sources)


def _draw_part(
    part: Part,
    plan: BenchmarkPlan,
    order: Sequence[Candidate],
    hand: _Hand,
    seed: str,
    groups: Mapping[str, Iterable[str]],
) -> tuple[list[Taken], list[StratumReport]]:
    members: dict[str, list[Candidate]] = {name: [] for name in _strata(part, plan, groups)}
    left_out = 0
    for one in order:
        if plan.unknown or all(one.attributes.get(name) for name in part.by):
            members.setdefault(part.stratum(one.attributes), []).append(one)
        else:
            left_out += 1
    unknown = StratumReport(part.name, UNKNOWN, 0, left_out, 0, "left out: an attribute is not known")
    available = {name: len(inside) for name, inside in members.items()}
    if not members:
        return [], [StratumReport(part.name, "none", part.size, 0, 0, _NOBODY), *[unknown] * bool(left_out)]
    wanted = quotas(available, part.size, how=plan.allocation, seed=seed)
    free = {name: sum(hand.clips.isdisjoint(one.clips) for one in inside) for name, inside in members.items()}
    goal = refilled(wanted, free, seed=seed) if plan.refill else wanted
    taken: list[Taken] = []
    strata: list[StratumReport] = []
    for name in sorted(members):
        refusals: Counter[str] = Counter()
        got = 0
        for one in members[name]:
            if got >= goal[name]:
                break
            if refusal := hand.refusal(one):
                refusals[refusal] += 1
                continue
            hand.take(one)
            taken.append(Taken(one, part.name, name))
            got += 1
        reason = _reason(wanted[name], available[name], got, refusals)
        strata.append(StratumReport(part.name, name, wanted[name], available[name], got, reason))
    return taken, [*strata, *[unknown] * bool(left_out)]


_NOBODY = "no validated candidate has these attributes"


def _reason(wanted: int, available: int, got: int, refusals: Counter[str]) -> str:
    if got == wanted:
        return ""
    if got > wanted:
        return "fills up for strata that could not be filled"
    said = [f"{count} passed over: {word}" for word, count in sorted(refusals.items())]
    if available < wanted:
        said.insert(0, f"only {available} validated" if available else "nothing validated in it")
    return "; ".join(said) or "not enough left"


def _strata(part: Part, plan: BenchmarkPlan, groups: Mapping[str, Iterable[str]]) -> list[str]:
    """Names of the strata that exist by ``groups`` and by the plan's expected ones; crossed where there are several."""
    values = [
        sorted(
            value
            for value in {*groups.get(name, ()), *plan.expected.get(name, ())}
            if value and (plan.unknown or value != UNKNOWN)
        )
        for name in part.by
    ]
    # Of crossed attributes only expected groups span strata beforehand: most combinations exist nowhere.
    if len(part.by) > 1:
        values = [sorted(plan.expected.get(name, ())) for name in part.by]
    return [BETWEEN.join(row) for row in product(*values)] if part.by else ["all"]
