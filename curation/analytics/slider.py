"""A slider's table: everything that one rule's numbers can change, counted between its stops once.

For each stop of the slider (and each gap between two stops) the table holds how many clips and how much footage
have their value there, by what they were proposed as before, what they are if the rule holds and if it does not, and
which other rule of each tier fails first. Any stop is then a few sums over some hundred cells: tiers, moves and the
funnel, exact. The other rules' numbers are part of the table; moving another slider asks for another table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.analytics.index import (
    PolicyIndex,
    as_amount,
    same_shape,
    tiers_of_masks,
    without_bit,
)
from curation.analytics.parallel import each
from curation.analytics.schema import LENGTH
from curation.analytics.table import Chunk, Table
from curation.policies.compiled import Compiled, bits_of, compile_rules
from curation.policies.funnel import Amount
from curation.policies.numpy_engine import fails
from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier

MAX_STOPS = 120  # so that a place between stops fits into a byte
_CLASSES = 64  # before × if it holds × if it does not, four tiers each


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a draft would propose: amounts by tier, moves from what was proposed before, and per tier the amount
    that no rule so far has failed, as ``(ordinal, left)`` in the order of the rules."""

    tiers: Mapping[Tier, Amount]
    moves: Mapping[tuple[Tier, Tier], Amount]
    left: Mapping[Tier, tuple[tuple[int, Amount], ...]]


@dataclass(frozen=True, slots=True)
class Places:
    """Where each row's value lies among ``stops`` (float32, ascending): 2k below stop k, 2k + 1 on it; the last
    place is 'not measured'."""

    stops: NDArray[np.float32]
    at: NDArray[np.uint8]

    @property
    def count(self) -> int:
        """How many different places there are, 'not measured' included."""
        return 2 * len(self.stops) + 2


def places_of(table: Table, name: str, stops: Sequence[float]) -> Places:
    """The places of every row's value of metric ``name``; at most ``MAX_STOPS`` stops."""
    edges = np.unique(np.asarray(stops, np.float32))
    if not 1 <= len(edges) <= MAX_STOPS:
        raise ValueError(f"a slider has 1 to {MAX_STOPS} stops, not {len(edges)}")
    found = np.empty(table.rows, np.uint8)

    def work(blocks: list[tuple[Chunk, slice, slice]]) -> None:
        for chunk, inside, whole in blocks:
            values = chunk.column(name)[inside]
            place = np.searchsorted(edges, values, "left") + np.searchsorted(edges, values, "right")
            place[np.isnan(values)] = 2 * len(edges) + 1
            found[whole] = place

    each(work, table.blocks())
    return Places(edges, found)


