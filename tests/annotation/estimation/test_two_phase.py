"""Agreed and wrong: found by the panel's tenth, and allowed for where it was not found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from annotation.estimation import CheckedItem, Estimate, InputError, Interval, TwoPhase, Undefined, two_phase


def items(answer: bool, disputed: bool, panel: Sequence[bool | None]) -> list[CheckedItem]:
    return [CheckedItem(answer, disputed, seen) for seen in panel]


def corrected(found: TwoPhase | Undefined) -> Estimate:
    assert isinstance(found, TwoPhase) and isinstance(found.corrected, Estimate)
    assert isinstance(found.corrected.interval, Interval)
    return found.corrected


def test_the_difference_estimator_by_hand() -> None:
    rows = (
        items(True, False, [True] * 9 + [False] + [None] * 50)  # a tenth of checked agreed-yes is wrong
        + items(False, False, [False] * 4 + [True] + [None] * 15)  # a fifth of checked agreed-no is wrong
        + items(True, True, [True] * 5 + [False] * 15)
    )
    found = two_phase(rows)
    assert isinstance(found, TwoPhase)
    assert found.uncorrected == pytest.approx(80 / 100)
    assert corrected(found).value == pytest.approx(0.6 * 0.9 + 0.2 * 0.2 + 0.2 * 0.25)


def test_no_error_found_is_not_no_error() -> None:
    few = two_phase(items(True, False, [True] * 10 + [None] * 990))
    many = two_phase(items(True, False, [True] * 300 + [None] * 700))
    assert corrected(few).value == corrected(many).value == 1.0
    assert corrected(few).interval.lower < 0.75  # type: ignore[union-attr]
    assert corrected(many).interval.lower > 0.98  # type: ignore[union-attr]


def test_weights_do_not_mind_scale() -> None:
    rows = items(True, False, [True] * 20 + [False] * 2 + [None] * 60) + items(
        False, True, [True] * 8 + [False] * 10
    )
    scaled = [CheckedItem(row.answer, row.disputed, row.panel, 0.25) for row in rows]
    assert corrected(two_phase(scaled)).value == pytest.approx(corrected(two_phase(rows)).value)
    heavy = [CheckedItem(r.answer, r.disputed, r.panel, 0.5 if r.disputed else 1.0) for r in rows]
    assert corrected(two_phase(heavy)).value == pytest.approx((82 * 20 / 22 + 2 * 18 * 8 / 18) / (82 + 36))


def test_an_unchecked_small_group_is_worst_case_and_a_large_one_refused() -> None:
    checked = items(True, False, [True] * 30 + [None] * 270)
    small = two_phase(checked + items(False, False, [None] * 10))
    settled = two_phase(checked + items(False, False, [False] * 10))
    assert corrected(small).interval.upper >= corrected(settled).interval.upper  # type: ignore[union-attr]
    large = two_phase(checked + items(False, False, [None] * 100))
    assert isinstance(large, TwoPhase) and isinstance(large.corrected, Undefined)
    assert isinstance(two_phase([]), Undefined)
    with pytest.raises(InputError):
        two_phase([CheckedItem(True, False, True, 0.0)])


def test_corrects_what_agreeing_raters_get_wrong() -> None:
    rng = np.random.default_rng(11)
    held = biased = 0
    for _ in range(150):
        truth = rng.random(600) < 0.9
        votes = np.where(rng.random((2, 600)) < 0.15, ~truth, truth)
        disputed = votes[0] != votes[1]
        asked = disputed | (rng.random(600) < 0.15)
        found = two_phase(
            CheckedItem(bool(v), bool(d), bool(t) if a else None)
            for v, d, t, a in zip(votes[0], disputed, truth, asked, strict=True)
        )
        held += 0.9 in corrected(found).interval  # type: ignore[operator]
        agreed_only = votes[0][~disputed].mean()
        biased += agreed_only
    assert held >= 140
    assert biased / 150 < 0.885, "without the correction, agreed items tell another share"


def test_a_check_without_an_error_bounds_from_one_side_only() -> None:
    # All of one answer and all but certain in themselves, so that the width is the check's: the rule of three.
    rows = items(True, False, [True] * 20 + [None] * 99_980)
    lower = corrected(two_phase(rows)).interval.lower  # type: ignore[union-attr]
    assert lower == pytest.approx(0.05 ** (1 / 20), abs=2e-4)


@pytest.mark.parametrize("wrong", range(10))
def test_one_more_error_never_narrows_what_the_check_leaves_open(wrong: int) -> None:
    def bound(errors: int) -> float:
        rows = items(True, False, [True] * (10 - errors) + [False] * errors + [None] * 90)
        return corrected(two_phase(rows)).interval.lower  # type: ignore[union-attr]

    assert bound(wrong + 1) <= bound(wrong)


@pytest.mark.parametrize("wrong", [0.05, 0.15, 0.5])
def test_the_interval_holds_the_truth_also_where_people_agree_and_are_often_wrong(wrong: float) -> None:
    rng = np.random.default_rng(11)
    held = shown = 0
    for _ in range(250):
        truth = rng.random(160) < 0.4
        answer = np.where(rng.random(160) < wrong, ~truth, truth)
        asked = rng.random(160) < 0.1
        found = two_phase(
            CheckedItem(bool(said), False, bool(right) if seen else None)
            for said, right, seen in zip(answer, truth, asked, strict=True)
        )
        assert isinstance(found, TwoPhase)
        if isinstance(found.corrected, Estimate):  # else chance left a whole answer unchecked
            shown += 1
            held += 0.4 in found.corrected.interval  # type: ignore[operator]
    assert shown > 200 and held >= 0.93 * shown


def test_clips_that_seldom_come_and_fail_widen_the_interval() -> None:
    checked = [(True, 0.5, True)] * 90 + [(False, 0.05, False)] * 10
    apart = [CheckedItem(answer, False, panel, chance) for answer, chance, panel in checked]
    mixed = [
        CheckedItem(place % 10 != 0, False, place % 10 != 0, 0.05 if place < 10 else 0.5)
        for place in range(100)
    ]
    wide, narrow = corrected(two_phase(apart)), corrected(two_phase(mixed))
    # Ten weights of 20 and ninety of 2: Hájek's variance of the first is Σw²(y − ȳ)² / (Σw)².
    share = 180 / 380
    error = (90 * (2 * (1 - share)) ** 2 + 10 * (20 * share) ** 2) ** 0.5 / 380
    assert wide.value == pytest.approx(share)
    assert wide.interval.width >= 2 * 1.96 * error > narrow.interval.width  # type: ignore[union-attr]
