"""Subsets: filter + tiers + validated only or proposed too, frozen as a list with the evidence of each clip."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from curation.errors import RushesError
from curation.models import Corpus, Policy, Subset, SubsetClip
from curation.policies.tiers import tier_from_word
from curation.selectors.browser import rules_of_active
from curation.selectors.clipfilter import LATEST_VERDICT, BadFilter, ClipFilter, filter_sql
from curation.selectors.policies import default_origin
from curation.services.audit import audit_write


class EmptySubset(RushesError):
    """The selection holds no clip, so there is nothing to freeze."""

    code = "empty_subset"


@dataclass(frozen=True, slots=True)
class SubsetCount:
    """What freezing would take now: clips, seconds, and how many of them people settled."""

    clips: int
    seconds: float
    settled: int


@dataclass(frozen=True, slots=True)
class Picked:
    """Only these clips of a selection: ``sql`` gives ``(clip_id, more)``, and ``more`` (jsonb) goes into their evidence.

    ``note`` is kept with the subset's filter: why these.
    """

    sql: str
    values: list[Any]
    note: Mapping[str, Any] = field(default_factory=dict)


def subset_preview(
    *, corpus: Corpus, tiers: Sequence[str], validated_only: bool = True, chosen: ClipFilter | None = None
) -> SubsetCount:
    """Count what ``subset_freeze`` of the same arguments would take; raises as it does."""
    sql, values = selection_sql(corpus, tiers, validated_only, chosen or ClipFilter())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), coalesce(sum(seconds), 0), count(verdict_id) FROM ({sql}) chosen", values
        )
        clips, seconds, settled = cursor.fetchone()
    return SubsetCount(clips, float(seconds), settled)


@transaction.atomic
def subset_freeze(
    *,
    corpus: Corpus,
    name: str,
    tiers: Sequence[str],
    validated_only: bool = True,
    chosen: ClipFilter | None = None,
    picked: Picked | None = None,
    by: Any = None,
) -> Subset:
    """Freeze the clips whose tier is one of ``tiers``: a verdict's where one stands, else (unless ``validated_only``)
    the active policy's proposal. ``chosen`` and ``picked`` narrow further. Held and withdrawn clips stay out.

    Counts are those of the rows written. Raises ``BadFilter`` and ``EmptySubset``.
    """
    chosen = chosen or ClipFilter()
    name = name.strip()[:120]
    if not name:
        raise BadFilter("name: a subset needs one, so that its exports can be told apart")
    policy = corpus.active_policy
    selection, values = selection_sql(corpus, tiers, validated_only, chosen)
    joined = f"JOIN ({picked.sql}) picked ON picked.clip_id = chosen.clip_id" if picked else ""
    subset = Subset.objects.create(
        corpus=corpus,
        name=name,
        filter={
            "tiers": list(tiers),
            **({"filter": chosen.as_dict()} if not chosen.is_empty else {}),
            **(picked.note if picked else {}),
        },
        validated_only=validated_only,
        policy=policy,
        clip_count=0,
        total_seconds=0,
        list_sha256="",
        frozen_by=by,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO curation_subsetclip (subset_id, position, clip_id, tier, verdict_id, evidence)
            SELECT %s, row_number() OVER (ORDER BY chosen.clip_id) - 1, chosen.clip_id, chosen.tier, chosen.verdict_id,
                   {_EVIDENCE} {"|| picked.more" if picked else ""}
            FROM ({selection}) chosen
            {joined}
            JOIN curation_clip c ON c.id = chosen.clip_id
            JOIN curation_source o ON o.id = c.source_id
            LEFT JOIN curation_person n ON n.id = c.person_id
            LEFT JOIN curation_person k ON k.id = n.same_as_id
            LEFT JOIN curation_scorecard s ON s.clip_id = c.id AND s.origin = %s
            LEFT JOIN curation_proposal q ON q.clip_id = c.id AND q.policy_id = %s
            """,
            [
                subset.pk,
                *values,
                *(picked.values if picked else []),
                _origin(corpus, policy),
                policy.pk if policy else None,
            ],
        )
    subset.clip_count, subset.total_seconds, subset.list_sha256 = _sum_up(subset)
    if not subset.clip_count:
        raise EmptySubset(
            "no clip is in this selection"
            + (": nothing of these tiers has been settled by people yet" if validated_only else "")
        )
    subset.save(update_fields=["clip_count", "total_seconds", "list_sha256"])
    audit_write(
        actor=by,
        action="subset.freeze",
        object=subset,
        detail={"corpus": corpus.slug, "clips": subset.clip_count, "list_sha256": subset.list_sha256},
    )
    return subset


