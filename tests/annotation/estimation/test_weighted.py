"""Shares from unequal probabilities: right values, honest refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.estimation import (
    Estimate,
    InputError,
    Interval,
    Linearised,
    Undefined,
    clopper_pearson,
    effective_size,
    hajek,
    hours_share,
    linearised_ratio,
    weighted_share,
)


def sample(n: int = 300, share: float = 0.8, seed: int = 1) -> tuple[list[bool], list[float], list[float]]:
    rng = np.random.default_rng(seed)
    return (
        (rng.random(n) < share).tolist(),
        rng.uniform(0.05, 0.5, n).tolist(),
        rng.gamma(3, 1, n).tolist(),
    )


def test_value_by_hand() -> None:
    found = hajek([True, True, False], [0.5, 0.25, 0.1])
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx((2 + 4) / (2 + 4 + 10))
    hours = hours_share([True, True, False], [3.0, 1.0, 2.0], [0.5, 0.25, 0.1])
    assert isinstance(hours, Estimate)
    assert hours.value == pytest.approx((6 + 4) / (6 + 4 + 20))


def test_equal_probabilities_are_the_exact_interval() -> None:
    accepted = [True] * 96 + [False] * 4
    found = hajek(accepted, [0.01] * 100)
    exact = clopper_pearson(96, 100)
    assert isinstance(found, Estimate) and found.interval == exact


def test_plain_design_gives_nearly_clopper_pearson() -> None:
    accepted, _, _ = sample(400)
    found = hajek(accepted, [0.1] * 400, strata=["all"] * 400)
    exact = clopper_pearson(sum(accepted), 400)
    assert (
        isinstance(found, Estimate) and isinstance(found.interval, Interval) and isinstance(exact, Interval)
    )
    assert found.interval.approximate
    assert found.interval.lower == pytest.approx(exact.lower, abs=0.001)


def test_linearised_error_equals_the_textbook() -> None:
    # Equal weights: √(p(1 − p)/(n − 1)); strata: √Σ W² s²/n.
    plain = linearised_ratio([1.0] * 30 + [0.0] * 10, [1.0] * 40, [0.1] * 40)
    assert isinstance(plain, Linearised)
    assert plain.standard_error == pytest.approx((0.75 * 0.25 / 39) ** 0.5)
    a = [1.0] * 15 + [0.0] * 5 + [1.0] * 2 + [0.0] * 8
    pi = [20 / 60] * 20 + [10 / 140] * 10
    found = linearised_ratio(a, [1.0] * 30, pi, strata=["x"] * 20 + ["y"] * 10)
    assert isinstance(found, Linearised)
    weights = np.array([60, 140]) / 200
    expected = np.sqrt(weights[0] ** 2 * 0.75 * 0.25 / 19 + weights[1] ** 2 * 0.2 * 0.8 / 9)
    assert found.value == pytest.approx(weights @ [0.75, 0.2])
    assert found.standard_error == pytest.approx(expected)
    assert found.degrees == 28


def test_whole_clusters_are_one_observation_each() -> None:
    accepted, pi, _ = sample(60)
    a = [float(x) for x in accepted]
    twice = linearised_ratio(a + a, [1.0] * 120, pi + pi, clusters=[str(i) for i in range(60)] * 2)
    once = linearised_ratio(a, [1.0] * 60, pi)
    assert isinstance(twice, Linearised) and isinstance(once, Linearised)
    assert twice.standard_error == pytest.approx(once.standard_error)
    assert twice.degrees == once.degrees == 59


@given(st.integers(0, 50), st.floats(0.05, 1.0))
def test_scaling_all_probabilities_changes_nothing(seed: int, scale: float) -> None:
    accepted, pi, hours = sample(seed=seed)
    found = hours_share(accepted, hours, pi)
    scaled = hours_share(accepted, hours, [p * scale for p in pi])
    assert isinstance(found, Estimate) and isinstance(scaled, Estimate)
    assert scaled.value == pytest.approx(found.value)
    assert isinstance(found.interval, Interval) and isinstance(scaled.interval, Interval)
    assert scaled.interval.lower == pytest.approx(found.interval.lower)
    assert found.value in found.interval


@given(st.integers(0, 50))
def test_failures_mirror_successes(seed: int) -> None:
    accepted, pi, _ = sample(seed=seed)
    found, mirrored = hajek(accepted, pi), hajek([not answer for answer in accepted], pi)
    assert isinstance(found, Estimate) and isinstance(mirrored, Estimate)
    assert isinstance(found.interval, Interval) and isinstance(mirrored.interval, Interval)
    assert mirrored.interval.upper == pytest.approx(1 - found.interval.lower)


def test_withheld_below_ten_failures() -> None:
    pi = [0.1, 0.2] * 100
    nine = hajek([False] * 9 + [True] * 191, pi)
    ten = hajek([False] * 10 + [True] * 190, pi)
    assert isinstance(nine, Estimate) and isinstance(ten, Estimate)
    assert isinstance(nine.interval, Undefined) and "9 failures" in nine.interval.reason
    assert isinstance(ten.interval, Interval)
    assert nine.value > 0.9, "the share itself is still shown"


def test_withheld_when_a_heavy_stratum_shows_no_failure() -> None:
    accepted = [False] * 20 + [True] * 80 + [True] * 30
    strata = ["mixed"] * 100 + ["clean"] * 30
    heavy = hajek(accepted, [0.5] * 100 + [0.5] * 30, strata=strata)
    light = hajek(accepted, [0.1] * 100 + [1.0] * 30, strata=strata)
    assert isinstance(heavy, Estimate) and isinstance(light, Estimate)
    assert isinstance(heavy.interval, Undefined) and "no failure" in heavy.interval.reason
    assert isinstance(light.interval, Interval)


def test_effective_size() -> None:
    assert effective_size([2.0] * 50) == pytest.approx(50)
    assert effective_size([1.0, 3.0]) == pytest.approx(1.6)
    assert effective_size([]) == 0.0


def test_bad_rows_are_named() -> None:
    with pytest.raises(InputError, match="row 1"):
        hajek([True, False], [0.5, 0.0])
    with pytest.raises(InputError):
        hajek([True], [0.5, 0.5])
    with pytest.raises(InputError):
        weighted_share([2.0], [1.0], [0.5])
    with pytest.raises(InputError):
        hours_share([True], [float("nan")], [0.5])
    assert isinstance(hajek([], []), Undefined)
    assert isinstance(weighted_share([0.0], [0.0], [0.5]), Undefined)


def test_weights_that_are_nothing_know_nothing() -> None:
    assert effective_size([0.0, 0.0]) == 0.0 and effective_size([]) == 0.0
    for odd in (float("nan"), float("inf"), -1.0):
        with pytest.raises(InputError, match="finite and at least 0"):
            effective_size([1.0, odd])
