"""What a subset would hold now: filter + tiers + validated only or proposed too, over a corpus of any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from curation.models import Corpus, Verdict
from curation.policies.tiers import tier_from_word
from curation.selectors.browser import rules_of_active
from curation.selectors.clipfilter import BadFilter, ClipFilter, filter_sql
from curation.selectors.verdicts import stands


@dataclass(frozen=True, slots=True)
class SubsetCount:
    """What freezing would take now: clips, seconds, and how many of them people settled."""

    clips: int
    seconds: float
    settled: int


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


def selection_is_short(corpus: Corpus, validated_only: bool, most: int) -> bool:
    """Whether no selection of ``corpus`` can hold more than ``most`` clips: so few were settled, or are there at all."""
    if validated_only:
        settled = Verdict.objects.filter(corpus=corpus, question="tier").order_by()
        if not settled[most : most + 1].exists():
            return True
    return not corpus.clips.order_by("id")[most : most + 1].exists()


def selection_sql(
    corpus: Corpus,
    tiers: Sequence[str],
    validated_only: bool,
    chosen: ClipFilter,
    span: tuple[int, int] | None = None,
) -> tuple[str, list[Any]]:
    """SQL of ``(clip_id, tier, verdict_id, seconds)`` with its values: what a subset of these would hold now.

    With ``span`` only clips with ids from behind its first to its last. Raises ``BadFilter``.
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
    if span is not None:
        inner, values = f"{inner} AND c.id > %s AND c.id <= %s", [*values, *span]
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


# At most one a clip.
_STANDING = f"""
    SELECT v.id, v.clip_id, v.answer FROM curation_verdict v
    WHERE v.corpus_id = %s AND v.question = 'tier' AND {stands("v")}
"""


_CODE_OF_ANSWER = (
    "CASE v.answer WHEN 'sft' THEN 3 WHEN 'pretrain' THEN 2 WHEN 'reject' THEN 1 WHEN 'undecided' THEN 0 END"
)
