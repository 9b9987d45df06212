"""Decide one clip in Python: the compilation that the other two are held against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from curation.policies.compiled import compile_rules
from curation.policies.errors import BadThreshold
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier


@dataclass(frozen=True, slots=True)
class Decision:
    """A tier with the rules that are false (``failing``) and unknown (``missing``); bit = rule ordinal."""

    tier: Tier
    failing: int
    missing: int


def decide(rules: RuleList, values: Mapping[str, float | None]) -> Decision:
    """What ``rules`` (resolved) say of a clip whose metrics are ``values``; absent or ``None`` is not measured.

    Values are compared as float32, as scorecards keep them. Raises ``UnresolvedPercentile`` and, for NaN or
    infinity, which no scorer may write, ``BadThreshold``. The tier's logic is in ``compiled``.
    """
    compiled = compile_rules(rules)
    failing = missing = 0
    for ordinal, rule in enumerate(rules):
        value = values.get(rule.metric)
        if value is None:
            missing |= 1 << ordinal
            continue
        if not math.isfinite(value):
            raise BadThreshold(
                f"{rule.metric} is {value!r}: a measured value is finite, one not measured is None"
            )
        if not rule.accepts(float(np.float32(value))):
            failing |= 1 << ordinal
    return Decision(compiled.tier(failing, missing), failing, missing)


def possible_tiers(rules: RuleList, decision: Decision) -> tuple[Tier, ...]:
    """The tiers that measuring what is missing could still give, best first; one alone if it is decided."""
    return compile_rules(rules).possible(decision.failing, decision.missing)
