"""A draft: the rules of a policy with some numbers changed, as an address holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from curation.analytics.engine import Engine
from curation.analytics.table import Table
from curation.errors import NotFound
from curation.models import Corpus, Policy
from curation.policies.errors import PolicyError
from curation.policies.rules import Rule, RuleList, shortest
from curation.selectors.policies import policy_get, policy_rules

SIDES = ("low", "high", "percentile")


@dataclass(frozen=True, slots=True)
class Draft:
    """``written`` are the base policy's rules, ``rules`` the draft's, both resolved; ``now`` is the active policy.

    ``faults`` say which of the address's numbers could not be used, and why.
    """

    corpus: Corpus
    base: Policy
    now: Policy
    written: RuleList
    rules: RuleList
    now_rules: RuleList
    faults: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[int, ...]:
        """The ordinals of rules whose numbers differ from the base policy's."""
        pairs = zip(self.rules, self.written, strict=True)
        return tuple(i for i, (rule, old) in enumerate(pairs) if rule != old)

    @property
    def is_active(self) -> bool:
        """Whether the draft starts from the policy in force, which the clip browser shows."""
        return self.base.pk == self.now.pk


def sides_of(rule: Rule) -> tuple[str, ...]:
    """What of a rule can be moved: its percentile, or the bounds that it compares with."""
    if rule.operator.is_percentile:
        return ("percentile",)
    return tuple(side for side in ("low", "high") if getattr(rule, side) is not None)


def base_policy(corpus: Corpus, asked: Mapping[str, str]) -> Policy | None:
    """The clip policy that an address names; else the active one."""
    number = asked.get("policy", "")
    if number.isascii() and number.isdecimal() and len(number) < 9:
        try:
            found = policy_get(corpus, int(number))
        except NotFound:
            return corpus.active_policy
        if found.subject == Policy.Subject.CLIP:
            return found
    return corpus.active_policy


def draft_of(corpus: Corpus, asked: Mapping[str, str], engine: Engine) -> Draft | None:
    """The draft of an address such as ``?policy=7&low3=65``; None where no policy is in force.

    Raises ``NoSnapshot`` only where a percentile has to be resolved.
    """
    base, now = base_policy(corpus, asked), corpus.active_policy
    if base is None or now is None:
        return None
    written = policy_rules(base)
    if written.unresolved:
        table = engine.table()
        written = RuleList(
            tuple(rule if rule.is_resolved else _resolved(rule, table, rule.percentile) for rule in written)
        )
    rules, faults = list(written), []
    for ordinal, rule in enumerate(written):
        for side in sides_of(rule):
            text = asked.get(f"{side}{ordinal}", "")
            if not text:
                continue
            try:
                rules[ordinal] = _changed(rules[ordinal], side, text, engine)
            except (PolicyError, ValueError) as error:
                faults.append(f"{rule.spec.label}: {error}")
    try:
        made = RuleList(tuple(rules))
    except PolicyError as error:
        return Draft(corpus, base, now, written, written, policy_rules(now), (*faults, str(error)))
    return Draft(corpus, base, now, written, made, policy_rules(now), tuple(faults))


def changes_of(draft: Draft) -> dict[str, str]:
    """The draft's changed numbers as an address holds them."""
    return {
        f"{side}{ordinal}": repr(shortest(getattr(draft.rules.rules[ordinal], side)))
        for ordinal in draft.changed
        for side in sides_of(draft.rules.rules[ordinal])
        if getattr(draft.rules.rules[ordinal], side) != getattr(draft.written.rules[ordinal], side)
    }


def state_of(draft: Draft) -> dict[str, str]:
    """The draft as an address holds it: its base policy and what is changed of it."""
    return {"policy": str(draft.base.number), **changes_of(draft)}


def percentile_of(table: Table, name: str, percentile: float) -> float | None:
    """The smallest measured value that at least that share of the measured values do not exceed; None if none is."""
    values = np.concatenate([chunk.column(name)[chunk.column("usable") != 0] for chunk in table.chunks])
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    place = max(0, math.ceil(percentile / 100 * len(values)) - 1)
    return float(np.partition(values, place)[place])


def _changed(rule: Rule, side: str, text: str, engine: Engine) -> Rule:
    if len(text) > 30:
        raise ValueError(f"{text[:30]}… is no number")
    value = float(text)
    if side == "percentile":
        return _resolved(replace(rule, percentile=value, low=None, high=None), engine.table(), value)
    return replace(rule, low=value) if side == "low" else replace(rule, high=value)


def _resolved(rule: Rule, table: Table, percentile: float | None) -> Rule:
    value = percentile_of(table, rule.metric, percentile or 0.0)
    if value is None:
        raise ValueError(f"{rule.metric} was measured on no clip, so it has no percentile")
    return rule.resolve(value)
