"""Estimation: what a sample of judgments says about everything it was drawn from."""

from annotation.estimation.anchoring import AnchoringGap, ModeAnswer, anchoring_gap
from annotation.estimation.betting import betting_bounds, betting_hours, betting_interval, betting_mean
from annotation.estimation.binomial import binomial_lower, binomial_upper, clopper_pearson, proportion
from annotation.estimation.bootstrap import (
    RaterAnswer,
    RaterSensitivity,
    rater_sensitivity,
    source_bootstrap,
)
from annotation.estimation.certification import Certification, Decision, certify
from annotation.estimation.difference import share_difference
from annotation.estimation.drift import (
    CusumDesign,
    Drift,
    DriftPoint,
    Observation,
    alarm_probability,
    cusum,
    cusum_design,
    watch_design,
)
from annotation.estimation.finite import finite_proportion, hypergeometric_interval
from annotation.estimation.prefix import (
    Outcome,
    SettledPrefix,
    prefix_sequence,
    prefix_share,
    settled_prefix,
)
from annotation.estimation.recall import RuleItem, RuleRecall, rule_recall
from annotation.estimation.rogan_gladen import rogan_gladen
from annotation.estimation.stratified import StratumCount, stratified_exact
from annotation.estimation.stratified_sequence import stratified_bounds, stratified_sequence
from annotation.estimation.subgroups import GroupCount, GroupResult, Subgroups, compare_subgroups, holm
from annotation.estimation.thresholds import (
    CurvePoint,
    Direction,
    ScoredJudgment,
    Suggestion,
    check_threshold,
    suggest_threshold,
    threshold_curve,
)
from annotation.estimation.two_phase import CheckedItem, GroupCheck, TwoPhase, two_phase
from annotation.estimation.values import Estimate, InputError, Interval, Measure, Undefined, as_plain
from annotation.estimation.weighted import (
    Linearised,
    effective_size,
    hajek,
    hours_share,
    linearised_ratio,
    weighted_share,
)
from annotation.estimation.weighted_table import WeightedItem, WeightedTable, weighted_table

__all__ = [
    "AnchoringGap",
    "Certification",
    "CheckedItem",
    "CurvePoint",
    "CusumDesign",
    "Decision",
    "Direction",
    "Drift",
    "DriftPoint",
    "Estimate",
    "GroupCheck",
    "GroupCount",
    "GroupResult",
    "InputError",
    "Interval",
    "Linearised",
    "Measure",
    "ModeAnswer",
    "Observation",
    "Outcome",
    "RaterAnswer",
    "RaterSensitivity",
    "RuleItem",
    "RuleRecall",
    "ScoredJudgment",
    "SettledPrefix",
    "StratumCount",
    "Subgroups",
    "Suggestion",
    "TwoPhase",
    "Undefined",
    "WeightedItem",
    "WeightedTable",
    "alarm_probability",
    "anchoring_gap",
    "as_plain",
    "betting_bounds",
    "betting_hours",
    "betting_interval",
    "betting_mean",
    "binomial_lower",
    "binomial_upper",
    "certify",
    "check_threshold",
    "clopper_pearson",
    "compare_subgroups",
    "cusum",
    "cusum_design",
    "effective_size",
    "finite_proportion",
    "hajek",
    "holm",
    "hours_share",
    "hypergeometric_interval",
    "linearised_ratio",
    "prefix_sequence",
    "prefix_share",
    "proportion",
    "rater_sensitivity",
    "rogan_gladen",
    "rule_recall",
    "settled_prefix",
    "share_difference",
    "source_bootstrap",
    "stratified_bounds",
    "stratified_exact",
    "stratified_sequence",
    "suggest_threshold",
    "threshold_curve",
    "two_phase",
    "watch_design",
    "weighted_share",
    "weighted_table",
]
