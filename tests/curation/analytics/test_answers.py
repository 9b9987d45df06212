"""What-if, funnel, histograms: each held against counting the clips one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.analytics import parallel, table
from curation.analytics.engine import Explorer
from curation.analytics.funnel import funnel
from curation.analytics.histogram import edges_for, histogram, histogram_by_tier, histogram_of
from curation.analytics.index import build_index
from curation.analytics.whatif import curve_of, what_if
from curation.policies.errors import UnresolvedPercentile
from curation.policies.funnel import Amount, MaskCount, funnels
from curation.policies.rules import Rule, RuleList
from curation.policies.tiers import Tier
from tests.curation.analytics.worlds import METRICS, NUMBERS, RULES, build_world
from tests.curation.policies.strategies import rule_lists


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return build_world(tmp_path_factory.mktemp("snapshot"), seed=3, deltas=2)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Many blocks and several workers even on a small corpus."""
    monkeypatch.setattr(table, "BLOCK", 37)
    monkeypatch.setattr(parallel, "WORKERS", 3)


def by_hand(world, rules):
    """Amounts per tier, counted one by one."""
    found = {tier: [0, 0] for tier in Tier}
    for key, decision in world.decisions(rules).items():
        found[decision.tier][0] += 1
        found[decision.tier][1] += round(world.rows[key]["length_us"])
    return {tier: Amount(clips, us) for tier, (clips, us) in found.items()}


def moves_by_hand(world, old, new):
    before, after = world.decisions(old), world.decisions(new)
    pairs = Counter((before[key].tier, after[key].tier) for key in before)
    return {pair: count for pair, count in pairs.items() if pair[0] != pair[1]}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rules=rule_lists(METRICS, 8))
def test_tiers_of_any_policy(world, rules):
    assert build_index(world.table, rules).amounts == by_hand(world, rules)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(old=rule_lists(METRICS, 5), new=rule_lists(METRICS, 5))
def test_what_another_policy_altogether_would_do(world, old, new):
    answer = what_if(build_index(world.table, old), new)
    assert answer.tiers == by_hand(world, new)
    assert {pair: amount.clips for pair, amount in answer.moves.items()} == moves_by_hand(world, old, new)


numbers = st.one_of(
    st.sampled_from([float(n) for n in NUMBERS if not np.isnan(n)]), st.floats(-10, 120, width=32)
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_one_slider_at_any_stop_and_all_of_them_at_once(world, data):
    index = build_index(world.table, RULES)
    moved = RULES
    for ordinal, rule in enumerate(RULES):
        if not data.draw(st.booleans()):
            continue
        low, high = sorted((data.draw(numbers), data.draw(numbers)))
        low, high = (low if rule.operator.reads_low else None), (high if rule.operator.reads_high else None)
        alone = RULES.with_threshold(ordinal, low=low, high=high)
        answer = curve_of(index, ordinal).at(low, high) or what_if(index, alone)
        assert answer.tiers == by_hand(world, alone)
        assert {pair: amount.clips for pair, amount in answer.moves.items()} == moves_by_hand(
            world, RULES, alone
        )
        assert answer == what_if(index, alone)
        moved = moved.with_threshold(ordinal, low=low, high=high)
    assert what_if(index, moved).tiers == by_hand(world, moved)


def test_a_curve_says_when_a_threshold_changes_what_missing_means(world):
    index = build_index(world.table, RULES)
    assert curve_of(index, 3).at(low=0.0) is None  # every share is at least 0: missing no longer matters
    assert curve_of(index, 3).at(low=0.1) is not None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rules=rule_lists(METRICS, 8))
def test_the_funnel_is_that_of_the_policy_core(world, rules):
    counts = [
        MaskCount(decision.failing, decision.missing, Amount(1, int(world.rows[key]["length_us"])))
        for key, decision in world.decisions(rules).items()
    ]
    expected = funnels(rules, counts)
    found = funnel(build_index(world.table, rules))
    assert found == expected


def test_histograms_count_every_usable_clip_once(world):
    for name in METRICS:
        edges = edges_for(world.table, name, 10)
        found = histogram(world.table, name, edges)
        values = [row[name] for row in world.rows.values() if row["usable"]]
        assert found.missing == values.count(None)
        assert sum(found.counts) + found.below + found.above + found.missing == len(values)
        for i, count in enumerate(found.counts):
            last = i == len(found.counts) - 1
            inside = [
                v
                for v in values
                if v is not None and edges[i] <= v and (v < edges[i + 1] or (last and v == edges[i + 1]))
            ]
            assert count == len(inside)


def test_histograms_by_tier_add_up_to_the_whole(world):
    index = build_index(world.table, RULES)
    whole, parts = (
        histogram(world.table, "luminance", (0, 20, 60, 100)),
        histogram_by_tier(index, "luminance", (0, 20, 60, 100)),
    )
    assert whole.counts == tuple(sum(part.counts[i] for part in parts.values()) for i in range(3))
    hanging = curve_of(index, 1).values()
    assert sum(histogram_of(hanging, (0, 255)).counts) == len(hanging)


def test_a_policy_with_an_open_percentile_cannot_be_asked(world):
    rules = RuleList((Rule("sft", "luminance", "percentile_at_least", percentile=5),))
    with pytest.raises(UnresolvedPercentile):
        build_index(world.table, rules)


def test_sixty_three_rules_fit(world):
    rules = RuleList(tuple(Rule("sft", "luminance", "at_least", low / 10) for low in range(63)))
    index = build_index(world.table, rules)
    assert index.amounts == by_hand(world, rules)
    assert what_if(index, rules.with_threshold(62, low=99)).tiers == by_hand(
        world, rules.with_threshold(62, low=99)
    )
    assert funnel(index)[0].certain.clips == index.amounts[Tier.SFT].clips


def test_what_people_thought_of_what_a_policy_would_keep(world):
    explorer = Explorer(build_index(world.table, RULES))
    for rules in (RULES, RULES.with_threshold(0, low=20)):
        expected = Counter(
            (decision.tier, world.rows[key]["verdict"])
            for key, decision in world.decisions(rules).items()
            if world.rows[key]["verdict"]
        )
        found = explorer.people(rules)
        assert {pair: amount.clips for pair, amount in found.items()} == expected
        assert sum(amount.microseconds for amount in found.values()) == sum(
            row["length_us"] for row in world.rows.values() if row["usable"] and row["verdict"]
        )
