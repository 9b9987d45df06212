"""Reading policies: their rules, versions, what they propose, and what changed between two of them."""

from __future__ import annotations

from django.db.models import QuerySet

from curation.errors import NotFound
from curation.models import MEASURED, Activation, Corpus, Policy
from curation.policies.diff import diff_words
from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier
from curation.synthetic import SYNTHETIC


def policy_rules(policy: Policy) -> RuleList:
    """The rules of ``policy``; percentiles carry their number once an activation has frozen it."""
    rules = []
    for row in policy.rules.select_related("resolved").order_by("ordinal"):
        rule = Rule(Tier(row.tier), row.metric, Operator(row.operator), row.low, row.high, row.percentile)
        if hasattr(row, "resolved"):
            rule = rule.resolve(row.resolved.value)
        rules.append(rule)
    return RuleList(tuple(rules))


def policy_get(corpus: Corpus, number: int) -> Policy:
    """Policy ``number`` of ``corpus``; raises ``NotFound``."""
    try:
        return Policy.objects.select_related("corpus").get(corpus=corpus, number=number)
    except Policy.DoesNotExist:
        raise NotFound(f"{corpus.slug} has no policy {number}; see `manage.py policy list`") from None


def default_origin(corpus: Corpus) -> str:
    """The scorecards that policies and pages of ``corpus`` read unless told otherwise."""
    return SYNTHETIC if corpus.is_synthetic else MEASURED


def policies_of(corpus: Corpus) -> QuerySet[Policy]:
    """All versions of ``corpus``, newest first, rules along."""
    return (
        Policy.objects.filter(corpus=corpus)
        .select_related("created_by", "activation_job")
        .prefetch_related("rules")
        .order_by("-number")
    )


def active_policy(corpus: Corpus, subject: str = "clip") -> Policy | None:
    """The policy in force for clips (or ``pair``); None before the first activation."""
    return corpus.active_pair_policy if subject == "pair" else corpus.active_policy


def policy_diff(before: Policy, after: Policy) -> tuple[str, ...]:
    """What changed from one policy to the other, in words; empty if nothing."""
    return diff_words(policy_rules(before), policy_rules(after))


def activations_of(corpus: Corpus) -> QuerySet[Activation]:
    """Who activated what, when and why; newest first."""
    return Activation.objects.filter(corpus=corpus).select_related("policy", "previous").order_by("-id")
