"""Random numbers that stay with their items, and a split that stays with its sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from annotation.estimation import InputError
from annotation.sampling import Split, permanent_random_number, split_of


def test_the_same_everywhere_and_for_ever() -> None:
    # Written down so that a change of the recipe, which would redraw every sample, cannot pass unseen.
    assert permanent_random_number("seed", "clip-1") == permanent_random_number("seed", "clip-1")
    assert round(permanent_random_number("seed", "clip-1"), 6) == FIRST
    assert permanent_random_number("other", "clip-1") != permanent_random_number("seed", "clip-1")
    assert permanent_random_number("a", "b1") != permanent_random_number("ab", "1")


FIRST = 0.710455


def test_uniform() -> None:
    numbers = [permanent_random_number("s", str(item)) for item in range(4000)]
    assert kstest(numbers, "uniform").pvalue > 0.001


@given(st.text(), st.text())
def test_strictly_between_zero_and_one(seed: str, item: str) -> None:
    assert 0.0 < permanent_random_number(seed, item) < 1.0


def test_split_keeps_a_source_on_one_side_and_the_share() -> None:
    sides = [split_of(f"source {i}", seed="s", tune_share=0.3) for i in range(4000)]
    assert sides == [split_of(f"source {i}", seed="s", tune_share=0.3) for i in range(4000)]
    assert 0.27 < sides.count(Split.TUNE) / 4000 < 0.33
    assert split_of("x", seed="s", tune_share=0.0) is Split.CERTIFY
    assert split_of("x", seed="s", tune_share=1.0) is Split.TUNE
    with pytest.raises(InputError):
        split_of("x", seed="s", tune_share=1.5)


def test_the_split_is_independent_of_the_draw() -> None:
    tuned = [
        permanent_random_number("s", f"x{i}")
        for i in range(4000)
        if split_of(f"x{i}", seed="s") is Split.TUNE
    ]
    assert kstest(tuned, "uniform").pvalue > 0.001
