"""What would these thresholds keep? One rule while its slider moves, or any number of them at once.

``ThresholdCurve`` holds, for one rule, the values of just those clips whose tier hangs on it (they pass or are
open on all others), sorted, with running lengths: any threshold, typed or dragged, is then two binary searches and
exact. ``what_if`` answers every other question by one pass over the masks, recomputing only the rules that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from curation.analytics.index import (
    PolicyIndex,
    add_tiers,
    as_amount,
    as_amounts,
    failing_bits,
    mask_dtype,
    same_shape,
    tiers_of_masks,
    without_bit,
)
from curation.analytics.parallel import each
from curation.analytics.schema import LENGTH, USABLE
from curation.analytics.table import Chunk
from curation.policies.compiled import Compiled, compile_rules
from curation.policies.funnel import Amount
from curation.policies.numpy_engine import fails
from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier

Moves = Mapping[tuple[Tier, Tier], Amount]
Work = Callable[[list[tuple[Chunk, slice, slice]]], NDArray]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a changed policy would propose: clips and hours per tier, and what would move between tiers."""

    tiers: Mapping[Tier, Amount]
    moves: Moves


def what_if(index: PolicyIndex, rules: RuleList) -> WhatIf:
    """What ``rules`` would propose instead of ``index.rules``, by one pass over the table.

    Quick where rules differ in their numbers only (those alone are recomputed, and only the clips that some of them
    treats otherwise get a tier anew); any other list is decided from the beginning.
    """
    alike = len(rules) == len(index.rules) and all(map(same_shape, rules, index.rules))
    work = _recompute(index, rules) if alike else _decide_anew(index, rules)
    moved = sum(each(work, index.table.blocks()), np.zeros((16, 2)))
    moves = {
        (Tier(pair // 4), Tier(pair % 4)): as_amount(moved[pair])
        for pair in np.flatnonzero(moved[:, 0]).tolist()
    }
    tiers = dict(index.amounts)
    for (before, after), amount in moves.items():
        tiers[before] -= amount
        tiers[after] += amount
    return WhatIf(tiers, moves)


def _recompute(index: PolicyIndex, rules: RuleList) -> Work:
    """Work on rules that differ in their numbers only."""
    compiled = compile_rules(rules)
    changed = [(i, rule) for i, rule in enumerate(rules) if rule != index.rules.rules[i]]
    kind = index.failing.dtype.type
    keep = kind(~sum(1 << i for i, _ in changed) & (1 << 8 * index.failing.dtype.itemsize) - 1)
    # Where the numbers change what a missing value means, clips can move without failing anything else.
    everywhere = not _same_constants(compiled, compile_rules(index.rules))

    def work(blocks: list[tuple[Chunk, slice, slice]]) -> NDArray:
        moved = np.zeros((16, 2))
        for chunk, inside, whole in blocks:
            failing = index.failing[whole] & keep
            for i, rule in changed:
                failing |= fails(rule, chunk.column(rule.metric)[inside]).astype(failing.dtype) << kind(i)
            before = index.tier[whole]
            differ = before >= 0 if everywhere else (failing != index.failing[whole]) & (before >= 0)
            rows = np.flatnonzero(differ)
            if len(rows):
                codes = tiers_of_masks(compiled, failing[rows], index.missing[whole][rows])
                _add_moves(moved, before[rows], codes, chunk.column(LENGTH)[inside][rows])
        return moved

    return work


def _decide_anew(index: PolicyIndex, rules: RuleList) -> Work:
    """Work on any other list of rules."""
    compiled, dtype = compile_rules(rules), mask_dtype(rules)

    def work(blocks: list[tuple[Chunk, slice, slice]]) -> NDArray:
        moved = np.zeros((16, 2))
        for chunk, inside, whole in blocks:
            failing, missing = (np.zeros(inside.stop - inside.start, dtype) for _ in range(2))
            for name, bits in compiled.bits.items():
                values = chunk.column(name)[inside]
                failing |= failing_bits(rules, name, values, dtype)
                missing |= np.isnan(values) * dtype.type(bits)
            before = index.tier[whole]
            rows = before >= 0
            codes = tiers_of_masks(compiled, failing, missing)
            _add_moves(moved, before[rows], codes[rows], chunk.column(LENGTH)[inside][rows])
        return moved

    return work


def _add_moves(moved: NDArray, before: NDArray[np.int8], after: NDArray[np.int8], lengths: NDArray) -> None:
    """Add what goes from one tier to another to ``moved`` of shape (16, 2)."""
    differ = np.flatnonzero(before != after)
    if len(differ):
        pairs = before[differ].astype(np.intp) * 4 + after[differ]
        moved[:, 0] += np.bincount(pairs, minlength=16)
        moved[:, 1] += np.bincount(pairs, lengths[differ], 16)


@dataclass(frozen=True, slots=True)
class _Class:
    """Clips that are ``passing`` if the rule holds and ``failing`` if not: values ascending, running length."""

    passing: Tier
    failing: Tier
    values: NDArray[np.float32]
    running_us: NDArray[np.float64]

    def amount(self, start: int, stop: int) -> Amount:
        """Clips and hours in a range of places; empty if ``stop`` is not above ``start``."""
        if stop <= start:
            return Amount()
        return Amount(stop - start, int(self.running_us[stop] - self.running_us[start]))


@dataclass(frozen=True, slots=True)
class ThresholdCurve:
    """Everything that one rule's numbers can change, the other rules given; made by ``curve_of``."""

    rules: RuleList
    ordinal: int
    fixed: Mapping[Tier, Amount]
    classes: tuple[_Class, ...]
    constants: Compiled = field(repr=False)

    def at(self, low: float | None = None, high: float | None = None) -> WhatIf | None:
        """The answer with these numbers in the rule (None: as it is).

        None if they change what a missing value means (a threshold at the very end of the metric's range):
        then ask ``what_if``.
        """
        changed = self.rules.with_threshold(self.ordinal, low=low, high=high)
        if not _same_constants(compile_rules(changed), self.constants):
            return None
        old, new = self.rules.rules[self.ordinal], changed.rules[self.ordinal]
        tiers = dict(self.fixed)
        moves: dict[tuple[Tier, Tier], Amount] = {}
        for group in self.classes:
            inside, was = _inside(new, group.values), _inside(old, group.values)
            within = group.amount(*inside)
            rest = group.amount(0, len(group.values)) - within
            both = group.amount(max(inside[0], was[0]), min(inside[1], was[1]))
            entered, left = within - both, group.amount(*was) - both
            if new.operator is Operator.OUTSIDE:
                within, rest, entered, left = rest, within, left, entered
            tiers[group.passing] += within
            tiers[group.failing] += rest
            for pair, amount in (
                ((group.failing, group.passing), entered),
                ((group.passing, group.failing), left),
            ):
                if amount.clips:
                    moves[pair] = moves.get(pair, Amount()) + amount
        return WhatIf(tiers, moves)

    def values(self) -> NDArray[np.float32]:
        """The values of the clips that hang on the rule, class by class: what its histogram shows."""
        return (
            np.concatenate([group.values for group in self.classes])
            if self.classes
            else np.empty(0, np.float32)
        )


def curve_of(index: PolicyIndex, ordinal: int) -> ThresholdCurve:
    """The curve of rule ``ordinal``: one pass, and one sort of the clips that hang on it."""
    compiled, rule = compile_rules(index.rules), index.rules.rules[ordinal]
    bit = index.failing.dtype.type(1 << ordinal)

    def work(blocks: list[tuple[Chunk, slice, slice]]) -> tuple[NDArray, dict[int, list]]:
        fixed = np.zeros((4, 2))
        found: dict[int, list] = {}
        for chunk, inside, whole in blocks:
            missing, lengths = index.missing[whole], chunk.column(LENGTH)[inside]
            others = without_bit(index.failing[whole], ordinal)
            passing, failing = (tiers_of_masks(compiled, mask, missing) for mask in (others, others | bit))
            usable = chunk.column(USABLE)[inside] != 0
            hangs = (passing != failing) & ((missing & bit) == 0) & usable
            codes = index.tier[whole].copy()
            codes[hangs] = -1
            add_tiers(fixed, codes, lengths)
            at = np.flatnonzero(hangs)
            pairs = passing[at].astype(np.intp) * 4 + failing[at]
            values = chunk.column(rule.metric)[inside][at]
            for pair in np.unique(pairs).tolist():
                these = pairs == pair
                found.setdefault(pair, []).append((values[these], lengths[at[these]]))
        return fixed, found

    results = each(work, index.table.blocks())
    parts: dict[int, list] = {}
    for _, found in results:
        for pair, pieces in found.items():
            parts.setdefault(pair, []).extend(pieces)
    classes = tuple(_sorted_class(pair, pieces) for pair, pieces in sorted(parts.items()))
    fixed = as_amounts(sum((result[0] for result in results), np.zeros((4, 2))))
    return ThresholdCurve(index.rules, ordinal, fixed, classes, compiled)


def _sorted_class(pair: int, pieces: list[tuple[NDArray, NDArray]]) -> _Class:
    values = np.concatenate([piece[0] for piece in pieces])
    lengths = np.concatenate([piece[1] for piece in pieces])
    order = _order(values)
    running = np.concatenate([[0.0], np.cumsum(lengths[order])])
    return _Class(Tier(pair // 4), Tier(pair % 4), values[order], running)


def _order(values: NDArray[np.float32]) -> NDArray[np.intp]:
    """``argsort`` by one integer sort, which NumPy does several times quicker: value above, place below."""
    bits = (values + np.float32(0)).view(np.uint32)  # minus zero becomes zero, as comparisons see it
    ascending = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    packed = ascending.astype(np.uint64) << np.uint64(32) | np.arange(len(values), dtype=np.uint64)
    packed.sort()
    return (packed & np.uint64(0xFFFFFFFF)).astype(np.intp)


def _inside(rule: Rule, values: NDArray[np.float32]) -> tuple[int, int]:
    """The range of places whose values lie between the rule's bounds, bounds included."""
    start = 0 if rule.low is None else int(np.searchsorted(values, np.float32(rule.low), "left"))
    stop = len(values) if rule.high is None else int(np.searchsorted(values, np.float32(rule.high), "right"))
    return start, max(start, stop)


def _same_constants(a: Compiled, b: Compiled) -> bool:
    return a.tiers == b.tiers
