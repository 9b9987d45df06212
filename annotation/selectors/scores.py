"""A subject's scores beside the thresholds of its policy, as the review page draws them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.selectors.told import Scored
from curation.metrics import GROUPS, MetricSpec
from curation.models import ScorerBuild
from curation.policies.rules import Rule, RuleList
from curation.policies.tiers import Tier
from curation.policies.words import condition, missing_reason, unit_of


def score_groups(rules: RuleList, found: Scored) -> list[dict[str, Any]]:
    """``[{"name", "rows": [{"metric", "label", "unit", "value", "text", "reason", "at", "marks", "rules"}]}]``.

    One row per metric that a rule reads. ``value`` is None with its ``reason`` where nothing was measured; ``at`` and
    ``marks`` lie in 0 to 1 along the bar. ``rules`` are ``{"ordinal", "tier", "words", "passes"}``, best tier first.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for name in rules.metrics:
        own = [(i, rule) for i, rule in enumerate(rules) if rule.metric == name]
        spec = own[0][1].spec
        row = _row(spec, found.values.get(name), own, found.statuses.get(spec.scorer))
        groups.setdefault(spec.group, []).append(row)
    return [{"name": group, "rows": groups[group]} for group in GROUPS if group in groups]


def _row(
    spec: MetricSpec, value: float | None, own: list[tuple[int, Rule]], status: Mapping[str, Any] | None
) -> dict[str, Any]:
    thresholds = [edge for _, rule in own for edge in (rule.low, rule.high) if edge is not None]
    at, marks = _places(spec, value, thresholds)
    return {
        "metric": spec.name,
        "label": spec.label,
        "unit": unit_of(spec.name),
        "formula": spec.formula,
        "value": value,
        "text": ""
        if value is None
        else f"{value:,.{spec.decimals}f}".replace(",", "\u202f").replace("-", "−"),
        "reason": "" if value is not None else missing_reason(spec.scorer, status, spec.name)[1],
        "at": at,
        "marks": marks,
        "rules": [
            {
                "ordinal": ordinal,
                "tier": rule.tier.word,
                "words": short(rule),
                "long": condition(rule),
                "passes": None if value is None or not rule.is_resolved else rule.accepts(value),
            }
            for ordinal, rule in own
        ],
    }


def short(rule: Rule) -> str:
    """The condition in signs, for a narrow column: ``≥ 60``, ``10–210``."""
    low = "" if rule.low is None else f"{rule.low:.7g}".replace("-", "−")
    high = "" if rule.high is None else f"{rule.high:.7g}".replace("-", "−")
    if rule.low is not None and rule.high is not None:
        return f"{low}–{high}" if rule.operator.value == "within" else f"< {low} or > {high}"
    if rule.low is None and rule.high is None:
        return f"{rule.percentile:g}th pct"
    return f"≥ {low}" if high == "" else f"≤ {high}"


def _places(
    spec: MetricSpec, value: float | None, thresholds: list[float]
) -> tuple[float | None, list[float]]:
    """Where value and thresholds lie from 0 to 1 along the bar; a side without a bound reaches past both."""
    known = [*thresholds, *([value] if value is not None else [])]
    if not known:
        return None, []
    reach = max(abs(one) for one in known) or 1.0
    low = spec.low if spec.low is not None else min(0.0, min(known) * 1.25)
    high = spec.high if spec.high is not None else max(*known, low + reach) * 1.25
    span = high - low
    if span <= 0:
        return None, []

    def place(number: float) -> float:
        return round(min(1.0, max(0.0, (number - low) / span)), 4)

    return (None if value is None else place(value)), sorted({place(edge) for edge in thresholds})


def tier_facts(code: int) -> dict[str, str]:
    """A tier as scripts and templates write it."""
    tier = Tier(code)
    return {"word": tier.word, "letter": tier.letter}


def builds_of(found: Scored, rules: RuleList) -> dict[str, str]:
    """Scorer → build that measured what the rules read, for the record of what was shown."""
    ids = {
        scorer: status.get("build")
        for scorer, status in found.statuses.items()
        if scorer in rules.scorers and status.get("build")
    }
    builds = ScorerBuild.objects.in_bulk(ids.values()) if ids else {}
    return {scorer: str(builds[key]) for scorer, key in ids.items() if key in builds}
