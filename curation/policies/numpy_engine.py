"""Decide columns of scorecards at once; NaN stands for NULL, as in the analytic segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.policies.compiled import Compiled, compile_rules
from curation.policies.errors import MissingColumn, UnresolvedPercentile
from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier

Floats = NDArray[np.float32]
Masks = NDArray[np.int64]
BLOCK = 1 << 16  # rows whose columns and masks stay in the cache


@dataclass(frozen=True, slots=True)
class Decisions:
    """For n clips: ``tier`` int8 codes, ``failing`` and ``missing`` int64 masks, each of shape (n,)."""

    tier: NDArray[np.int8]
    failing: Masks
    missing: Masks


def fails(rule: Rule, values: Floats) -> NDArray[np.bool_]:
    """Where measured ``values`` break ``rule``; False where NaN. Rule must be resolved."""
    if rule.low is None and rule.high is None:
        raise UnresolvedPercentile(f"{rule.metric} {rule.operator} {rule.percentile}: not yet a number")
    if rule.low is None:
        return values > np.float32(rule.high)
    if rule.high is None:
        return values < np.float32(rule.low)
    low, high = np.float32(rule.low), np.float32(rule.high)
    if rule.operator is Operator.OUTSIDE:
        return (values >= low) & (values <= high)
    return (values < low) | (values > high)


def tiers_of(compiled: Compiled, failing: Masks, missing: Masks) -> NDArray[np.int8]:
    """Tier codes from the two masks, of any one shape."""
    code = np.full(failing.shape, int(Tier.REJECT), np.int8)
    for masks in reversed(compiled.tiers):
        held = (failing & masks.rules) == 0
        if masks.dead:
            held &= (missing & masks.dead) == 0
        certain = (missing & masks.doubt) == 0
        code[held & certain] = int(masks.tier)
        code[held & ~certain] = int(Tier.UNDECIDED)
    return code


def decide_columns(rules: RuleList, columns: Mapping[str, Floats]) -> Decisions:
    """What ``rules`` (resolved) say of each row of ``columns`` (metric → float32 (n,), NaN = not measured).

    Raises ``MissingColumn`` if a metric has no column at all, and ``UnresolvedPercentile``.
    """
    compiled = compile_rules(rules)
    absent = [name for name in rules.metrics if name not in columns]
    if absent:
        raise MissingColumn(
            f"no column for {', '.join(absent)}; hand in a column of NaN if nothing was measured"
        )
    count = len(columns[rules.metrics[0]])
    failing, missing = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for start in range(0, count, BLOCK):
        rows = slice(start, min(start + BLOCK, count))
        for name, bits in compiled.bits.items():
            values = np.asarray(columns[name][rows], np.float32)
            missing[rows] |= np.isnan(values) * np.int64(bits)
            for ordinal, rule in enumerate(rules):
                if rule.metric == name:
                    failing[rows] |= fails(rule, values) * np.int64(1 << ordinal)
    return Decisions(tiers_of(compiled, failing, missing), failing, missing)
