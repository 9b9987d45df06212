"""How far people agree: published values, and an answer or a reason for every odd case."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.agreement import Estimate, InputError, Interval, Rating, Undefined, people_agreement
from annotation.agreement import coefficients as co

# Twelve units, four observers (Krippendorff, "Computing Krippendorff's alpha-reliability", 2011; also the
# four-rater example of Gwet's Handbook): nominal α = .743, AC1 = .77544.
OBSERVERS = {
    "a": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "b": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "c": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "d": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}


# Who judged what is uneven: some pairs met on items, others never did.
CROWD: dict[str, dict[str, bool]] = {
    "1": {"b": True, "a": True},
    "2": {"a": False, "b": False},
    "3": {"b": True, "a": False},
    "4": {"c": True, "b": False},
    "5": {"d": True},
}


def ratings(answers: dict[str, list]) -> list[Rating]:
    return [
        Rating(f"u{unit}", rater, answer)
        for rater, given_answers in answers.items()
        for unit, answer in enumerate(given_answers)
        if answer is not None
    ]


def pairs(a: int, b: int, c: int, d: int) -> list[Rating]:
    first = [True] * (a + b) + [False] * (c + d)
    second = [True] * a + [False] * b + [True] * c + [False] * d
    return ratings({"x": first, "y": second})


def test_four_observers_of_twelve_units() -> None:
    found = people_agreement(ratings(OBSERVERS), categories=[1, 2, 3, 4, 5])
    assert isinstance(found.alpha, Estimate) and round(found.alpha.value, 3) == 0.743
    assert isinstance(found.ac1, Estimate) and round(found.ac1.value, 5) == 0.77544
    assert found.items == 11
    assert isinstance(found.kappa, Undefined) and "α and AC1" in found.kappa.reason
    assert len(found.pairs) == 6
    assert isinstance(found.positive, Undefined)
    assert isinstance(found.alpha.interval, Undefined), "eleven items are too few to resample"


def test_two_observers_of_ten_units() -> None:
    # Krippendorff 2011, binary data: α = .095.
    found = people_agreement(
        ratings(
            {
                "x": [bool(v) for v in (0, 1, 0, 0, 0, 0, 0, 0, 1, 0)],
                "y": [bool(v) for v in (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)],
            }
        )
    )
    assert isinstance(found.alpha, Estimate) and round(found.alpha.value, 3) == 0.095
    assert isinstance(found.raw, Estimate) and found.raw.value == 0.6


def test_high_agreement_that_kappa_calls_chance() -> None:
    # Gwet 2008: 118, 5, 2, 0 of 125; κ = −.02 while AC1 = .94.
    found = people_agreement(pairs(118, 5, 2, 0))
    assert isinstance(found.kappa, Estimate) and round(found.kappa.value, 4) == -0.0234
    assert isinstance(found.ac1, Estimate) and round(found.ac1.value, 4) == 0.9408
    assert isinstance(found.positive, Estimate) and found.positive.value == pytest.approx(236 / 243)
    assert isinstance(found.negative, Estimate) and found.negative.value == 0.0


def test_everyone_says_yes() -> None:
    found = people_agreement(pairs(30, 0, 0, 0))
    assert isinstance(found.raw, Estimate) and found.raw.value == 1.0
    assert isinstance(found.raw.interval, Interval) and found.raw.interval.lower < 0.9
    assert isinstance(found.ac1, Estimate) and found.ac1.value == 1.0
    assert isinstance(found.ac1.interval, Interval) and found.ac1.interval.lower < 1.0
    assert isinstance(found.kappa, Undefined)
    assert isinstance(found.alpha, Undefined)
    assert found.negative == Undefined("nobody answered no")


def test_nobody_and_one_rater() -> None:
    for found in (people_agreement([]), people_agreement([Rating("1", "x", True), Rating("2", "x", False)])):
        assert found.items == 0
        assert all(isinstance(metric, Undefined) for metric in found.metrics().values())


def test_same_person_twice_is_refused() -> None:
    with pytest.raises(InputError, match="two answers of rater x"):
        people_agreement([Rating("1", "x", True), Rating("1", "x", False)])


grids = st.lists(st.lists(st.none() | st.booleans(), min_size=3, max_size=3), max_size=40)


@settings(max_examples=30, deadline=None)
@given(grids)
def test_laws(grid: list[list[bool | None]]) -> None:
    rows = [
        Rating(str(item), f"r{rater}", answer)
        for item, answers in enumerate(grid)
        for rater, answer in enumerate(answers)
        if answer is not None
    ]
    found, again = people_agreement(rows), people_agreement(reversed(rows))
    flipped = people_agreement([Rating(r.item, r.rater, not r.answer) for r in rows])
    for name, metric in found.metrics().items():
        other = again.metrics()[name]
        if isinstance(metric, Undefined):
            assert isinstance(other, Undefined)
            continue
        assert isinstance(other, Estimate) and metric.value == pytest.approx(other.value)
        assert math.isfinite(metric.value) and metric.value <= 1 + 1e-12
        if isinstance(metric.interval, Interval):
            assert metric.interval.lower <= metric.value <= metric.interval.upper
    if isinstance(found.positive, Estimate):
        assert isinstance(flipped.negative, Estimate)
        assert flipped.negative.value == pytest.approx(found.positive.value)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25))
def test_many_weightings_at_once_equal_one_by_one(rows: list[tuple[int, int, int]]) -> None:
    counts = np.array(rows)
    ones = np.ones((1, len(counts)))
    for single, weighted in (
        (co.krippendorff_alpha, co.alpha_of_weights),
        (co.raw_agreement, co.raw_of_weights),
        (co.gwet_ac1, co.ac1_of_weights),
    ):
        value = single(counts)
        if isinstance(value, float):
            assert weighted(counts, ones)[0] == pytest.approx(value, abs=1e-9)


def test_every_pair_is_read_off_the_items_that_both_judged() -> None:
    told = [
        Rating(item, rater, answer) for item, given_by in CROWD.items() for rater, answer in given_by.items()
    ]
    whole, without = people_agreement(told), people_agreement(told, pairs=False)
    assert without.pairs == () and without.metrics() == whole.metrics()
    found = {(pair.first, pair.second): pair for pair in whole.pairs}
    assert set(found) == {("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")}
    assert {names: pair.n for names, pair in found.items() if pair.n} == {("a", "b"): 3, ("b", "c"): 1}
    alone = people_agreement([rating for rating in told if rating.rater in "ab"]).pairs[0]
    assert found["a", "b"] == alone and isinstance(alone.raw, Estimate) and alone.raw.value == 2 / 3
    assert isinstance(found["c", "d"].raw, Undefined) and isinstance(found["c", "d"].kappa, Undefined)


def test_three_people_on_yes_or_no() -> None:
    rows = [Rating(str(item), rater, item % 3 > 0) for item in range(30) for rater in "xyz"]
    rows[0], rows[5] = Rating("0", "x", True), Rating("1", "z", False)
    found = people_agreement(rows)
    for metric in (found.raw, found.positive, found.negative, found.alpha, found.ac1):
        assert isinstance(metric, Estimate) and isinstance(metric.interval, Interval)
        assert metric.interval.lower < metric.value < 1.0
    rare = people_agreement([Rating(str(item), rater, item > 3) for item in range(30) for rater in "xyz"])
    assert isinstance(rare.alpha, Estimate) and isinstance(rare.alpha.interval, Undefined)
    assert isinstance(rare.raw, Estimate) and isinstance(rare.raw.interval, Interval)


@pytest.mark.parametrize("answers", [(True, False), ("a", "b", "c")])
@pytest.mark.parametrize("people", [2, 3])
def test_neither_the_order_of_rows_nor_the_names_of_answers_move_an_interval(
    answers: tuple[bool | str, ...], people: int
) -> None:
    rng = np.random.default_rng(people)
    rows = [
        Rating(f"u{unit:02}", f"r{who}", answers[rng.integers(len(answers)) if rng.random() < 0.4 else 0])
        for unit in range(40)
        for who in range(people)
    ]
    names = dict(zip(answers, answers[::-1] if len(answers) == 2 else "zky", strict=True))
    found = people_agreement(rows).metrics()
    shuffled = people_agreement([rows[place] for place in rng.permutation(len(rows))]).metrics()
    renamed = people_agreement([Rating(row.item, row.rater, names[row.answer]) for row in rows]).metrics()
    if len(answers) == 2:
        renamed["positive"], renamed["negative"] = renamed["negative"], renamed["positive"]
    for name, measure in found.items():
        for other in (shuffled[name], renamed[name]):
            assert isinstance(other, Estimate) == isinstance(measure, Estimate)
            if isinstance(measure, Estimate) and isinstance(measure.interval, Interval):
                assert other.interval.lower == pytest.approx(measure.interval.lower, abs=1e-9), name
                assert other.interval.upper == pytest.approx(measure.interval.upper, abs=1e-9), name
