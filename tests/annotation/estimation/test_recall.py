"""What a rule costs: by its own question, and alone."""

from __future__ import annotations

import pytest

from annotation.estimation import Estimate, InputError, RuleItem, Undefined, rule_recall


def test_both_numbers_by_hand() -> None:
    rows = (
        [RuleItem(True, False, True, True, 1.0, 0.5)] * 40
        + [RuleItem(False, True, True, True, 2.0, 0.1)] * 10
        + [RuleItem(False, True, False, False, 1.0, 0.1)] * 30
        + [RuleItem(False, False, True, False, 1.0, 0.1)] * 2
    )
    found = rule_recall(rows, hours_failing_only=600.0)
    assert isinstance(found.own_dimension, Estimate)
    assert found.own_dimension.value == pytest.approx(80 / (80 + 120))
    assert isinstance(found.sole_loss_share, Estimate) and found.sole_loss_share.value == pytest.approx(
        20 / 50
    )
    assert isinstance(found.sole_loss_hours, Estimate) and found.sole_loss_hours.value == pytest.approx(240.0)
    assert found.sole_loss_hours.interval.upper <= 600.0  # type: ignore[union-attr]


def test_borderline_passes_alone_give_no_recall() -> None:
    found = rule_recall([RuleItem(True, False, True, True, 1.0, 0.5)] * 30)
    assert isinstance(found.own_dimension, Undefined) and "only clips passing" in found.own_dimension.reason
    assert isinstance(found.sole_loss_share, Undefined)
    assert isinstance(found.sole_loss_hours, Undefined)
    assert isinstance(rule_recall([]).own_dimension, Undefined)


def test_hours_need_the_frame() -> None:
    found = rule_recall([RuleItem(False, True, None, True, 1.0, 0.5)] * 5)
    assert isinstance(found.sole_loss_share, Estimate)
    assert isinstance(found.sole_loss_hours, Undefined)


def test_a_pass_cannot_be_a_sole_failure() -> None:
    with pytest.raises(InputError, match="row 0"):
        rule_recall([RuleItem(True, True, True, True, 1.0, 0.5)])