@dataclass(frozen=True, slots=True)
class SliderTable:
    """The counts of one slider. ``cells``: (places, 64, 2); ``firsts``: per tier (places, rules of the tier + 1, 2),
    the last column for clips that no other rule of the tier fails. Amounts are clips and microseconds."""

    rules: RuleList
    ordinal: int
    stops: NDArray[np.float32]
    cells: NDArray[np.float64]
    firsts: Mapping[Tier, NDArray[np.float64]]
    constants: Compiled

    def holds(self, rules: RuleList) -> bool:
        """Whether ``rules`` differ from the table's in this slider's numbers only, and those are stops."""
        others = all(
            a == b for i, (a, b) in enumerate(zip(rules, self.rules, strict=True)) if i != self.ordinal
        )
        rule = rules.rules[self.ordinal]
        stops = all(self._stop(value) is not None for value in (rule.low, rule.high) if value is not None)
        return others and stops and compile_rules(rules).tiers == self.constants.tiers

    def at(self, rule: Rule) -> Outcome:
        """The outcome with ``rule`` in the slider's place; its numbers must be stops (``holds``)."""
        fail = self._fails(rule)
        classes = np.stack([self.cells[~fail].sum(0), self.cells[fail].sum(0)])
        tiers, moved = np.zeros((4, 2)), np.zeros((16, 2))
        for number in np.flatnonzero(classes[:, :, 0].any(0)).tolist():
            before, held, broken = number // 16, number // 4 % 4, number % 4
            for after, amount in ((held, classes[0, number]), (broken, classes[1, number])):
                tiers[after] += amount
                if after != before:
                    moved[4 * before + after] += amount
        moves = {
            (Tier(pair // 4), Tier(pair % 4)): as_amount(moved[pair])
            for pair in np.flatnonzero(moved[:, 0]).tolist()
        }
        return Outcome(
            {tier: as_amount(tiers[tier]) for tier in Tier},
            moves,
            {tier: self._left(tier, counts, fail) for tier, counts in self.firsts.items()},
        )

    def deciding(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Clips whose tier hangs on the rule, by where their value lies: ``(between, on)``.

        ``between`` has one entry more than there are stops (below the first … above the last), ``on`` one per stop.
        """
        number = np.arange(_CLASSES)
        hang = number // 4 % 4 != number % 4
        counts = self.cells[:-1, hang, 0].sum(1).astype(np.int64)
        return counts[0::2], counts[1::2]

    def _left(self, tier: Tier, counts: NDArray, fail: NDArray[np.bool_]) -> tuple[tuple[int, Amount], ...]:
        ordinals = [ordinal for ordinal, _ in self.rules.of_tier(tier)]
        lost = counts.sum(0)
        if self.ordinal in ordinals:
            own = ordinals.index(self.ordinal)
            later = counts[fail].sum(0)
            later[:own] = 0  # a rule before it has them already
            lost = lost - later
            lost[own] += later.sum(0)
        left = lost.sum(0) - np.cumsum(lost[:-1], axis=0)
        return tuple((ordinal, as_amount(left[place])) for place, ordinal in enumerate(ordinals))

    def _stop(self, value: float) -> int | None:
        at = int(np.searchsorted(self.stops, np.float32(value)))
        return at if at < len(self.stops) and self.stops[at] == np.float32(value) else None

    def _fails(self, rule: Rule) -> NDArray[np.bool_]:
        low, high = (None if value is None else self._stop(value) for value in (rule.low, rule.high))
        place = np.arange(len(self.cells))
        below = place < 2 * low + 1 if low is not None else np.zeros(len(place), bool)
        above = place > 2 * high + 1 if high is not None else np.zeros(len(place), bool)
        fail = ~(below | above) if rule.operator is Operator.OUTSIDE else below | above
        fail[-1] = False  # a missing value fails nothing
        return fail


def slider_table(
    index: PolicyIndex,
    rules: RuleList,
    ordinal: int,
    places: Places,
    before: NDArray[np.int8] | None = None,
) -> SliderTable:
    """The table of rule ``ordinal`` of the draft ``rules`` (resolved), by one pass.

    ``index`` must be of a list that differs from ``rules`` in numbers only; ``before`` are the tiers that moves are
    counted from (the index's own if left out; negative where a row is not usable).
    """
    if len(rules) != len(index.rules) or not all(map(same_shape, rules, index.rules)):
        raise ValueError("the draft must have the index's rules, with other numbers")
    compiled = compile_rules(rules)
    kind = index.failing.dtype.type
    bit = kind(1 << ordinal)
    changed = [(i, rule) for i, rule in enumerate(rules) if i != ordinal and rule != index.rules.rules[i]]
    keep = kind(~sum(1 << i for i, _ in changed) & (1 << 8 * index.failing.dtype.itemsize) - 1)
    was = index.tier if before is None else before
    tiers = [(masks.tier, kind(masks.rules), _FirstOf(bits_of(masks.rules))) for masks in compiled.tiers]
    count = places.count

    def work(blocks: list[tuple[Chunk, slice, slice]]) -> tuple[NDArray, list[NDArray]]:
        cells = np.zeros((count * _CLASSES, 2))
        firsts = [np.zeros((count * (len(bits_of(int(mask))) + 1), 2)) for _, mask, _ in tiers]
        for chunk, inside, whole in blocks:
            rows = np.flatnonzero(was[whole] >= 0)
            others = without_bit(index.failing[whole], ordinal) & keep
            for i, rule in changed:
                others |= fails(rule, chunk.column(rule.metric)[inside]).astype(others.dtype) << kind(i)
            others, missing = others[rows], index.missing[whole][rows]
            place, length = places.at[whole][rows].astype(np.intp), chunk.column(LENGTH)[inside][rows]
            held = tiers_of_masks(compiled, others, missing)
            # Where it is not measured, the rule can't be broken: the clip is what it is.
            broken = np.where((missing & bit) == 0, tiers_of_masks(compiled, others | bit, missing), held)
            number = (was[whole][rows].astype(np.intp) * 4 + held) * 4 + broken
            _add(cells, place * _CLASSES + number, length)
            for counts, (_, mask, first) in zip(firsts, tiers, strict=True):
                width = len(counts) // count
                _add(counts, place * width + first(others & mask), length)
        return cells, firsts

    results = each(work, index.table.blocks())
    cells = sum((result[0] for result in results), np.zeros((count * _CLASSES, 2)))
    firsts = {
        tier: sum(result[1][i] for result in results).reshape(count, -1, 2)  # type: ignore[union-attr]
        for i, (tier, _, _) in enumerate(tiers)
    }
    return SliderTable(rules, ordinal, places.stops, cells.reshape(count, _CLASSES, 2), firsts, compiled)


def _add(counts: NDArray, keys: NDArray[np.intp], length: NDArray) -> None:
    counts[:, 0] += np.bincount(keys, minlength=len(counts))
    counts[:, 1] += np.bincount(keys, length, len(counts))


class _FirstOf:
    """The place, among the rules of a tier, of the first that a mask of failures holds; their number if none."""

    def __init__(self, ordinals: Sequence[int]) -> None:
        self._places = np.full(65, len(ordinals), np.intp)
        for place, ordinal in enumerate(ordinals):
            self._places[ordinal + 1] = place
        self._short: NDArray[np.intp] | None = None

    def __call__(self, masks: NDArray) -> NDArray[np.intp]:
        if masks.dtype.itemsize == 2:
            if self._short is None:
                self._short = self._find(np.arange(1 << 16, dtype=np.uint16))
            return self._short[masks]
        return self._find(masks)

    def _find(self, masks: NDArray) -> NDArray[np.intp]:
        lowest = masks & (~masks + masks.dtype.type(1))
        return self._places[np.frexp(lowest.astype(np.float64))[1]]  # 2ⁿ has exponent n + 1, and 0 has 0
