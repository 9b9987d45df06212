"""No NaN, no infinity, no bounds the wrong way round can ever leave a calculation."""

from __future__ import annotations

import json

import pytest

from annotation.estimation import Estimate, InputError, Interval, Undefined, as_plain
from annotation.estimation.values import check_count


@pytest.mark.parametrize(("lower", "upper"), [(0.2, 0.1), (float("nan"), 1.0), (0.0, float("inf"))])
def test_impossible_intervals(lower: float, upper: float) -> None:
    with pytest.raises(InputError):
        Interval(lower, upper, 0.95, "any")


def test_impossible_estimates() -> None:
    with pytest.raises(InputError):
        Estimate(float("nan"), Undefined("none"), 3)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 2.5, True, None, "5", "many"])
def test_what_is_no_count_is_told_by_its_name(value: object) -> None:
    with pytest.raises(InputError, match="judged must be a whole number"):
        check_count("judged", value)  # type: ignore[arg-type]
    assert check_count("judged", 4.0) == 4  # type: ignore[arg-type]


def test_plain_form_is_json_and_tells_why_something_is_missing() -> None:
    shown = as_plain(Estimate(0.5, Interval(0.4, 0.6, 0.95, "any"), 10, ("a note",)))
    assert json.loads(json.dumps(shown))["interval"]["upper"] == 0.6
    assert as_plain(Undefined("nobody came")) == {"value": None, "reason": "nobody came"}
    withheld = as_plain(Estimate(0.5, Undefined("too few"), 10))
    assert withheld["value"] == 0.5 and withheld["interval"] == {"value": None, "reason": "too few"}
    assert str(Undefined("too few")) == "not defined: too few"
