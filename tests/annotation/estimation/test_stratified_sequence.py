"""Strata looked at after every judgment."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.estimation import (
    Decision,
    Estimate,
    InputError,
    Interval,
    Outcome,
    Undefined,
    betting_bounds,
    certify,
    settled_prefix,
    stratified_bounds,
    stratified_sequence,
)


def test_one_stratum_is_the_plain_sequence() -> None:
    order = [1, 1, 0, 1, 1, 1, 0, 1]
    lower, upper = stratified_bounds(order, ["a"] * 8, {"a": 50})
    plain_lower, plain_upper = betting_bounds(order, 50)
    assert np.allclose(lower, plain_lower) and np.allclose(upper, plain_upper)


def test_an_untouched_stratum_may_be_anything() -> None:
    lower, upper = stratified_bounds([1] * 60, ["a"] * 60, {"a": 60, "b": 40})
    assert lower[-1] == pytest.approx(0.6) and upper[-1] == pytest.approx(1.0)
    assert isinstance(stratified_sequence([1], ["a"], {"a": 60, "b": 40}), Undefined)


def test_bounds_only_narrow_and_close_on_a_census() -> None:
    rng = np.random.default_rng(1)
    order = rng.integers(0, 2, 40).tolist()
    strata = rng.permutation(["a"] * 25 + ["b"] * 15).tolist()
    lower, upper = stratified_bounds(order, strata, {"a": 25, "b": 15}, 0.999)
    assert (np.diff(lower) >= -1e-12).all() and (np.diff(upper) <= 1e-12).all()
    found = stratified_sequence(order, strata, {"a": 25, "b": 15}, 0.999)
    assert isinstance(found, Estimate) and isinstance(found.interval, Interval)
    assert found.interval.lower == pytest.approx(found.interval.upper) == pytest.approx(sum(order) / 40)


def test_seldom_wrong_at_any_time() -> None:
    rng = np.random.default_rng(8)
    populations = {"a": 120, "b": 60}
    decks = {"a": np.repeat([1, 0], [108, 12]), "b": np.repeat([1, 0], [30, 30])}
    wrong = 0
    for _ in range(300):
        strata = rng.permutation(np.repeat(["a", "b"], [100, 50])).tolist()
        shuffled = {name: iter(rng.permutation(deck).tolist()) for name, deck in decks.items()}
        order = [next(shuffled[name]) for name in strata]
        lower, upper = stratified_bounds(order, strata, populations)
        wrong += bool(((lower > 138 / 180 + 1e-12) | (upper < 138 / 180 - 1e-12)).any())
    assert wrong / 300 <= 0.05


def test_certifies_over_strata() -> None:
    strata = ["a", "b"] * 150
    prefix = settled_prefix([Outcome.ACCEPTED] * 300)
    populations = {"a": 4000, "b": 1000}
    found = certify(
        prefix, population=5000, target=0.9, largest_n=300, strata=strata, populations=populations
    )
    assert found.decision is Decision.CERTIFY
    lopsided = certify(
        prefix, population=5000, target=0.9, largest_n=300, strata=["b"] * 300, populations=populations
    )
    assert lopsided.decision is Decision.UNDECIDED


def test_bad_input() -> None:
    prefix = settled_prefix([Outcome.ACCEPTED])
    with pytest.raises(InputError, match="both or neither"):
        certify(prefix, population=10, target=0.9, largest_n=5, strata=["a"])
    with pytest.raises(InputError, match="hold"):
        certify(prefix, population=10, target=0.9, largest_n=5, strata=["a"], populations={"a": 9})
    with pytest.raises(InputError, match="not given"):
        stratified_bounds([1], ["b"], {"a": 9})
    with pytest.raises(InputError):
        stratified_bounds([1], [], {"a": 9})
