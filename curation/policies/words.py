"""Policies in words: what a rule asks, why a clip is where it is, and what would change that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curation.metrics import metric
from curation.policies.compiled import bits_of, compile_rules
from curation.policies.evaluate import Decision
from curation.policies.rules import Operator, Rule, RuleList, shortest
from curation.policies.tiers import Tier


def number(value: float) -> str:
    """A threshold as a person would write it: 0.6, 60, 1e-05."""
    text = f"{shortest(value):.7g}"
    return text.replace("-", "−") if "e" not in text else text


def condition(rule: Rule) -> str:
    """What the rule asks, without the metric: ``at least 60``, ``from 10 to 210``."""
    match rule.operator:
        case Operator.AT_LEAST:
            return f"at least {number(rule.low or 0.0)}"
        case Operator.AT_MOST:
            return f"at most {number(rule.high or 0.0)}"
        case Operator.WITHIN:
            return f"from {number(rule.low or 0.0)} to {number(rule.high or 0.0)}"
        case Operator.OUTSIDE:
            return f"below {number(rule.low or 0.0)} or above {number(rule.high or 0.0)}"
    side, value = (
        ("least", rule.low) if rule.operator is Operator.PERCENTILE_AT_LEAST else ("most", rule.high)
    )
    unit = unit_of(rule.metric)
    frozen = "not yet a number" if value is None else f"{number(value)} {unit}".rstrip()
    return f"at {side} the corpus's {number(rule.percentile or 0.0)}th percentile ({frozen})"


def unit_of(name: str) -> str:
    """The metric's unit where it helps a reader; empty for bare scores and shares."""
    unit = metric(name).unit
    return (
        ""
        if unit in ("score", "share", "0 or 1", "0–1", "0–255", "ratio", "normalised", "r", "p", "M")
        else unit
    )


def rule_words(rule: Rule) -> str:
    """``movement, worst: at least 60``."""
    unit = "" if rule.operator.is_percentile else unit_of(rule.metric)
    return f"{rule.spec.label}: {condition(rule)}{f' {unit}' if unit else ''}"


@dataclass(frozen=True, slots=True)
class Line:
    """One rule's part in a decision: ``text`` for people, the rule's ``ordinal``, and the scorer's state if missing."""

    ordinal: int
    text: str
    scorer: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a clip has its tier: one sentence, then rules failed, rules unknown, and what would change it."""

    summary: str
    failed: tuple[Line, ...]
    unknown: tuple[Line, ...]
    change: tuple[str, ...]


def explain(
    rules: RuleList,
    decision: Decision,
    values: Mapping[str, float | None],
    statuses: Mapping[str, Mapping[str, Any]] | None = None,
) -> Explanation:
    """Why ``decision`` came out so. ``statuses``: scorer → ``{"state": …, "reason": …}`` as a scorecard keeps it."""
    compiled = compile_rules(rules)
    failed = tuple(
        Line(i, _failed_text(rules.rules[i], values), rules.rules[i].spec.scorer)
        for i in bits_of(decision.failing)
    )
    unknown = tuple(_unknown(i, rules.rules[i], statuses or {}) for i in bits_of(decision.missing))
    possible = compiled.possible(decision.failing, decision.missing)
    return Explanation(
        _summary(decision, possible, unknown), failed, unknown, tuple(_changes(rules, decision))
    )


def missing_reason(scorer: str, status: Mapping[str, Any] | None, metric_name: str = "") -> tuple[str, str]:
    """``(state, sentence)`` for a metric without a value, from its scorer's status and its own note if there is one."""
    state = str((status or {}).get("state", "not_run"))
    note = ((status or {}).get("notes") or {}).get(metric_name)
    reason = str(note or (status or {}).get("reason") or "")
    sentence = {
        "measured": f"{scorer} ran and found nothing to measure here",
        "unavailable": f"{scorer} is not available",
        "failed": f"{scorer} failed",
        "not_run": f"{scorer} has not run",
    }.get(state, f"{scorer}: {state}")
    return state, f"{sentence}: {reason}" if reason else sentence


def _unknown(ordinal: int, rule: Rule, statuses: Mapping[str, Mapping[str, Any]]) -> Line:
    scorer = rule.spec.scorer
    state, sentence = missing_reason(scorer, statuses.get(scorer), rule.metric)
    return Line(ordinal, f"{rule.tier.word}: {rule_words(rule)}; not measured: {sentence}", scorer, state)


def _failed_text(rule: Rule, values: Mapping[str, float | None]) -> str:
    value = values.get(rule.metric)
    shown = "" if value is None else f" (it is {number(value)})"
    return f"{rule.tier.word}: {rule_words(rule)}{shown}"


def _summary(decision: Decision, possible: tuple[Tier, ...], unknown: tuple[Line, ...]) -> str:
    if decision.tier is Tier.UNDECIDED:
        words = [tier.word for tier in possible]
        between = f"{', '.join(words[:-1])} or {words[-1]}"
        return f"Undecided: it could be {between}, depending on what has not been measured."
    if decision.tier is Tier.REJECT:
        return "Rejected: each tier has a rule that it fails."
    also = " Rules that could not be told do not matter here." if unknown else ""
    return f"{decision.tier.word}: every rule of this tier holds.{also}"


def _changes(rules: RuleList, decision: Decision) -> list[str]:
    """For each tier better than (or open at) the decision: what would have to be so."""
    compiled, lines = compile_rules(rules), []
    for masks in compiled.tiers:
        if decision.tier is masks.tier:
            break
        failing = [rule_words(rules.rules[i]) for i in bits_of(decision.failing & masks.rules)]
        needed = [rule_words(rules.rules[i]) for i in bits_of(decision.missing & (masks.doubt | masks.dead))]
        if failing:
            lines.append(f"For {masks.tier.word} it would need {'; '.join(failing + needed)}.")
        elif masks.is_out(decision.failing, decision.missing):
            lines.append(
                f"No value at all could make it {masks.tier.word}: {'; '.join(needed)} exclude each other."
            )
        else:
            scorers = dict.fromkeys(
                rules.rules[i].spec.scorer for i in bits_of(decision.missing & masks.doubt)
            )
            lines.append(f"Run {', '.join(scorers)}: it is {masks.tier.word} if {'; '.join(needed)}.")
            break
    return lines
