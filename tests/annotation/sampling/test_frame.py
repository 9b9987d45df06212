"""Draws with equal probability: fixed, nested, and as likely as they say."""

from __future__ import annotations

import pytest

from annotation.estimation import InputError
from annotation.sampling import draw_simple, draw_stratified

ITEMS = [f"clip {i}" for i in range(40)]


def test_drawing_more_keeps_what_was_drawn() -> None:
    few, many = draw_simple(ITEMS, 10, seed="s"), draw_simple(reversed(ITEMS), 25, seed="s")
    assert [row.item for row in few] == [row.item for row in many[:10]]
    assert {row.probability for row in few} == {0.25}


def test_every_item_is_drawn_as_often_as_its_probability() -> None:
    times = dict.fromkeys(ITEMS, 0)
    for seed in range(2000):
        for row in draw_simple(ITEMS, 10, seed=str(seed)):
            times[row.item] += 1
    assert all(abs(count / 2000 - 0.25) < 0.045 for count in times.values())


def test_strata_fill_evenly_and_state_their_own_probability() -> None:
    drawn = draw_stratified({"a": ITEMS[:30], "b": ITEMS[30:]}, {"a": 6, "b": 5}, seed="s")
    assert len(drawn) == 11
    assert {row.stratum: row.probability for row in drawn} == {"a": 0.2, "b": 0.5}
    first = [row.stratum for row in drawn[:4]]
    assert set(first) == {"a", "b"}


@pytest.mark.parametrize(
    "strata",
    [{"a": ["x"], "b": ["x"]}, {"a": ["x", "x"]}, {"a": ["x"]}],
    ids=["in two strata", "named twice", "too few"],
)
def test_impossible_frames_are_refused(strata: dict[str, list[str]]) -> None:
    with pytest.raises(InputError):
        draw_stratified(strata, {"a": 2}, seed="s")
    with pytest.raises(InputError, match="do not exist"):
        draw_stratified({"a": ["x", "y"]}, {"z": 1}, seed="s")
