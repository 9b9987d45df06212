"""Rule by rule, what an audit says: recall in the rule's own dimension, and what fails it alone though people accept."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from annotation.certificates import TIER_ACCEPTS, read
from annotation.certificates.probabilities import prefix_probabilities
from annotation.estimation import InputError, Outcome, RuleItem, RuleRecall, Undefined, rule_recall
from annotation.models import Queue
from annotation.selectors.audits import audit_items, audit_procedure
from annotation.selectors.losses import Part
from curation.models import Policy
from curation.policies.rules import RuleList
from curation.policies.words import rule_words
from curation.selectors.policies import policy_rules


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of the audited policy, in words, with its two recalls and how many judged clips fail it alone."""

    ordinal: int
    words: str
    tier: str
    question: str
    recall: RuleRecall
    sole: int


def audit_rules(queue: Queue, whole: Part) -> list[RuleLine]:
    """Each rule of the policy that the audit was drawn under; empty without one."""
    policy = queue.draw.policy
    if policy is None:
        return []
    rules = policy_rules(policy)
    questions = {
        metric: one["key"]
        for one in queue.rubric_version.questions
        for metric in (one.get("rule") or {}).get("metrics", ())
    }
    hours = _hours_failing_only(policy, rules) if _whole_corpus(queue) else {}
    asked = {key: _dimension(queue, key) for key in {*questions.values()}}
    lines = []
    for ordinal, rule in enumerate(rules):
        mask = sum(1 << number for number, _ in rules.of_tier(rule.tier))
        question = questions.get(rule.metric, "")
        items = _items(whole, ordinal, mask, rule.tier.word, asked.get(question, {}))
        recall = (
            RuleRecall(items, items, items)
            if isinstance(items, Undefined)
            else rule_recall(items, hours_failing_only=hours.get(ordinal))
        )
        sole = 0 if isinstance(items, Undefined) else sum(one.only_failure for one in items)
        lines.append(RuleLine(ordinal, rule_words(rule), rule.tier.word, question, recall, sole))
    return lines


def _items(
    whole: Part, ordinal: int, mask: int, tier: str, asked: dict[int, bool]
) -> list[RuleItem] | Undefined:
    """The settled prefix seen from one rule; clips whose value is not measured are on neither side of it."""
    n = whole.found.prefix.n
    try:
        chances = prefix_probabilities([item.record for item in whole.items], n, whole.design)
    except InputError as error:
        return Undefined(str(error))
    if isinstance(chances, Undefined):
        return chances
    found, bit = [], 1 << ordinal
    for item, one, chance in zip(whole.items[:n], whole.found.readings[:n], chances, strict=True):
        if item.facts.proposed is None or item.facts.missing & bit:
            continue
        failing = item.facts.failing & mask
        judged = one.outcome in (Outcome.ACCEPTED, Outcome.REFUSED)
        found.append(
            RuleItem(
                passed=not failing & bit,
                only_failure=failing == bit and not item.facts.missing & mask,
                dimension_ok=asked.get(item.record.item),
                accepted=one.answer in TIER_ACCEPTS[tier] if judged else None,
                hours=item.record.seconds / 3600.0,
                probability=chance,
            )
        )
    return found


def _dimension(queue: Queue, question: str) -> dict[int, bool]:
    """Item → whether people find it good in this dimension, where that is settled."""
    procedure = audit_procedure(queue, question=question)
    (level,) = procedure.accepts
    found = {}
    for item in audit_items(queue, question=question, levels=level):
        said = read(item.record, procedure)
        if said.answer is not None:
            found[item.record.item] = said.accepted
    return found


def _whole_corpus(queue: Queue) -> bool:
    return set(queue.draw.frame) <= {"subject", "plan"}


def _hours_failing_only(policy: Policy, rules: RuleList) -> dict[int, float]:
    """Hours of the corpus that fail one rule of a tier and no other of that tier, by the rule's ordinal."""
    masks = {
        ordinal: sum(1 << number for number, _ in rules.of_tier(rule.tier))
        for ordinal, rule in enumerate(rules)
    }
    columns = ", ".join(
        f"coalesce(sum(c.end_s - c.start_s) FILTER (WHERE p.failing & {mask} = {1 << ordinal}"
        f" AND p.missing & {mask} = 0), 0)"
        for ordinal, mask in masks.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM curation_proposal p JOIN curation_clip c ON c.id = p.clip_id"
            " WHERE p.policy_id = %s AND c.is_current AND c.withdrawn_at IS NULL AND c.held_at IS NULL",
            [policy.pk],
        )
        return {ordinal: float(seconds) / 3600.0 for ordinal, seconds in enumerate(cursor.fetchone())}
