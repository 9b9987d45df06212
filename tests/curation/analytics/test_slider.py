"""A slider's table answers every stop as counting anew would, whatever the other sliders say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.analytics import parallel, table
from curation.analytics.funnel import funnel
from curation.analytics.index import build_index
from curation.analytics.slider import MAX_STOPS, places_of, slider_table
from curation.analytics.whatif import curve_of, what_if
from curation.policies.rules import Rule, RuleList
from curation.policies.tiers import Tier
from tests.curation.analytics.worlds import NUMBERS, RULES, build_world

STOPS = sorted({*NUMBERS[~np.isnan(NUMBERS)].tolist(), 0.3, 0.7, 40.0})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return build_world(tmp_path_factory.mktemp("snapshot"), seed=5, deltas=2)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(table, "BLOCK", 37)
    monkeypatch.setattr(parallel, "WORKERS", 3)


def moved(draw, rules, ordinal):
    rule = rules.rules[ordinal]
    low, high = sorted(draw(st.lists(st.sampled_from(STOPS), min_size=2, max_size=2)))
    return rules.with_threshold(
        ordinal, low=low if rule.low is not None else None, high=high if rule.high is not None else None
    )


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_stop_with_any_other_rules(world, data):
    index = build_index(world.table, RULES)
    ordinal = data.draw(st.integers(0, len(RULES) - 1))
    draft = RULES
    for other in data.draw(st.sets(st.integers(0, len(RULES) - 1), max_size=3)):
        draft = moved(data.draw, draft, other)
    metric = RULES.rules[ordinal].metric
    found = slider_table(
        index, draft, ordinal, places_of(world.table, metric, [*STOPS, *_own(draft, ordinal)])
    )
    for _ in range(3):
        changed = moved(data.draw, draft, ordinal)
        if not found.holds(changed):
            continue  # the number is the end of the metric's range and changes what a missing value means
        told, anew = found.at(changed.rules[ordinal]), what_if(index, changed)
        assert told.tiers == anew.tiers
        assert told.moves == anew.moves
        steps = funnel(build_index(world.table, changed))
        assert told.left == {one.tier: tuple((s.ordinal, s.left) for s in one.steps) for one in steps}


def _own(rules, ordinal):
    rule = rules.rules[ordinal]
    return [value for value in (rule.low, rule.high) if value is not None]


@pytest.mark.parametrize("ordinal", range(len(RULES)))
def test_the_histogram_holds_just_the_clips_whose_tier_hangs_on_the_rule(world, ordinal):
    index = build_index(world.table, RULES)
    found = slider_table(index, RULES, ordinal, places_of(world.table, RULES.rules[ordinal].metric, STOPS))
    between, on = found.deciding()
    values = curve_of(index, ordinal).values()
    assert between.sum() + on.sum() == len(values)
    assert on.tolist() == [int((values == np.float32(stop)).sum()) for stop in STOPS]


def test_moves_can_be_counted_from_another_policy(world):
    active = RuleList((Rule("sft", "movement_min", "at_least", 20),))
    before, index = build_index(world.table, active), build_index(world.table, RULES)
    places = places_of(world.table, "movement_min", STOPS)
    outcome = slider_table(index, RULES, 0, places, before.tier).at(RULES.rules[0])
    assert outcome.moves == what_if(before, RULES).moves
    assert outcome.tiers[Tier.SFT] == index.amounts[Tier.SFT]


def test_more_stops_than_a_byte_holds_are_refused(world):
    with pytest.raises(ValueError, match="stops"):
        places_of(world.table, "movement_min", range(MAX_STOPS + 1))
