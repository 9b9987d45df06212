"""Policies: made once from rules, numbered within their corpus, never changed."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from curation.errors import RushesError
from curation.models import Corpus, Policy, ResolvedThreshold, Rule
from curation.policies.jsonform import from_json
from curation.policies.presets import preset
from curation.policies.rules import RuleList
from curation.selectors.policies import default_origin, policy_rules
from curation.services.locks import corpus_policy_lock


class NothingToResolve(RushesError):
    """A percentile is asked of a metric that nothing in the corpus was measured for."""

    code = "nothing_to_resolve"


@transaction.atomic
def policy_create(
    *,
    corpus: Corpus,
    rules: RuleList,
    name: str,
    by: Any = None,
    why: str = "",
    preset_name: str = "",
    origin: str | None = None,
    reuse: bool = False,
) -> Policy:
    """The next version of the corpus's rules. Percentiles are stored as written, to be resolved at activation.

    ``origin`` names the scorecards that it reads (measured ones, or a synthetic corpus's own, if left out).
    With ``reuse`` the newest policy of equal rules, name and origin is returned, if there is one.
    """
    corpus_policy_lock(corpus.pk)
    origin = origin or default_origin(corpus)
    digest = rules.sha256
    if reuse:
        same = Policy.objects.filter(corpus=corpus, rules_sha256=digest, origin=origin, name=name)
        found = same.order_by("-number").first()
        if found is not None:
            return found
    last = Policy.objects.filter(corpus=corpus).aggregate(last=Max("number"))["last"] or 0
    policy = Policy.objects.create(
        corpus=corpus,
        number=last + 1,
        name=name[:120],
        subject=rules.subject,
        origin=origin,
        preset=preset_name,
        why=why,
        rules_sha256=digest,
        created_by=by,
    )
    Rule.objects.bulk_create(
        Rule(
            policy=policy,
            ordinal=ordinal,
            tier=int(rule.tier),
            metric=rule.metric,
            operator=rule.operator.value,
            low=rule.low,
            high=rule.high,
            percentile=rule.percentile,
        )
        for ordinal, rule in enumerate(written.unresolved() for written in rules)
    )
    return policy


def policy_from_preset(
    *, corpus: Corpus, preset_name: str, by: Any = None, why: str = "", origin: str | None = None
) -> Policy:
    """The preset as a policy of ``corpus``; the one made before, if any. Raises ``UnknownPreset``."""
    found = preset(preset_name)
    return policy_create(
        corpus=corpus,
        rules=found.rules,
        name=found.title,
        by=by,
        why=why,
        preset_name=found.name,
        origin=origin,
        reuse=True,
    )


def policy_import(
    *, corpus: Corpus, text: str | bytes, by: Any = None, why: str = "", origin: str | None = None
) -> Policy:
    """A policy read from a JSON document; raises ``BadDocument`` naming every fault by its path."""
    rules, name = from_json(text)
    return policy_create(
        corpus=corpus, rules=rules, name=name or "Imported", by=by, why=why, origin=origin, reuse=True
    )


@transaction.atomic
def thresholds_resolve(*, policy: Policy) -> RuleList:
    """Freeze each percentile of ``policy`` at the corpus's present number, once; return the resolved rules.

    The number is the smallest measured value that at least that share of the measured values do not exceed
    (``percentile_disc``), over current clips that are not withdrawn. Raises ``NothingToResolve``.
    """
    corpus_policy_lock(policy.corpus_id)
    for row in policy.rules.filter(percentile__isnull=False, resolved__isnull=True):
        assert row.percentile is not None
        value, count = _percentile(policy, row.metric, row.percentile)
        if value is None:
            raise NothingToResolve(
                f"{row.metric} has not been measured ({policy.origin}) on any clip of {policy.corpus.slug}, "
                "so there is no percentile of it; score the clips first"
            )
        ResolvedThreshold.objects.create(rule=row, value=value, over_count=count)
    return policy_rules(policy)


def _percentile(policy: Policy, name: str, percentile: float) -> tuple[float | None, int]:
    column = connection.ops.quote_name(name)  # a catalogue name: RuleList refused any other
    if policy.subject == Policy.Subject.PAIR:
        rows = "curation_pairscorecard s JOIN curation_dialoguepair c ON c.id = s.pair_id"
        current = "c.withdrawn_at IS NULL AND c.is_current"
    else:
        rows = "curation_scorecard s JOIN curation_clip c ON c.id = s.clip_id"
        current = "c.withdrawn_at IS NULL AND c.is_current"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT percentile_disc(%s) WITHIN GROUP (ORDER BY s.{column}), count(s.{column}) FROM {rows} "
            f"WHERE c.corpus_id = %s AND s.origin = %s AND s.{column} IS NOT NULL AND {current}",
            [percentile / 100, policy.corpus_id, policy.origin],
        )
        return cursor.fetchone()
