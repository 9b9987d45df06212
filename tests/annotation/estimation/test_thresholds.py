"""Curves that are grey where nothing was seen, and suggestions that keep their word or refuse."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from annotation.estimation import (
    Direction,
    Estimate,
    InputError,
    Interval,
    ScoredJudgment,
    Suggestion,
    Undefined,
    check_threshold,
    suggest_threshold,
    threshold_curve,
)
from annotation.sampling import Split

EDGES = [round(step / 20, 2) for step in range(21)]


def judgments(
    n: int = 400, seed: int = 1, split: Split = Split.TUNE, slope: float = 0.5
) -> list[ScoredJudgment]:
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    accepted = rng.random(n) < 1 - slope + slope * score
    return [ScoredJudgment(float(s), bool(a), True, 0.1, split) for s, a in zip(score, accepted, strict=True)]


def test_points_by_hand() -> None:
    rows = [
        ScoredJudgment(0.2, False, True, 0.5, Split.TUNE),
        ScoredJudgment(0.6, True, True, 0.25, Split.TUNE),
        ScoredJudgment(0.8, True, True, 0.5, Split.TUNE),
        ScoredJudgment(0.7, False, True, 0.5, Split.TUNE),
        ScoredJudgment(0.9, True, False, 0.5, Split.TUNE),  # fails another rule: not this rule's affair
    ]
    low, middle, high = threshold_curve(rows, [0.1, 0.65, 0.95])
    assert isinstance(middle.precision, Estimate) and middle.precision.value == pytest.approx(2 / 4)
    assert isinstance(middle.recall, Estimate) and middle.recall.value == pytest.approx(2 / 6)
    assert isinstance(middle.kept, Estimate) and middle.kept.value == pytest.approx(4 / 10)
    assert isinstance(high.precision, Undefined) and high.grey
    assert low.grey, "below every judged score"
    assert (low.judged, middle.judged, high.judged) == (4, 2, 0)
    at_most = threshold_curve(rows, [0.65], Direction.AT_MOST)[0]
    assert isinstance(at_most.precision, Estimate) and at_most.precision.value == pytest.approx(4 / 6)


def test_a_gap_in_the_scores_is_grey() -> None:
    rows = [ScoredJudgment(s, True, True, 0.5, Split.TUNE) for s in (0.05, 0.1, 0.9, 0.95)]
    grey = {point.threshold: point.grey for point in threshold_curve(rows, [0.1, 0.3, 0.5, 0.7, 0.9])}
    assert grey == {0.1: False, 0.3: False, 0.5: True, 0.7: False, 0.9: False}


def test_recall_and_share_kept_fall_as_the_threshold_rises() -> None:
    curve = threshold_curve(judgments(), EDGES)
    for one, other in itertools.pairwise(curve):
        for name in ("recall", "kept"):
            first, second = getattr(one, name), getattr(other, name)
            if isinstance(first, Estimate) and isinstance(second, Estimate):
                assert second.value <= first.value + 1e-12
                assert isinstance(first.interval, Interval) and first.value in first.interval


def test_nothing_judged_is_a_grey_curve() -> None:
    (point,) = threshold_curve([], [0.5])
    assert point.grey and isinstance(point.precision, Undefined)


def test_suggestion_reaches_its_target_as_often_as_it_says() -> None:
    # Precision of "score ≥ t" is 0.75 + 0.25·t exactly, so 0.85 needs t ≥ 0.4.
    kept_word = found_any = 0
    for seed in range(200):
        found = suggest_threshold(judgments(seed=seed), EDGES, 0.85)
        found_any += isinstance(found, Suggestion)
        kept_word += isinstance(found, Undefined) or 0.75 + 0.25 * found.threshold >= 0.85 - 1e-9
    assert kept_word >= 184
    assert found_any >= 100, "and it does find one"


def test_no_suggestion_where_judgments_cannot_support_one() -> None:
    few = suggest_threshold(judgments(20), EDGES, 0.9)
    assert isinstance(few, Undefined) and "cannot support" in few.reason
    bad = suggest_threshold(judgments(400, slope=0.9), EDGES, 0.97)
    assert isinstance(bad, Undefined)
    none = suggest_threshold(judgments(split=Split.CERTIFY), EDGES, 0.6)
    assert isinstance(none, Undefined) and "no tune item" in none.reason


def test_certify_items_do_not_touch_the_suggestion_and_check_it() -> None:
    tune, certify = judgments(), judgments(seed=2, split=Split.CERTIFY)
    found = suggest_threshold(tune + certify, EDGES, 0.8)
    assert found == suggest_threshold(tune, EDGES, 0.8)
    assert isinstance(found, Suggestion)
    checked = check_threshold(tune + certify, found.threshold)
    assert checked == check_threshold(certify, found.threshold)
    assert isinstance(checked, Estimate) and isinstance(checked.interval, Interval)
    assert isinstance(check_threshold(tune, 0.5), Undefined)


def test_sorted_answers_do_not_fool_the_uneven_test() -> None:
    rng = np.random.default_rng(4)
    fooled = 0
    for _ in range(60):
        rows = [
            ScoredJudgment(float(s), bool(a), True, float(p), Split.TUNE)
            for s, a, p in zip(
                rng.random(300), rng.random(300) < 0.8, rng.uniform(0.05, 0.2, 300), strict=True
            )
        ]
        rows.sort(key=lambda row: not row.accepted)
        fooled += isinstance(suggest_threshold(rows, [0.0, 0.25, 0.5], 0.85), Suggestion)
    assert fooled <= 6


def test_bad_input() -> None:
    with pytest.raises(InputError):
        threshold_curve(judgments(5), [])
    with pytest.raises(InputError):
        suggest_threshold(judgments(5), [0.5], 1.0)
    with pytest.raises(InputError, match="unmeasured"):
        threshold_curve([ScoredJudgment(float("nan"), True, True, 0.5, Split.TUNE)], [0.5])


def test_a_suggestion_does_not_hang_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(0)
    rows = [
        ScoredJudgment(
            float(score), bool(rng.random() < 0.85), True, float(chance), Split.TUNE, item=str(place)
        )
        for place, (score, chance) in enumerate(zip(rng.random(300), rng.uniform(0.1, 0.4, 300), strict=True))
    ]
    orders = [rng.permutation(len(rows)) for _ in range(12)]
    found = {suggest_threshold([rows[place] for place in order], EDGES, 0.76) for order in orders}
    assert len(found) == 1


@pytest.mark.parametrize("chance", [0.0, -0.5, 1.5, float("nan"), float("inf")])
def test_a_suggestion_from_impossible_chances_is_refused(chance: float) -> None:
    rows = [*judgments(100, slope=0.05), ScoredJudgment(0.5, True, True, chance, Split.TUNE)]
    with pytest.raises(InputError, match="probabilities must lie in"):
        suggest_threshold(rows, EDGES, 0.9)


def test_within_strata_of_uneven_chances_a_point_is_withheld_as_every_weighted_share_is() -> None:
    """Forty clips of a large stratum without a failure: their band would rest on the small one alone."""
    small = [
        ScoredJudgment(0.7, place % 2 == 0, True, 0.5, Split.CERTIFY, stratum="small") for place in range(40)
    ]
    large = [ScoredJudgment(0.7, True, True, 0.05, Split.CERTIFY, stratum="large") for _ in range(40)]
    (point,) = threshold_curve([*small, *large], [0.5])
    checked = check_threshold([*small, *large], 0.5)
    for precision in (point.precision, checked):
        assert isinstance(precision, Estimate) and precision.value == pytest.approx(840 / 880)
        assert isinstance(precision.interval, Undefined) and "no failure" in precision.interval.reason
    alone = check_threshold(small, 0.5)
    assert alone == check_threshold([replace(row, stratum="") for row in small], 0.5), "equal chances: exact"
