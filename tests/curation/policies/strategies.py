"""Rule lists and scorecards for hypothesis: few metrics and few numbers, so that thresholds are often hit exactly."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from curation.metrics import metric
from curation.policies.compiled import value_range
from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier

# Bounded on both sides, on one, on none: the range is part of the logic.
METRICS = ("movement_min", "speech_share", "luminance", "snr_db", "face_blur")
_NUMBERS = (0.0, 0.1, 0.6, 1.0, 3.0, 60.0, 100.0, 255.0, -1.0, 1e-45)


def near(value: float) -> tuple[float, ...]:
    """The float32 number, and its two neighbours."""
    at = np.float32(value)
    return (
        float(at),
        float(np.nextafter(at, np.float32(-np.inf))),
        float(np.nextafter(at, np.float32(np.inf))),
    )


numbers = st.one_of(
    st.sampled_from(_NUMBERS),
    st.floats(-300, 300, width=32),
    st.sampled_from(_NUMBERS).flatmap(lambda v: st.sampled_from(near(v))),
)


@st.composite
def a_rule(draw, metrics=METRICS, percentiles=False):
    operators = list(Operator) if percentiles else [op for op in Operator if not op.is_percentile]
    operator = draw(st.sampled_from(operators))
    tier, name = draw(st.sampled_from([Tier.SFT, Tier.PRETRAIN])), draw(st.sampled_from(metrics))
    if operator.is_percentile:
        return Rule(tier, name, operator, percentile=draw(st.floats(0, 100, width=32)))
    low, high = sorted((draw(numbers), draw(numbers)))
    return Rule(
        tier, name, operator, low if operator.reads_low else None, high if operator.reads_high else None
    )


def rule_lists(metrics=METRICS, max_size=6, percentiles=False):
    rules = st.lists(a_rule(metrics, percentiles), min_size=1, max_size=max_size, unique=True)
    return rules.map(lambda found: RuleList(tuple(found)))


def values_near(rules: RuleList, name: str):
    """A value of the metric: missing, on or beside a threshold, or anywhere in its range."""
    low, high = value_range(metric(name))
    edges = {
        edge
        for rule in rules
        if rule.metric == name
        for at in (rule.low, rule.high)
        if at is not None
        for edge in near(at)
    }
    within = sorted(edge for edge in edges if low <= edge <= high)
    anywhere = st.floats(max(low, -1000), min(high, 1000), width=32)
    return st.one_of(st.none(), anywhere, *([st.sampled_from(within)] if within else []))


@st.composite
def policies_with_rows(draw, rows=1, metrics=METRICS, max_size=6):
    rules = draw(rule_lists(metrics, max_size))
    table = [{name: draw(values_near(rules, name)) for name in metrics} for _ in range(rows)]
    return rules, table
