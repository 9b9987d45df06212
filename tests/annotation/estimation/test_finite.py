"""Exact intervals for lists of known length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from annotation.estimation import InputError, Interval, Undefined, clopper_pearson, hypergeometric_interval


@pytest.mark.parametrize(("n", "population"), [(1, 3), (5, 12), (12, 20), (20, 20)])
def test_covers_every_possible_list(n: int, population: int) -> None:
    for good in range(population + 1):
        held = sum(
            hypergeom.pmf(k, population, good, n)
            for k in range(n + 1)
            if good / population in hypergeometric_interval(k, n, population)  # type: ignore[operator]
        )
        assert held >= 0.95 - 1e-9


def test_bounds_are_the_outermost_totals_that_are_not_ruled_out() -> None:
    n, population = 9, 25
    for successes in range(n + 1):
        interval = hypergeometric_interval(successes, n, population)
        kept = [
            good
            for good in range(successes, population - n + successes + 1)
            if hypergeom.sf(successes - 1, population, good, n) > 0.025
            and hypergeom.cdf(successes, population, good, n) > 0.025
        ]
        assert interval == Interval(kept[0] / population, kept[-1] / population, 0.95, "exact hypergeometric")


counts = st.integers(1, 200).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(n, 10_000))
)


@given(counts)
def test_laws(row: tuple[int, int, int]) -> None:
    successes, n, population = row
    interval = hypergeometric_interval(successes, n, population)
    mirrored = hypergeometric_interval(n - successes, n, population)
    endless = clopper_pearson(successes, n)
    assert isinstance(interval, Interval) and isinstance(mirrored, Interval) and isinstance(endless, Interval)
    # Without replacement in whole items, the share itself may not be a possible total: a step of 1/N.
    assert interval.lower - 1 / population <= successes / n <= interval.upper + 1 / population
    assert mirrored.lower == pytest.approx(1 - interval.upper)
    assert interval.width <= endless.width + 2 / population


def test_a_census_leaves_no_doubt_and_nothing_judged_no_number() -> None:
    assert hypergeometric_interval(7, 10, 10) == Interval(0.7, 0.7, 0.95, "exact hypergeometric")
    assert isinstance(hypergeometric_interval(0, 0, 10), Undefined)
    with pytest.raises(InputError):
        hypergeometric_interval(1, 11, 10)


def test_large_lists_approach_clopper_pearson() -> None:
    large, endless = hypergeometric_interval(1950, 2000, 5_200_000), clopper_pearson(1950, 2000)
    assert isinstance(large, Interval) and isinstance(endless, Interval)
    assert large.lower == pytest.approx(endless.lower, abs=2e-5)
    assert large.upper == pytest.approx(endless.upper, abs=2e-5)
