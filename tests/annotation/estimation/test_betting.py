"""Bounds that may be looked at after every judgment."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.estimation import (
    Estimate,
    InputError,
    Interval,
    Outcome,
    Undefined,
    betting_bounds,
    betting_hours,
    betting_interval,
    betting_mean,
    prefix_sequence,
    settled_prefix,
    stratified_sequence,
)


@pytest.mark.parametrize("population", [4, 9, 12])
@pytest.mark.parametrize("confidence", [0.6, 0.8, 0.95])
def test_no_list_is_ever_missed_more_often_than_stated(population: int, confidence: float) -> None:
    # Every order of every list, and the adversary stops wherever the bounds are wrong.
    for good in range(population + 1):
        missed = total = 0
        for places in itertools.combinations(range(population), good):
            order = [int(place in places) for place in range(population)]
            lower, upper = betting_bounds(order, population, confidence)
            truth = good / population
            missed += bool(((lower > truth + 1e-12) | (upper < truth - 1e-12)).any())
            total += 1
        assert missed / total <= 1 - confidence + 1e-12


@pytest.mark.parametrize("population", [10, 80])
def test_bounds_are_the_outermost_totals_whose_gambler_stayed_poor(population: int) -> None:
    rng = np.random.default_rng(population)
    order = (rng.random(population) < 0.7).astype(int)[: population // 2].tolist()
    lower, upper = betting_bounds(order, population)
    for n in range(1, len(order) + 1):
        low, high = betting_bounds(order[:n], population)
        assert (low[-1], high[-1]) == (lower[n - 1], upper[n - 1])
    poor = [
        m
        for m in range(population + 1)
        if all(wealth(order[:n], m, population) < 20 for n in range(1, len(order) + 1))
    ]
    assert lower[-1] == pytest.approx(poor[0] / population)
    assert upper[-1] == pytest.approx(poor[-1] / population)


def wealth(order: list[int], m: int, population: int) -> float:
    """The gambler's money, bet by bet: Kelly's bet on the share seen so far, with half a success and
    failure added.
    """
    money, good = 1.0, 0
    for drawn, outcome in enumerate(order):
        left, left_good = population - drawn, m - good
        chance = left_good / left if outcome else 1 - left_good / left
        if chance <= 0:
            return math.inf
        guess = (good + 0.5) / (drawn + 1)
        money *= (guess if outcome else 1 - guess) / chance
        good += int(outcome)
    return money


def test_a_full_count_is_exact() -> None:
    order = [1, 1, 0, 1, 1, 1, 1, 0, 1, 1]
    found = betting_interval(order, 10)
    assert isinstance(found, Estimate) and found.interval == Interval(0.8, 0.8, 0.95, found.interval.method)  # type: ignore[union-attr]


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 500))
def test_laws(order: list[bool], more: int) -> None:
    population = len(order) + more
    lower, upper = betting_bounds(order, population)
    mirrored_lower, mirrored_upper = betting_bounds([not answer for answer in order], population)
    assert (np.diff(lower) >= 0).all() and (np.diff(upper) <= 0).all(), "bounds only ever narrow"
    assert np.allclose(mirrored_lower, 1 - upper) and np.allclose(mirrored_upper, 1 - lower)
    wider_lower, wider_upper = betting_bounds(order, population, 0.99)
    assert (wider_lower <= lower).all() and (wider_upper >= upper).all()


def test_numbers_between_zero_and_one() -> None:
    rng = np.random.default_rng(3)
    deck = rng.beta(5, 1, 400)
    held = 0
    for _ in range(200):
        found = betting_mean(rng.permutation(deck)[:150].tolist(), 400)
        assert isinstance(found, Estimate)
        held += isinstance(found.interval, Interval) and deck.mean() in found.interval
    assert held >= 186
    sure = betting_mean(deck.tolist(), 400)
    assert isinstance(sure, Estimate) and isinstance(sure.interval, Interval)
    assert sure.interval.width < 0.05


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_mirror_of_numbers(values: list[float]) -> None:
    found, mirrored = betting_mean(values, 100), betting_mean([1 - value for value in values], 100)
    assert isinstance(found, Estimate) and isinstance(mirrored, Estimate)
    if isinstance(found.interval, Interval) and isinstance(mirrored.interval, Interval):
        assert found.interval.lower == pytest.approx(1 - mirrored.interval.upper, abs=1e-9)


def test_hours() -> None:
    rng = np.random.default_rng(4)
    hours, accepted = rng.gamma(4, 1, 500), rng.random(500) < 0.9
    truth = hours[accepted].sum() / hours.sum()
    found = betting_hours(
        accepted[:300].tolist(),
        hours[:300].tolist(),
        population=500,
        total_hours=float(hours.sum()),
        longest=float(hours.max()),
    )
    assert isinstance(found, Estimate) and isinstance(found.interval, Interval)
    assert truth in found.interval and found.interval.lower > 0.6


def test_bad_input() -> None:
    with pytest.raises(InputError):
        betting_bounds([0, 1, 2], 10)
    with pytest.raises(InputError):
        betting_bounds([0, 1], 1)
    with pytest.raises(InputError):
        betting_mean([1.5], 10)
    assert isinstance(betting_interval([], 10), Undefined)
    assert isinstance(betting_mean([], 10), Undefined)


@pytest.mark.parametrize("outcomes", [[1, 0.5], [0.9], [1, float("nan")], [1, None], [2], [[0, 1]]])
def test_what_is_neither_yes_nor_no_is_refused_and_not_cut_off(outcomes: list[float]) -> None:
    with pytest.raises(InputError, match="0 and 1"):
        betting_bounds(outcomes, 10)  # type: ignore[arg-type]


def test_the_share_seen_lies_in_its_interval_also_after_an_odd_beginning() -> None:
    outcomes = [1] * 12 + [0] * 10
    lower, upper = betting_bounds(outcomes, 1000)
    share = 12 / 22
    assert share < lower[-1] < upper[-1], "what came first shuts the share out that is seen now"
    for found in (
        betting_interval(outcomes, 1000),
        prefix_sequence(settled_prefix([Outcome.ACCEPTED] * 12 + [Outcome.REFUSED] * 10), 1000),
        stratified_sequence(outcomes, ["a"] * 22, {"a": 1000}),
    ):
        assert isinstance(found, Estimate) and found.value == pytest.approx(share)
        assert found.value in found.interval  # type: ignore[operator]
        assert found.interval.upper == upper[-1]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("total", "longest"), [(1.0, 2.0), (30.0, 2.0), (math.nan, 2.0), (math.inf, 2.0), (9.0, math.inf)]
)
def test_hours_that_cannot_be_are_refused(total: float, longest: float) -> None:
    with pytest.raises(InputError):
        betting_hours([True, False], [1.0, 1.0], population=10, total_hours=total, longest=longest)
