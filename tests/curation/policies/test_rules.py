from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from curation.policies.errors import (
    BadThreshold,
    DuplicateRule,
    MixedScope,
    RuleCount,
    UnknownMetric,
    UnknownOperator,
    UnknownTier,
    UnresolvedPercentile,
)
from curation.policies.rules import MAX_RULES, Operator, Rule, RuleList, shortest
from curation.policies.tiers import Tier
from tests.curation.policies.strategies import rule_lists


def test_a_threshold_is_the_float32_that_a_scorecard_would_hold():
    rule = Rule(Tier.SFT, "dover_fused", Operator.AT_LEAST, low=0.6)
    assert rule.low == float(np.float32(0.6)) != 0.6
    assert rule.accepts(float(np.float32(0.6)))
    assert shortest(rule.low) == 0.6


def test_bounds_belong_to_within_and_not_to_outside():
    within = Rule(Tier.SFT, "luminance", Operator.WITHIN, 10, 210)
    outside = Rule(Tier.SFT, "luminance", Operator.OUTSIDE, 10, 210)
    assert [within.accepts(v) for v in (9, 10, 100, 210, 211)] == [False, True, True, True, False]
    assert [outside.accepts(v) for v in (9, 10, 100, 210, 211)] == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("sft", "movment_min", "at_least", 60), UnknownMetric, "movement_min"),
        (("reject", "movement_min", "at_least", 60), UnknownTier, "sft or pretrain"),
        (("gold", "movement_min", "at_least", 60), UnknownTier, "no tier"),
        (("sft", "movement_min", "above", 60), UnknownOperator, "at_least"),
        (("sft", "movement_min", "at_least", math.nan), BadThreshold, "finite"),
        (("sft", "movement_min", "at_least", 1e39), BadThreshold, "float32"),
        (("sft", "movement_min", "at_least", True), BadThreshold, "number"),
        (("sft", "movement_min", "at_least"), BadThreshold, "needs low"),
        (("sft", "movement_min", "at_least", 60, 70), BadThreshold, "takes no high"),
        (("sft", "movement_min", "within", 70, 60), BadThreshold, "lies above"),
        (("sft", "movement_min", "at_least", 60, None, 5), BadThreshold, "no percentile"),
        (("sft", "clarity", "percentile_at_least"), BadThreshold, "needs a percentile"),
        (("sft", "clarity", "percentile_at_least", None, None, 101), BadThreshold, "0 to 100"),
        (("sft", "clarity", "percentile_at_least", None, None, math.nan), BadThreshold, "0 to 100"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_with_what_to_do(arguments, error, says):
    with pytest.raises(error, match=says):
        Rule(*arguments)


def test_a_list_judges_clips_or_pairs_never_both():
    clip, pair = Rule("sft", "duration_s", "at_least", 3), Rule("sft", "pair_gap_s", "at_most", None, 2)
    assert RuleList((clip,)).subject == "clip"
    assert RuleList((pair,)).subject == "pair"
    with pytest.raises(MixedScope, match="pair_gap_s"):
        RuleList((clip, pair))


def test_a_list_has_one_to_sixty_three_different_rules():
    with pytest.raises(RuleCount):
        RuleList(())
    rules = tuple(Rule("sft", "duration_s", "at_least", low) for low in range(MAX_RULES + 1))
    assert len(RuleList(rules[:MAX_RULES])) == MAX_RULES
    with pytest.raises(RuleCount, match="64"):
        RuleList(rules)
    with pytest.raises(DuplicateRule, match="rule 1 repeats rule 0"):
        RuleList((rules[0], rules[0]))


def test_a_percentile_waits_for_its_number_and_keeps_what_was_written():
    written = RuleList(
        (
            Rule("pretrain", "clarity", "percentile_at_least", percentile=5),
            Rule("sft", "duration_s", "at_least", 3),
        )
    )
    assert [ordinal for ordinal, _ in written.unresolved] == [0]
    with pytest.raises(UnresolvedPercentile):
        written.rules[0].accepts(1.0)
    with pytest.raises(UnresolvedPercentile, match="clarity"):
        written.resolved({})
    frozen = written.resolved({0: 0.031})
    assert frozen.rules[0].accepts(0.031 + 1e-6)
    assert not frozen.rules[0].accepts(0.03)
    assert frozen.sha256 == written.sha256
    assert frozen.rules[0].unresolved() == written.rules[0]


def test_advice_names_tiers_that_nothing_reaches_and_rules_that_exclude_nothing():
    rules = RuleList(
        (
            Rule("sft", "face_consistency", "at_least", 150),
            Rule("pretrain", "speech_share", "at_least", 0),
            Rule("pretrain", "duration_s", "at_least", 2),
        )
    )
    assert len(rules.advice()) == 2
    assert "never be reached" in rules.advice()[0]
    assert "excludes nothing" in rules.advice()[1]


@given(rule_lists(percentiles=True))
def test_the_digest_depends_on_rules_and_order_alone(rules):
    assert RuleList(tuple(rules.rules)).sha256 == rules.sha256
    if len(rules) > 1:
        assert RuleList(tuple(reversed(rules.rules))).sha256 != rules.sha256
