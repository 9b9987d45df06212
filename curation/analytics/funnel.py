"""The funnel on a table: clips and hours that each rule costs, as ``policies.funnel`` defines them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from curation.analytics.index import PolicyIndex, as_amount
from curation.analytics.parallel import each
from curation.analytics.schema import LENGTH
from curation.analytics.table import Chunk
from curation.policies.compiled import TierMasks, bits_of, compile_rules
from curation.policies.funnel import FunnelStep, TierFunnel

_ALONE, _ORDER, _ONLY, _UNKNOWN = range(4)


def funnel(index: PolicyIndex) -> tuple[TierFunnel, ...]:
    """The funnel of each tier that the policy offers, best first; exact, over usable rows."""
    return tuple(_tier_funnel(index, masks) for masks in compile_rules(index.rules).tiers)


def _tier_funnel(index: PolicyIndex, masks: TierMasks) -> TierFunnel:
    ordinals = bits_of(masks.rules)
    kind = index.failing.dtype.type

    def work(blocks: list[tuple[Chunk, slice, slice]]) -> tuple[NDArray, NDArray]:
        steps, ends = np.zeros((len(ordinals), 4, 2)), np.zeros((3, 2))
        for chunk, inside, whole in blocks:
            usable = index.tier[whole] >= 0
            length: NDArray = chunk.column(LENGTH)[inside]
            failed = np.where(usable, index.failing[whole] & kind(masks.rules), kind(0))
            absent = np.where(usable, index.missing[whole] & kind(masks.rules), kind(0))
            clear = (absent & kind(masks.dead | masks.doubt)) == 0
            first = failed & (~failed + kind(1))
            for place, ordinal in enumerate(ordinals):
                bit = kind(1 << ordinal)
                _add(steps[place, _ALONE], (failed & bit) != 0, length)
                _add(steps[place, _ORDER], first == bit, length)
                _add(steps[place, _ONLY], (failed == bit) & clear, length)
                _add(steps[place, _UNKNOWN], (absent & bit) != 0, length)
            held = (failed == 0) & usable & ((absent & kind(masks.dead)) == 0)
            certain = held & ((absent & kind(masks.doubt)) == 0)
            for place, rows in enumerate((usable, certain, held & ~certain)):
                _add(ends[place], rows, length)
        return steps, ends

    results = each(work, index.table.blocks())
    steps = sum((result[0] for result in results), np.zeros((len(ordinals), 4, 2)))
    entered, certain, held_up = sum((result[1] for result in results), np.zeros((3, 2)))
    left = entered - np.cumsum(steps[:, _ORDER], axis=0)
    rows = tuple(
        FunnelStep(
            ordinal,
            index.rules.rules[ordinal],
            as_amount(steps[place, _ALONE]),
            as_amount(steps[place, _ORDER]),
            as_amount(steps[place, _ONLY]),
            as_amount(steps[place, _UNKNOWN]),
            as_amount(left[place]),
        )
        for place, ordinal in enumerate(ordinals)
    )
    return TierFunnel(masks.tier, as_amount(entered), rows, as_amount(certain), as_amount(held_up))


def _add(cell: NDArray, rows: NDArray, length: NDArray) -> None:
    count = np.count_nonzero(rows)
    if count:
        cell[0] += count
        cell[1] += np.dot(rows.astype(np.float64), length)
