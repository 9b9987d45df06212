"""The table of the whole corpus from clips drawn unevenly."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.agreement import binary_table
from annotation.estimation import Estimate, Interval, Undefined, WeightedItem, WeightedTable, weighted_table


def test_equal_weights_give_the_plain_table() -> None:
    cells = {(True, True): 39, (True, False): 15, (False, True): 16, (False, False): 36}
    rows = [WeightedItem(p, a, 0.02) for (p, a), count in cells.items() for _ in range(count)]
    found, plain = weighted_table(rows), binary_table(39, 15, 16, 36)
    assert isinstance(found, WeightedTable)
    for name, metric in plain.metrics().items():
        weighted = getattr(found, name)
        assert isinstance(weighted, Estimate) and isinstance(metric, Estimate)
        assert weighted.value == pytest.approx(metric.value), name
        assert weighted.interval.lower == pytest.approx(metric.interval.lower, abs=1e-6), name  # type: ignore[union-attr]


def test_weights_undo_an_uneven_draw() -> None:
    rng = np.random.default_rng(6)
    passed = rng.random(40_000) < 0.3
    accepted = rng.random(40_000) < np.where(passed, 0.9, 0.2)
    pi = np.where(passed, 0.05, 0.01)
    chosen = np.flatnonzero(rng.random(40_000) < pi)
    found = weighted_table(WeightedItem(bool(passed[i]), bool(accepted[i]), float(pi[i])) for i in chosen)
    assert isinstance(found, WeightedTable)
    truth = (passed & accepted).sum() / accepted.sum()
    naive = (passed & accepted)[chosen].sum() / accepted[chosen].sum()
    assert isinstance(found.recall, Estimate) and isinstance(found.recall.interval, Interval)
    assert truth in found.recall.interval and naive not in found.recall.interval
    assert found.tp + found.fp + found.fn + found.tn == pytest.approx(1.0)


def test_one_sided_tables_say_why() -> None:
    found = weighted_table([WeightedItem(False, True, 0.5)] * 12)
    assert isinstance(found, WeightedTable)
    assert isinstance(found.precision, Undefined)
    assert isinstance(found.kappa, Undefined) and isinstance(found.mcc, Undefined)
    assert isinstance(weighted_table([]), Undefined)
