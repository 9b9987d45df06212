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
