"""Exact bounds over strata, also without a single failure."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from annotation.estimation import Estimate, InputError, Interval, StratumCount, Undefined, stratified_exact
from annotation.estimation.finite import hypergeometric_interval


def test_holds_the_truth_for_every_pair_of_lists() -> None:
    sizes, drawn = (8, 14), (4, 6)
    for good in itertools.product(range(0, 9, 2), range(0, 15, 2)):
        truth, held = sum(good) / sum(sizes), 0.0
        for k in itertools.product(range(5), range(7)):
            if any(not 0 <= g - x <= s - n for g, s, n, x in zip(good, sizes, drawn, k, strict=True)):
                continue
            chance = 1.0
            for g, s, n, x in zip(good, sizes, drawn, k, strict=True):
                chance *= hypergeom.pmf(x, s, g, n)
            found = stratified_exact([StratumCount(s, n, x) for s, n, x in zip(sizes, drawn, k, strict=True)])
            assert isinstance(found, Estimate) and isinstance(found.interval, Interval)
            held += chance * (found.interval.lower - 1e-12 <= truth <= found.interval.upper + 1e-12)
        assert held >= 0.95


strata = st.lists(
    st.integers(1, 60).flatmap(
        lambda n: st.tuples(st.integers(n, 400), st.just(n)).flatmap(
            lambda row: st.integers(0, row[1]).map(lambda k: StratumCount(row[0], row[1], k))
        )
    ),
    min_size=1,
    max_size=5,
)


@given(strata)
def test_laws(rows: list[StratumCount]) -> None:
    found, again = stratified_exact(rows), stratified_exact(rows[::-1])
    wider = stratified_exact(rows, 0.99)
    assert isinstance(found, Estimate) and isinstance(found.interval, Interval)
    assert isinstance(wider, Estimate) and isinstance(wider.interval, Interval)
    assert isinstance(again, Estimate) and again.value == pytest.approx(found.value)
    assert found.value in found.interval
    assert wider.interval.lower <= found.interval.lower and wider.interval.upper >= found.interval.upper


def test_one_stratum_is_the_plain_interval() -> None:
    found = stratified_exact([StratumCount(500, 100, 97)])
    plain = hypergeometric_interval(97, 100, 500)
    assert (
        isinstance(found, Estimate) and isinstance(found.interval, Interval) and isinstance(plain, Interval)
    )
    assert (found.interval.lower, found.interval.upper) == pytest.approx((plain.lower, plain.upper))


def test_a_stratum_judged_whole_costs_no_confidence() -> None:
    alone = stratified_exact([StratumCount(500, 100, 97), StratumCount(0, 0, 0)])
    census = stratified_exact([StratumCount(500, 100, 97), StratumCount(100, 100, 50)])
    assert isinstance(alone, Estimate) and isinstance(census, Estimate)
    assert census.interval.width == pytest.approx(alone.interval.width * 500 / 600)  # type: ignore[union-attr]


def test_an_unjudged_stratum_is_named() -> None:
    found = stratified_exact([StratumCount(10, 5, 5), StratumCount(10, 0, 0, "rejects")])
    assert isinstance(found, Undefined) and "rejects" in found.reason
    assert isinstance(stratified_exact([]), Undefined)
    with pytest.raises(InputError, match="dark"):
        StratumCount(5, 6, 1, "dark")
