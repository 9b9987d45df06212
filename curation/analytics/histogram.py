"""Histograms of a metric, whole or by tier, between given edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.analytics.index import PolicyIndex
from curation.analytics.parallel import each
from curation.analytics.schema import USABLE
from curation.analytics.table import Chunk, Table
from curation.metrics import metric
from curation.policies.tiers import Tier


@dataclass(frozen=True, slots=True)
class Histogram:
    """Clips per bin. Bin i holds edges[i] ≤ value < edges[i + 1], the last one its upper edge too.

    ``below`` and ``above`` count what lies outside, ``missing`` what was not measured.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    below: int
    above: int
    missing: int


def edges_for(table: Table, name: str, bins: int = 60) -> tuple[float, ...]:
    """Even float32 edges over what was measured: the metric's range if bounded, else the middle 99.8 %."""
    low, high = metric(name).low, metric(name).high
    if low is None or high is None:
        sample = _sampled(table, name)
        sample = sample[~np.isnan(sample)]
        if not len(sample):
            return (0.0, 1.0)
        ends = np.quantile(sample, (0.001, 0.999))
        low, high = float(ends[0] if low is None else low), float(ends[1] if high is None else high)
        high = high if high > low else low + 1.0
    return tuple(float(edge) for edge in np.unique(np.linspace(low, high, bins + 1).astype(np.float32)))


def _sampled(table: Table, name: str) -> NDArray[np.float32]:
    parts = [chunk.column(name)[:: max(1, table.rows // 200_000)] for chunk in table.chunks]
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def histogram(table: Table, name: str, edges: Sequence[float]) -> Histogram:
    """The histogram of metric ``name`` over usable rows."""
    (found,) = _histograms(table, name, edges, None).values()
    return found


def histogram_by_tier(index: PolicyIndex, name: str, edges: Sequence[float]) -> dict[Tier, Histogram]:
    """A histogram of metric ``name`` for each tier of the policy."""
    return {Tier(code): found for code, found in _histograms(index.table, name, edges, index.tier).items()}


def histogram_of(values: NDArray[np.float32], edges: Sequence[float]) -> Histogram:
    """The histogram of bare ``values``, of those that hang on a rule for instance."""
    return _as_histogram(edges, _count(values, np.zeros(len(values), np.intp), edges, 1)[0])


def _histograms(
    table: Table, name: str, edges: Sequence[float], tiers: NDArray[np.int8] | None
) -> dict[int, Histogram]:
    groups = 1 if tiers is None else 4

    def work(blocks: list[tuple[Chunk, slice, slice]]) -> NDArray:
        total = np.zeros((groups, len(edges) + 3), np.int64)
        for chunk, inside, whole in blocks:
            group = (chunk.column(USABLE)[inside] - 1).astype(np.intp) if tiers is None else tiers[whole]
            rows = group >= 0
            total += _count(chunk.column(name)[inside][rows], group[rows].astype(np.intp), edges, groups)
        return total

    total = sum(each(work, table.blocks()), np.zeros((groups, len(edges) + 3), np.int64))
    return {code: _as_histogram(edges, total[code]) for code in range(groups)}


def _count(
    values: NDArray[np.float32], group: NDArray[np.intp], edges: Sequence[float], groups: int
) -> NDArray:
    """Counts of shape (groups, edges + 3): below, bins, on the last edge, above, missing."""
    at = np.asarray(edges, np.float32)
    place = np.searchsorted(at, values, "right")
    place[values == at[-1]] = len(at)  # on the last edge: kept apart from what lies above
    place[values > at[-1]] = len(at) + 1
    place[np.isnan(values)] = len(at) + 2
    width = len(at) + 3
    return np.bincount(group * width + place, minlength=groups * width).reshape(groups, width)


def _as_histogram(edges: Sequence[float], row: NDArray) -> Histogram:
    count = len(edges)
    bins = row[1:count].copy()
    if count > 1:
        bins[-1] += row[count]
    return Histogram(
        tuple(edges), tuple(bins.tolist()), int(row[0]), int(row[count + 1]), int(row[count + 2])
    )
