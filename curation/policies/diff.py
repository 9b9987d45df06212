"""What changed between two policies, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from curation.policies.rules import RULED_TIERS, Operator, Rule, RuleList
from curation.policies.words import condition

Kind = Literal["changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; ``before`` is None for an added rule, ``after`` for a removed one."""

    kind: Kind
    before: Rule | None
    after: Rule | None

    @property
    def words(self) -> str:
        """``movement, worst: at least 60 → at least 65 (sft)``."""
        rule = self.after or self.before
        assert rule is not None
        label, tier = rule.spec.label, rule.tier.word
        if self.before is not None and self.after is not None:
            return f"{label}: {condition(self.before)} → {condition(self.after)} ({tier})"
        return f"{label}: {condition(rule)} {self.kind} ({tier})"


def diff(before: RuleList, after: RuleList) -> tuple[Change, ...]:
    """The differences by tier and metric, best tier first; order alone is no difference.

    Frozen percentiles are compared as written: the 5th percentile of two corpora is the same rule.
    """
    changes: list[Change] = []
    names = tuple(dict.fromkeys((*before.metrics, *after.metrics)))
    for tier in RULED_TIERS:
        for name in names:
            old = [r.unresolved() for r in before if r.tier is tier and r.metric == name]
            new = [r.unresolved() for r in after if r.tier is tier and r.metric == name]
            changes += _pair_up([r for r in old if r not in new], [r for r in new if r not in old])
    return tuple(changes)


def diff_words(before: RuleList, after: RuleList) -> tuple[str, ...]:
    """``diff`` as sentences; empty if nothing differs."""
    return tuple(change.words for change in diff(before, after))


def _pair_up(old: list[Rule], new: list[Rule]) -> list[Change]:
    """Match what was there with what is there now: same operator first, then whatever is left, in order."""
    matched: list[tuple[Rule, Rule]] = []
    for same_operator in (True, False):
        for rule in list(old):
            for other in list(new):
                if not same_operator or _side(rule.operator) == _side(other.operator):
                    matched.append((rule, other))
                    old.remove(rule)
                    new.remove(other)
                    break
    return [
        *(Change("changed", a, b) for a, b in matched),
        *(Change("removed", rule, None) for rule in old),
        *(Change("added", None, rule) for rule in new),
    ]


def _side(operator: Operator) -> str:
    return operator.removeprefix("percentile_")
