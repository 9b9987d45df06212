"""A correction that refuses where it would mislead."""

from __future__ import annotations

import pytest

from annotation.estimation import Estimate, InputError, Interval, Undefined, rogan_gladen


def correct(accepted: int = 300, n: int = 400, se: int = 90, goods: int = 100, sp: int = 54, bads: int = 60):  # type: ignore[no-untyped-def]
    return rogan_gladen(
        accepted=accepted,
        n=n,
        good_golds_accepted=se,
        good_golds=goods,
        bad_golds_refused=sp,
        bad_golds=bads,
    )


def test_value_by_hand() -> None:
    found = correct()
    assert isinstance(found, Estimate) and isinstance(found.interval, Interval)
    assert found.value == pytest.approx((0.75 + 0.9 - 1) / (0.9 + 0.9 - 1))
    assert found.value in found.interval and found.interval.approximate
    assert "sensitivity analysis" in found.notes[0]


def test_perfect_raters_change_nothing() -> None:
    found = correct(se=100, sp=60)
    assert isinstance(found, Estimate) and found.value == 0.75


def test_what_no_share_can_be_is_cut_and_told() -> None:
    found = correct(accepted=400)
    assert isinstance(found, Estimate) and found.value == 1.0
    assert "cut" in found.notes[1]


@pytest.mark.parametrize(
    "arguments",
    [{"goods": 49, "se": 45}, {"bads": 49, "sp": 45}, {"se": 75, "sp": 44}],
    ids=["few good golds", "few bad golds", "poor raters"],
)
def test_refused(arguments: dict[str, int]) -> None:
    found = correct(**arguments)
    assert isinstance(found, Undefined) and found.reason.startswith("refused")


def test_bad_input() -> None:
    assert isinstance(correct(accepted=0, n=0), Undefined)
    with pytest.raises(InputError):
        correct(accepted=401)
