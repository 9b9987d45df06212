"""An exact interval never promises more than it keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from annotation.estimation import Interval, Undefined, clopper_pearson, proportion
from annotation.estimation.values import InputError


@pytest.mark.parametrize(
    ("successes", "n", "lower", "upper"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17 (1998), table I.
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_published_values(successes: int, n: int, lower: float, upper: float) -> None:
    interval = clopper_pearson(successes, n)
    assert isinstance(interval, Interval)
    assert (round(interval.lower, 4), round(interval.upper, 4)) == (lower, upper)


@pytest.mark.parametrize("n", [1, 5, 12, 30])
def test_covers_every_share_as_often_as_it_says(n: int) -> None:
    for step in range(1, 100):
        p = step / 100
        held = sum(binom.pmf(k, n, p) for k in range(n + 1) if p in clopper_pearson(k, n))  # type: ignore[operator]
        assert held >= 0.95 - 1e-12


@given(
    st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999)
)
def test_laws(counts: tuple[int, int], confidence: float) -> None:
    successes, n = counts
    interval = clopper_pearson(successes, n, confidence)
    mirrored = clopper_pearson(n - successes, n, confidence)
    wider = clopper_pearson(successes, n, confidence + (1 - confidence) / 2)
    assert isinstance(interval, Interval) and isinstance(mirrored, Interval) and isinstance(wider, Interval)
    assert successes / n in interval
    assert mirrored.lower == pytest.approx(1 - interval.upper, abs=1e-9)
    assert wider.lower <= interval.lower and wider.upper >= interval.upper


def test_nothing_judged_is_not_defined() -> None:
    assert isinstance(clopper_pearson(0, 0), Undefined)
    assert proportion(0, 0, empty="nobody came") == Undefined("nobody came")


@pytest.mark.parametrize(
    ("successes", "n", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 95.0), (1, 2, 0.0)]
)
def test_impossible_input_is_refused(successes: int, n: int, confidence: float) -> None:
    with pytest.raises(InputError):
        clopper_pearson(successes, n, confidence)