# What an export writes that could change later. jsonb prints a real with the fewest digits that give it back.
_EVIDENCE = """
    jsonb_build_object(
        'scores', coalesce(jsonb_strip_nulls(to_jsonb(s) - ARRAY['id', 'clip_id', 'origin', 'provenance_id', 'scored_at']), '{}'),
        'origin', s.origin,
        'provenance', s.provenance_id,
        'proposed', q.tier, 'failing', q.failing, 'missing', q.missing,
        'clip', jsonb_build_object('external_id', c.external_id, 'branch', c.branch, 'language', c.language,
                                   'region', c.region),
        'source', jsonb_build_object('external_id', o.external_id, 'name', o.name, 'link', o.link,
                                     'language', o.language, 'category', o.category, 'width', o.width,
                                     'height', o.height, 'fps', o.fps, 'variable_rate', o.variable_rate,
                                     'duration_s', o.duration_s),
        'person', CASE WHEN n.id IS NULL THEN NULL ELSE jsonb_build_object(
            'label', coalesce(k.label, n.label), 'gender', n.gender, 'age_group', n.age_group,
            'ethnicity', n.ethnicity, 'origin', n.attributes_origin) END
    )
""".replace("%", "%%")


def selection_sql(
    corpus: Corpus, tiers: Sequence[str], validated_only: bool, chosen: ClipFilter
) -> tuple[str, list[Any]]:
    """SQL of ``(clip_id, tier, verdict_id, seconds)`` with its values: what a subset of these would hold now.

    Raises ``BadFilter``.
    """
    policy = corpus.active_policy
    codes = []
    for word in tiers:
        try:
            codes.append(int(tier_from_word(word)))
        except ValueError as error:
            raise BadFilter(f"tier: {error}") from None
    if not codes:
        raise BadFilter("tier: choose at least one")
    if not validated_only and policy is None:
        raise BadFilter("proposed clips need an active policy: activate one, or take validated clips only")
    rules = rules_of_active(corpus)[1]
    inner, values = filter_sql(chosen, corpus, policy, rules)
    proposed = (
        ""
        if validated_only
        else (
            "LEFT JOIN curation_proposal proposal ON proposal.clip_id = each.clip_id AND proposal.policy_id = %s"
        )
    )
    # Of what people settled, the verdicts are few and lead to their clips; of all else the clips are read once.
    sql = f"""
        SELECT each.clip_id, each.seconds, v.id AS verdict_id,
               coalesce({_CODE_OF_ANSWER}, {"NULL" if validated_only else "proposal.tier"})::smallint AS tier
        FROM (SELECT c.id AS clip_id, c.end_s - c.start_s AS seconds {inner}
              AND c.held_at IS NULL
              AND c.source_id NOT IN (SELECT gone.id FROM curation_source gone WHERE gone.withdrawn_at IS NOT NULL)
              AND (c.person_id IS NULL OR c.person_id NOT IN (
                  SELECT gone.id FROM curation_person gone WHERE gone.withdrawn_at IS NOT NULL))
             ) each
        {"" if validated_only else "LEFT"} JOIN ({_STANDING}) v ON v.clip_id = each.clip_id
        {proposed}
    """
    sql = f"SELECT * FROM ({sql}) tiered WHERE tiered.tier = ANY(%s)"
    return sql, [*values, corpus.pk, *([] if validated_only or policy is None else [policy.pk]), codes]


# As LATEST_VERDICT, of a whole corpus: at most one a clip.
_STANDING = """
    SELECT v.id, v.clip_id, v.answer FROM curation_verdict v
    WHERE v.corpus_id = %s AND v.question = 'tier' AND v.method <> 'reopened'
          AND NOT EXISTS (SELECT 1 FROM curation_verdict w WHERE w.supersedes_id = v.id)
"""


_CODE_OF_ANSWER = (
    "CASE v.answer WHEN 'sft' THEN 3 WHEN 'pretrain' THEN 2 WHEN 'reject' THEN 1 WHEN 'undecided' THEN 0 END"
)


def _origin(corpus: Corpus, policy: Policy | None) -> str:
    return policy.origin if policy else default_origin(corpus)


def _sum_up(subset: Subset) -> tuple[int, float, str]:
    """Count, seconds and hash of the ids in order, one a line; read in pieces."""
    digest, count, seconds = hashlib.sha256(), 0, 0.0
    members = SubsetClip.objects.filter(subset=subset).order_by("position")
    for clip_id, start, end in members.values_list("clip_id", "clip__start_s", "clip__end_s").iterator(
        chunk_size=5000
    ):
        digest.update(f"{clip_id}\n".encode())
        count += 1
        seconds += end - start
    return count, seconds, digest.hexdigest()
