"""Subgroups against the rest, without crying wolf."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.estimation import (
    Estimate,
    GroupCount,
    InputError,
    Interval,
    Undefined,
    compare_subgroups,
    holm,
)


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx(
        {"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06}
    )


def test_a_bad_group_is_found_and_named() -> None:
    found = compare_subgroups(
        [
            GroupCount("a", 95, 100),
            GroupCount("b", 96, 100),
            GroupCount("c", 60, 100),
            GroupCount("unknown", 48, 50),
        ]
    )
    assert found.worst == "c"
    assert [group.differs() for group in found.groups][2]
    difference = found.groups[2].difference
    assert isinstance(difference, Estimate) and difference.value == pytest.approx(0.6 - 239 / 250)
    assert isinstance(difference.interval, Interval) and difference.interval.upper < 0


def test_a_tiny_group_is_not_named_for_one_bad_clip() -> None:
    found = compare_subgroups(
        [
            GroupCount("tiny", 1, 2),
            GroupCount("bad", 600, 1000),
            GroupCount("good", 950, 1000),
            GroupCount("x", 900, 1000),
        ]
    )
    assert found.worst == "bad"
    tiny = found.groups[0]
    assert isinstance(tiny.shrunken, float) and 0.5 < tiny.shrunken < 0.95


def test_oversampling_is_weighted_back() -> None:
    # The small group b was oversampled: the rest of "a" must weigh b and c by what the corpus holds.
    found = compare_subgroups(
        [GroupCount("a", 80, 100, 1000), GroupCount("b", 100, 200, 200), GroupCount("c", 90, 100, 1800)]
    )
    difference = found.groups[0].difference
    assert isinstance(difference, Estimate)
    assert difference.value == pytest.approx(0.8 - (0.1 * 0.5 + 0.9 * 0.9))


def test_alike_groups_are_seldom_called_different() -> None:
    rng = np.random.default_rng(9)
    for weighted in (None, 5000):
        alarms = 0
        for _ in range(300):
            groups = [GroupCount(str(g), int(rng.binomial(80, 0.9)), 80, weighted) for g in range(5)]
            alarms += any(group.differs() for group in compare_subgroups(groups).groups)
        assert alarms / 300 <= 0.085


def test_odd_cases() -> None:
    lone = compare_subgroups([GroupCount("a", 3, 4), GroupCount("b", 0, 0)])
    assert isinstance(lone.worst, Undefined)
    assert all(isinstance(group.p_value, Undefined) for group in lone.groups)
    assert isinstance(lone.groups[1].share, Undefined)
    assert isinstance(compare_subgroups([]).worst, Undefined)
    same = compare_subgroups([GroupCount("a", 10, 10), GroupCount("b", 20, 20)])
    assert isinstance(same.worst, Undefined)
    for bad in (
        [GroupCount("a", 5, 4)],
        [GroupCount("a", 1, 4), GroupCount("a", 1, 4)],
        [GroupCount("a", 1, 4, 10), GroupCount("b", 1, 4)],
        [GroupCount("a", 1, 4, 3)],
    ):
        with pytest.raises(InputError):
            compare_subgroups(bad)


@pytest.mark.parametrize("population", [float("nan"), float("inf"), 10.5, -1])
def test_a_population_that_cannot_be_is_told_by_its_group(population: float) -> None:
    with pytest.raises(InputError, match="left"):
        compare_subgroups([GroupCount("left", 3, 9, population), GroupCount("right", 3, 9, 50)])  # type: ignore[arg-type]
