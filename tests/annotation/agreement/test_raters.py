"""Each rater's record against golds and colleagues."""

from __future__ import annotations

import pytest

from annotation.agreement import Estimate, InputError, Rating, Undefined, rater_profiles


def test_profiles() -> None:
    rows = [
        Rating("1", "x", True, 10.0),
        Rating("1", "y", True, 20.0),
        Rating("2", "x", False, 30.0),
        Rating("2", "y", True),
        Rating("3", "x", True),
    ]
    x, y = rater_profiles(rows, {"1": True, "2": True})
    assert (x.rater, x.judged, x.seconds) == ("x", 3, 20.0)
    assert isinstance(x.gold, Estimate) and x.gold.value == 0.5 and x.gold.n == 2
    assert isinstance(x.agreement, Estimate) and x.agreement.value == 0.5 and x.agreement.n == 2
    assert isinstance(y.gold, Estimate) and y.gold.value == 1.0


def test_lone_rater_without_golds_or_times() -> None:
    (profile,) = rater_profiles([Rating("1", "x", True)])
    assert isinstance(profile.gold, Undefined)
    assert isinstance(profile.agreement, Undefined)
    assert isinstance(profile.seconds, Undefined)


def test_double_answers_are_refused() -> None:
    with pytest.raises(InputError):
        rater_profiles([Rating("1", "x", True), Rating("1", "x", True)])
