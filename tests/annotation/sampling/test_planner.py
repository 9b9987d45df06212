"""A plan gives what it promises, and no smaller one would."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from annotation.estimation import InputError, Interval, Undefined, clopper_pearson
from annotation.estimation.binomial import binomial_lower, binomial_upper
from annotation.sampling import (
    Effort,
    Plan,
    StratumKnowledge,
    further_items,
    plan_bound,
    plan_strata,
    plan_width,
)


@pytest.mark.parametrize(("share", "width"), [(0.5, 0.1), (0.95, 0.04), (1.0, 0.05), (0.0, 0.05)])
def test_width_is_reached_and_one_less_is_not_enough(share: float, width: float) -> None:
    plan = plan_width(share, width)
    assert isinstance(plan, Plan)

    def span(n: int) -> float:
        return binomial_upper(share * n, n, 0.025) - binomial_lower(share * n, n, 0.025)

    assert span(plan.items) <= width < span(plan.items - 1)
    assert plan.expected == pytest.approx(span(plan.items))


def test_bound_is_reached_as_often_as_asked() -> None:
    plan = plan_bound(0.97, 0.95, chance=0.9)
    assert isinstance(plan, Plan)
    reached = 0.0
    for k in range(plan.items + 1):
        interval = clopper_pearson(k, plan.items)
        assert isinstance(interval, Interval)
        reached += float(binom.pmf(k, plan.items, 0.97)) * (interval.lower >= 0.95)
    assert reached == pytest.approx(plan.expected, abs=1e-9)
    assert reached >= 0.9


def test_a_bound_close_to_the_share_takes_the_fewest_of_very_many() -> None:
    plan = plan_bound(0.952, 0.95, chance=0.9)
    assert isinstance(plan, Plan) and plan.items > 100_000

    def chance(n: int) -> float:
        least = int(binom.isf(0.025, n, 0.95)) + 1
        return float(binom.sf(least - 1, n, 0.952))

    assert min(chance(plan.items + more) for more in range(50)) >= 0.9 > chance(plan.items - 1)
    assert isinstance(plan_bound(0.9502, 0.95), Undefined)


def test_a_small_list_needs_fewer() -> None:
    endless, short = plan_width(0.9, 0.05), plan_width(0.9, 0.05, population=500)
    assert isinstance(endless, Plan) and isinstance(short, Plan)
    assert short.items < endless.items and short.items <= 500


def test_out_of_reach_is_said() -> None:
    assert isinstance(plan_bound(0.9, 0.95), Undefined)
    assert isinstance(further_items(90, 100, 0.95), Undefined)


def test_hours_follow_from_votes() -> None:
    effort = Effort(seconds=36, overlap=2, dispute_share=0.2, panel_share=0.1, panel_votes=1)
    assert effort.judgments(1000) == 2280
    plan = plan_width(0.9, 0.05, effort=effort)
    assert isinstance(plan, Plan)
    assert plan.hours == pytest.approx(plan.judgments * 36 / 3600)


def test_further_items_bring_the_bound() -> None:
    more = further_items(97, 100, 0.94)
    assert isinstance(more, int) and more > 0
    n = 100 + more
    assert binomial_lower(0.97 * n, n, 0.025) >= 0.94 > binomial_lower(0.97 * (n - 1), n - 1, 0.025)
    assert further_items(990, 1000, 0.95) == 0


def test_further_items_of_many_are_not_called_too_many() -> None:
    n, accepted = 200_000, 190_560
    more = further_items(accepted, n, 0.952)
    assert isinstance(more, int) and 0 < more < 100_000
    size = n + more
    assert binomial_lower(accepted / n * size, size, 0.025) >= 0.952
    assert isinstance(further_items(accepted, n, 0.952, limit=more - 1), Undefined)
    assert further_items(accepted, n, 0.952, limit=more) == more


@pytest.mark.parametrize("population", [0, -3, 2.5, float("nan")])
def test_a_list_that_cannot_be_is_refused(population: float) -> None:
    for plan in (plan_width, plan_bound):
        with pytest.raises(InputError):
            plan(0.9, 0.05, population=population)  # type: ignore[operator]


def test_strata() -> None:
    plan = plan_strata([StratumKnowledge("a", 10_000, 50, 49), StratumKnowledge("b", 1000)], 0.05)
    assert isinstance(plan, Plan)
    assert sum(plan.sizes.values()) == plan.items
    assert plan.expected <= 0.051
    assert isinstance(plan_strata([], 0.05), Undefined)
