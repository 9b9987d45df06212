"""The funnel of a policy: how many clips and hours each rule costs, from counted pairs of masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from curation.policies.compiled import bits_of, compile_rules
from curation.policies.rules import Rule, RuleList
from curation.policies.tiers import Tier


@dataclass(frozen=True, slots=True)
class Amount:
    """Clips and how long they last, in whole microseconds, so that sums are exact in any order."""

    clips: int = 0
    microseconds: int = 0

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.microseconds / 1e6

    @property
    def hours(self) -> float:
        """Length in hours."""
        return self.microseconds / 3.6e9

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.clips - other.clips, self.microseconds - other.microseconds)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.clips + other.clips, self.microseconds + other.microseconds)


@dataclass(frozen=True, slots=True)
class MaskCount:
    """How many clips share one pair of masks."""

    failing: int
    missing: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One rule of a tier. Of all clips: ``alone`` fail it; ``in_order`` fail it and no rule of the tier before it;
    ``only`` would be in the tier's rules without it; ``unknown`` lack its metric. ``left`` is what no rule so far
    has failed."""

    ordinal: int
    rule: Rule
    alone: Amount
    in_order: Amount
    only: Amount
    unknown: Amount
    left: Amount


@dataclass(frozen=True, slots=True)
class TierFunnel:
    """The steps of one tier from ``entered`` (all clips) to ``certain`` (all rules hold) and ``open`` (cannot be told)."""

    tier: Tier
    entered: Amount
    steps: tuple[FunnelStep, ...]
    certain: Amount
    open: Amount


def funnels(rules: RuleList, counts: Iterable[MaskCount]) -> tuple[TierFunnel, ...]:
    """The funnel of each tier that ``rules`` offer, best first. Every amount is exact."""
    rows = list(counts)
    total = sum((row.amount for row in rows), Amount())
    found = []
    for masks in compile_rules(rules).tiers:
        ordinals = bits_of(masks.rules)
        alone, order, only, unknown = ({i: Amount() for i in ordinals} for _ in range(4))
        certain = held_up = Amount()
        for row in rows:
            failed, absent = row.failing & masks.rules, row.missing & masks.rules
            for i in bits_of(failed):
                alone[i] += row.amount
            for i in bits_of(absent):
                unknown[i] += row.amount
            if failed:
                order[bits_of(failed & -failed)[0]] += row.amount
                if failed & (failed - 1) == 0 and not absent & (masks.dead | masks.doubt):
                    only[failed.bit_length() - 1] += row.amount
            elif masks.is_certain(0, absent):
                certain += row.amount
            elif not masks.is_out(0, absent):
                held_up += row.amount
        steps, left = [], total
        for i in ordinals:
            left -= order[i]
            steps.append(FunnelStep(i, rules.rules[i], alone[i], order[i], only[i], unknown[i], left))
        found.append(TierFunnel(masks.tier, total, tuple(steps), certain, held_up))
    return tuple(found)


def tier_amounts(rules: RuleList, counts: Iterable[MaskCount]) -> dict[Tier, Amount]:
    """Clips and hours per tier, every tier named."""
    compiled = compile_rules(rules)
    found = {tier: Amount() for tier in Tier}
    for row in counts:
        found[compiled.tier(row.failing, row.missing)] += row.amount
    return found
