"""The stops of a slider: round numbers over what was measured, and every threshold that matters."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from curation.analytics.table import Table
from curation.metrics import metric
from curation.policies.rules import Rule, shortest

_WANTED = 48
_SAMPLE = 100_000


def stops_of(table: Table, rule: Rule) -> tuple[float, ...]:
    """Ascending float32 numbers over the middle 99.8 % of the metric's values, the rule's own bounds among them."""
    own = [value for value in (rule.low, rule.high) if value is not None]
    sample = _sample(table, rule.metric)
    ends = [*own, *(np.quantile(sample, (0.001, 0.999)).tolist() if len(sample) else ())]
    spec = metric(rule.metric)
    if not ends:
        ends = [0.0 if spec.low is None else spec.low, 1.0 if spec.high is None else spec.high]
    low, high = min(ends), max(ends)
    if high <= low:
        low, high = low - 1.0, high + 1.0
    step = round_step((high - low) / _WANTED)
    first, last = math.floor(low / step), math.ceil(high / step)
    grid = [number * step for number in range(first, last + 1)]
    grid = [
        at for at in grid if (spec.low is None or at >= spec.low) and (spec.high is None or at <= spec.high)
    ]
    edges = np.unique(np.array([*(float(f"{at:.9g}") for at in grid), *own], np.float32))
    return tuple(shortest(float(edge)) for edge in edges)


def round_step(rough: float) -> float:
    """The next of 1, 2, 5 × 10ⁿ at or above ``rough``."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= rough * (1 - 1e-9))


def _sample(table: Table, name: str) -> NDArray[np.float32]:
    every = max(1, table.rows // _SAMPLE)
    parts = [chunk.column(name)[::every] for chunk in table.chunks]
    values = np.concatenate(parts) if parts else np.empty(0, np.float32)
    return values[~np.isnan(values)]
