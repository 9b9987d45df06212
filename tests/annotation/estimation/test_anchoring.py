"""Does seeing the proposal change the answer? And how far two shares differ."""

from __future__ import annotations

import pytest

from annotation.estimation import (
    Estimate,
    InputError,
    Interval,
    ModeAnswer,
    Undefined,
    anchoring_gap,
    share_difference,
)


@pytest.mark.parametrize(
    ("first", "n", "second", "other", "lower", "upper"),
    [
        # Newcombe 1998 (Stat. Med. 17, 873–890), table II, method 10.
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_published_values(first: int, n: int, second: int, other: int, lower: float, upper: float) -> None:
    found = share_difference(first, n, second, other)
    assert isinstance(found, Estimate) and isinstance(found.interval, Interval)
    assert (round(found.interval.lower, 4), round(found.interval.upper, 4)) == (lower, upper)


def test_gap() -> None:
    rows = [ModeAnswer(f"v{i}", "a", True, i < 56) for i in range(70)]
    rows += [ModeAnswer(f"b{i}", "b", False, i < 48) for i in range(80)]
    found = anchoring_gap(rows)
    assert isinstance(found.gap, Estimate) and found.gap.value == pytest.approx(0.2)
    assert isinstance(found.blind, Estimate) and found.blind.value == 0.6


def test_one_mode_only_is_not_defined() -> None:
    found = anchoring_gap([ModeAnswer("1", "a", True, True)])
    assert isinstance(found.gap, Undefined) and isinstance(found.blind, Undefined)


def test_an_item_belongs_to_one_mode() -> None:
    with pytest.raises(InputError, match="twice"):
        anchoring_gap([ModeAnswer("1", "a", True, True), ModeAnswer("1", "b", False, True)])
