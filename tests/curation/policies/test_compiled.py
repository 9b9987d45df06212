"""A clip is undecided if and only if what is missing could change its tier: held against every completion."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings

from curation.metrics import metric
from curation.policies.compiled import compile_rules, value_range
from curation.policies.evaluate import decide, possible_tiers
from curation.policies.rules import Rule, RuleList
from curation.policies.tiers import Tier
from tests.curation.policies.strategies import near, policies_with_rows


def tier_of_complete(rules: RuleList, values: dict[str, float]) -> Tier:
    """The meaning of a policy, said as plainly as can be, for a clip of which everything is known."""
    for tier in (Tier.SFT, Tier.PRETRAIN):
        own = [rule for rule in rules if rule.tier is tier]
        if own and all(rule.accepts(values[rule.metric]) for rule in own):
            return tier
    return Tier.REJECT


def completions(rules: RuleList, name: str) -> list[float]:
    """The ends of the metric's range, and each threshold with its neighbours, inside it."""
    low, high = value_range(metric(name))
    points = {low, high}
    for rule in rules:
        if rule.metric == name:
            for edge in (rule.low, rule.high):
                points |= set(near(edge)) if edge is not None else set()
    return sorted(point for point in points if low <= point <= high)


@settings(max_examples=500)
@given(policies_with_rows(metrics=("movement_min", "speech_share", "snr_db"), max_size=5))
def test_undecided_exactly_if_two_completions_differ(case):
    rules, (values,) = case
    names = [name for name in rules.metrics if values[name] is None]
    options = [completions(rules, name) for name in names]
    tiers = {
        tier_of_complete(rules, {**values, **dict(zip(names, chosen, strict=True))})
        for chosen in product(*options)
    }
    decision = decide(rules, values)
    assert set(possible_tiers(rules, decision)) == tiers
    assert decision.tier == (tiers.pop() if len(tiers) == 1 else Tier.UNDECIDED)


@pytest.mark.parametrize(
    ("pretrain_of_dover", "values", "tier", "possible"),
    [
        # sft asks dover ≥ 0.6 and movement ≥ 60; pretrain asks what stands first
        (0.25, {"dover_fused": 0.7, "movement_min": 60}, "SFT", ["SFT"]),
        (0.25, {"dover_fused": 0.7, "movement_min": 59}, "PRETRAIN", ["PRETRAIN"]),
        (0.25, {"dover_fused": 0.7}, "UNDECIDED", ["SFT", "PRETRAIN"]),
        (0.25, {"dover_fused": 0.3}, "PRETRAIN", ["PRETRAIN"]),  # sft fails, whatever movement is
        (0.25, {"dover_fused": 0.1}, "REJECT", ["REJECT"]),
        (0.25, {"movement_min": 60}, "UNDECIDED", ["SFT", "PRETRAIN", "REJECT"]),
        (0.25, {"movement_min": 10}, "UNDECIDED", ["PRETRAIN", "REJECT"]),
        (0.0, {"movement_min": 10}, "PRETRAIN", ["PRETRAIN"]),  # every dover is at least 0
        (0.0, {"movement_min": 60}, "UNDECIDED", ["SFT", "PRETRAIN"]),
        (2.0, {"movement_min": 10}, "REJECT", ["REJECT"]),  # no dover reaches 2
    ],
)
def test_the_truth_table(pretrain_of_dover, values, tier, possible):
    rules = RuleList(
        (
            Rule("sft", "dover_fused", "at_least", 0.6),
            Rule("sft", "movement_min", "at_least", 60),
            Rule("pretrain", "dover_fused", "at_least", pretrain_of_dover),
        )
    )
    decision = decide(rules, values)
    assert decision.tier is Tier[tier]
    assert possible_tiers(rules, decision) == tuple(Tier[name] for name in possible)


def test_rules_on_one_missing_metric_are_judged_together():
    clash = RuleList((Rule("sft", "snr_db", "at_least", 5), Rule("sft", "snr_db", "at_most", None, 3)))
    assert decide(clash, {}).tier is Tier.REJECT
    halves = RuleList((Rule("sft", "snr_db", "at_least", 5), Rule("pretrain", "snr_db", "at_most", None, 5)))
    assert possible_tiers(halves, decide(halves, {})) == (Tier.SFT, Tier.PRETRAIN)


def test_a_tier_without_rules_takes_nothing():
    rules = RuleList((Rule("sft", "duration_s", "at_least", 5),))
    assert decide(rules, {"duration_s": 4.0}).tier is Tier.REJECT
    assert [masks.tier for masks in compile_rules(rules).tiers] == [Tier.SFT]
