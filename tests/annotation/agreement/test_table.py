"""Seven figures from four counts, each with an interval or the reason why there is none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multinomial

from annotation.agreement import BinaryTable, Estimate, InputError, Interval, Undefined, binary_table
from annotation.agreement.table import dice

cells = st.tuples(*[st.integers(0, 60)] * 4)


@given(cells)
def test_every_figure_lies_in_its_interval_and_nothing_is_nan(counts: tuple[int, int, int, int]) -> None:
    table = binary_table(*counts)
    for name, metric in table.metrics().items():
        if isinstance(metric, Undefined):
            assert metric.reason
            continue
        assert math.isfinite(metric.value)
        assert isinstance(metric.interval, Interval), name
        assert metric.interval.lower <= metric.value <= metric.interval.upper
        floor = -1 if name in ("kappa", "mcc") else 0
        assert floor <= metric.interval.lower and metric.interval.upper <= 1


@given(cells)
def test_renaming_positive_mirrors_the_table(counts: tuple[int, int, int, int]) -> None:
    tp, fp, fn, tn = counts
    table, mirrored = binary_table(tp, fp, fn, tn), binary_table(tn, fn, fp, tp)
    assert table.accuracy == mirrored.accuracy
    assert _value(table.recall) == _value(mirrored.specificity)
    assert _value(table.kappa) == pytest.approx(_value(mirrored.kappa))


def test_f1_interval_is_exact_under_multinomial_draws() -> None:
    shares, n = (0.5, 0.15, 0.1, 0.25), 14
    truth = 2 * 0.5 / (2 * 0.5 + 0.15 + 0.1)
    held = defined = 0.0
    for tp in range(n + 1):
        for fp in range(n - tp + 1):
            for fn in range(n - tp - fp + 1):
                counts = (tp, fp, fn, n - tp - fp - fn)
                f1 = dice(tp, fp + fn, 0.95, empty="neither passed nor accepted")
                weight = multinomial.pmf(counts, n, shares)
                if isinstance(f1, Estimate):
                    defined += weight
                    held += weight * (truth in f1.interval)  # type: ignore[operator]
    assert held / defined >= 0.95


def test_empty_margins_are_told_apart() -> None:
    nothing = binary_table(0, 0, 0, 0)
    assert all(isinstance(metric, Undefined) for metric in nothing.metrics().values())
    none_passed = binary_table(0, 0, 3, 4)
    assert none_passed.precision == Undefined("the filter passed none of the judged items")
    assert isinstance(none_passed.recall, Estimate) and none_passed.recall.value == 0
    none_accepted = binary_table(0, 2, 0, 4)
    assert none_accepted.recall == Undefined("people accepted none of the judged items")


@pytest.mark.parametrize("counts", [(-1, 0, 0, 0), (1.5, 0, 0, 0), (1, True, 0, 0)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError):
        binary_table(*counts)


def _value(metric: Estimate | Undefined) -> float | None:
    return metric.value if isinstance(metric, Estimate) else None


def test_repeatable() -> None:
    first, second = binary_table(39, 5, 6, 36), binary_table(39, 5, 6, 36)
    assert isinstance(first, BinaryTable) and first == second
