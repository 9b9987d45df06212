"""A watch on the error rate that states how often it cries wolf, and means it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import binom

from annotation.estimation import (
    CusumDesign,
    InputError,
    Observation,
    Undefined,
    alarm_probability,
    cusum,
    cusum_design,
    watch_design,
)


def watch(baseline: float = 0.1, shift: float = 0.2, horizon: int = 500) -> CusumDesign:
    design = cusum_design(baseline=baseline, shift=shift, horizon=horizon, false_alarm=0.05)
    assert isinstance(design, CusumDesign)
    return design


def stream(errors: list[bool], per_week: int = 50) -> list[Observation]:
    return [Observation(f"week {place // per_week:02d}", "b1", error) for place, error in enumerate(errors)]


@pytest.mark.parametrize(("error_step", "correct_step"), [(2, -1), (-3, 1)])
def test_alarm_probability_equals_going_through_every_sequence(error_step: int, correct_step: int) -> None:
    for threshold in (2, 4):
        alarmed = 0.0
        for errors in itertools.product((True, False), repeat=9):
            height, hit = 0, False
            for error in errors:
                height = max(0, height + (error_step if error else correct_step))
                hit = hit or height >= threshold
            alarmed += hit * 0.3 ** sum(errors) * 0.7 ** (9 - sum(errors))
        assert alarm_probability(0.3, error_step, correct_step, threshold, 9) == pytest.approx(alarmed)


def test_threshold_is_the_lowest_that_keeps_the_stated_rate() -> None:
    design = watch()
    assert design.false_alarm <= 0.05
    looser = alarm_probability(0.1, design.error_step, design.correct_step, design.threshold - 1, 500)
    assert looser > 0.05


def test_silent_without_a_shift_and_loud_with_one() -> None:
    design, rng = watch(), np.random.default_rng(3)
    quiet = sum(
        cusum(stream((rng.random(500) < 0.1).tolist()), design).alarm_at is not None for _ in range(400)
    )
    loud = [cusum(stream((rng.random(500) < 0.25).tolist()), design).alarm_at for _ in range(100)]
    assert quiet / 400 <= 0.085
    assert sum(at is not None for at in loud) >= 98


def test_watches_for_better_too() -> None:
    design = watch(shift=0.03)
    assert design.correct_step > 0 > design.error_step
    assert cusum(stream([False] * 400), design).alarm_at is not None
    assert cusum(stream([True, *([False] * 5)] * 40), design).alarm_at is None


def test_points_by_week_and_build() -> None:
    rows = [Observation("w1", "b1", False)] * 30 + [Observation("w1", "b2", True)] * 40
    rows += [Observation("w2", "b2", False)] * 10
    found = cusum(rows, watch())
    assert [(point.period, point.build, point.errors, point.n) for point in found.points] == [
        ("w1", "b1", 0, 30),
        ("w1", "b2", 40, 40),
        ("w2", "b2", 0, 10),
    ]
    assert [point.alarm for point in found.points] == [False, True, False]
    assert found.alarm_at is not None and 30 < found.alarm_at < 70
    assert not found.beyond_horizon
    assert cusum([], watch()).points == ()


def test_bad_input() -> None:
    for baseline, shift, horizon in ((0.0, 0.1, 10), (0.1, 0.1, 10), (0.1, 1.0, 10), (0.1, 0.2, 0)):
        with pytest.raises(InputError):
            cusum_design(baseline=baseline, shift=shift, horizon=horizon)
    assert isinstance(cusum_design(baseline=0.98, shift=0.99, horizon=100), Undefined)


def test_a_watch_alarms_falsely_no_oftener_than_it_says_though_its_first_rate_is_estimated() -> None:
    rng = np.random.default_rng(6)
    for rate in (0.03, 0.1, 0.2):
        alarms = 0
        for _ in range(300):
            wrong = rng.random(400) < rate
            design = watch_design(errors=int(wrong[:100].sum()), n=100, horizon=300, false_alarm=0.05)
            assert isinstance(design, CusumDesign)
            drift = cusum([Observation("w", "b", bool(one)) for one in wrong[100:]], design)
            alarms += drift.alarm_at is not None
        assert binom.sf(alarms - 1, 300, 0.05) > 0.001, (rate, alarms)


def test_a_watch_by_hand_and_its_refusals() -> None:
    design = watch_design(errors=0, n=100, horizon=500)
    # No error in 100: the rate that would show none with a chance of 2.5 % is 1 − 0.025^(1/100).
    assert isinstance(design, CusumDesign) and design.baseline == pytest.approx(1 - 0.025 ** (1 / 100))
    assert design.false_alarm <= 0.025
    assert isinstance(watch_design(errors=99, n=100, horizon=500), Undefined)
    with pytest.raises(InputError):
        watch_design(errors=3, n=2, horizon=10)


@pytest.mark.parametrize(
    ("baseline", "shift"), [(0.05, 0.1), (0.1, 0.2), (0.28, 0.56), (0.4, 0.8), (0.2, 0.1)]
)
def test_the_shift_that_is_looked_for_is_nearly_the_one_that_was_asked_for(
    baseline: float, shift: float
) -> None:
    design = cusum_design(baseline=baseline, shift=shift, horizon=200)
    assert isinstance(design, CusumDesign) and abs(design.shift - shift) < 0.01
    exact = alarm_probability(baseline, design.error_step, design.correct_step, design.threshold, 200)
    assert design.false_alarm == exact <= 0.05


@pytest.mark.parametrize(("up", "down"), [(7, -1), (3, -2), (-4, 1)])
def test_a_long_horizon_gives_what_going_item_by_item_gives(up: int, down: int) -> None:
    threshold, rate, heights, alarmed = 23, 0.11, {0: 1.0}, 0.0
    for _ in range(1500):
        following: dict[int, float] = {}
        for height, chance in heights.items():
            for step, share in ((up, rate), (down, 1 - rate)):
                to = max(0, height + step)
                if to >= threshold:
                    alarmed += chance * share
                else:
                    following[to] = following.get(to, 0.0) + chance * share
        heights = following
    assert alarm_probability(rate, up, down, threshold, 1500) == pytest.approx(alarmed, abs=1e-10)
