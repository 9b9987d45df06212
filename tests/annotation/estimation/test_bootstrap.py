"""Sources and raters as samples of those to come."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.estimation import (
    Estimate,
    InputError,
    Interval,
    RaterAnswer,
    RaterSensitivity,
    Undefined,
    clopper_pearson,
    rater_sensitivity,
    source_bootstrap,
)


def footage(sources: int = 60, each: int = 8, seed: int = 1) -> tuple[list[float], list[str]]:
    rng = np.random.default_rng(seed)
    chance = rng.beta(3, 1, sources)
    accepted = [float(rng.random() < chance[s]) for s in range(sources) for _ in range(each)]
    return accepted, [f"s{s}" for s in range(sources) for _ in range(each)]


def test_alike_clips_of_a_source_widen_the_interval() -> None:
    accepted, sources = footage()
    found = source_bootstrap(accepted, [1.0] * len(accepted), sources)
    naive = clopper_pearson(int(sum(accepted)), len(accepted))
    assert (
        isinstance(found, Estimate) and isinstance(found.interval, Interval) and isinstance(naive, Interval)
    )
    assert found.value == pytest.approx(np.mean(accepted))
    assert found.interval.width > 1.3 * naive.width
    assert found == source_bootstrap(accepted, [1.0] * len(accepted), sources), "the same seed gives the same"


def test_scaling_probabilities_changes_nothing() -> None:
    accepted, sources = footage()
    base = [1.0] * len(accepted)
    one = source_bootstrap(accepted, base, sources, probabilities=[0.4] * len(accepted))
    other = source_bootstrap(accepted, base, sources)
    assert isinstance(one, Estimate) and isinstance(other, Estimate)
    assert one.value == pytest.approx(other.value)
    assert one.interval.lower == pytest.approx(other.interval.lower)  # type: ignore[union-attr]


def test_withheld_for_few_sources_or_few_failures() -> None:
    accepted, sources = footage(sources=19)
    found = source_bootstrap(accepted, [1.0] * len(accepted), sources)
    assert isinstance(found, Estimate) and isinstance(found.interval, Undefined)
    perfect = source_bootstrap([1.0] * 100, [1.0] * 100, [str(i) for i in range(100)])
    assert isinstance(perfect, Estimate) and isinstance(perfect.interval, Undefined)
    assert isinstance(source_bootstrap([], [], []), Undefined)
    with pytest.raises(InputError):
        source_bootstrap([2.0], [1.0], ["a"])


def answers(lenient: bool) -> list[RaterAnswer]:
    rng = np.random.default_rng(2)
    rows = []
    for item in range(120):
        for rater in ("a", "b", "c", "d"):
            chance = 0.98 if lenient and rater == "d" else 0.6
            rows.append(RaterAnswer(str(item), rater, bool(rng.random() < chance)))
    return rows


def test_a_lenient_rater_shows() -> None:
    alike, odd = rater_sensitivity(answers(False)), rater_sensitivity(answers(True))
    assert isinstance(alike, RaterSensitivity) and isinstance(odd, RaterSensitivity)
    assert odd.without["d"] < min(odd.without[name] for name in "abc")  # type: ignore[operator,type-var]
    assert odd.spread > 3 * alike.spread  # type: ignore[operator]
    assert isinstance(odd.share, Estimate) and isinstance(alike.share, Estimate)
    assert odd.share.interval.width > alike.share.interval.width  # type: ignore[union-attr]
    assert odd.share.value in odd.share.interval  # type: ignore[operator]


def test_few_raters() -> None:
    found = rater_sensitivity([RaterAnswer("1", "a", True), RaterAnswer("2", "a", False)])
    assert isinstance(found, RaterSensitivity)
    assert isinstance(found.share, Estimate) and isinstance(found.share.interval, Undefined)
    assert isinstance(found.without["a"], Undefined) and isinstance(found.spread, Undefined)
    assert isinstance(rater_sensitivity([]), Undefined)
    with pytest.raises(InputError):
        rater_sensitivity([RaterAnswer("1", "a", True)] * 2)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -1.0])
def test_a_numerator_that_cannot_be_is_refused_in_words(odd: float) -> None:
    with pytest.raises(InputError, match="0 ≤ numerator ≤ denominator"):
        source_bootstrap([1.0] * 30 + [odd], [1.0] * 30 + [max(odd, 1.0)], [str(i) for i in range(31)])


def test_sources_drawn_a_few_at_a_time_give_what_all_at_once_give(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    accepted, sources = (rng.random(300) < 0.8).astype(float).tolist(), [f"s{i % 60}" for i in range(300)]
    whole = source_bootstrap(accepted, [1.0] * 300, sources)
    monkeypatch.setattr("annotation.estimation.bootstrap._AT_ONCE", 60 * 7)
    assert source_bootstrap(accepted, [1.0] * 300, sources) == whole
