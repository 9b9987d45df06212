"""Proposals: what the live policies say of clips and pairs, written set-based by PostgreSQL.

A policy is live while it is the active one or while its partition is being filled. Whoever writes scorecards
calls ``proposals_refresh`` in the same transaction; that is how a filling partition catches up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.db.models import QuerySet

from curation.models import ActivationJob, Clip, Corpus, DialoguePair, Policy
from curation.policies.sql import Statement, select_decisions
from curation.selectors.policies import policy_rules
from curation.services.locks import proposals_write_lock

_SUBJECTS = {
    Policy.Subject.CLIP: ("curation_proposal", "clip_id", "curation_clip", "curation_scorecard"),
    Policy.Subject.PAIR: (
        "curation_pairproposal",
        "pair_id",
        "curation_dialoguepair",
        "curation_pairscorecard",
    ),
}


@transaction.atomic
def proposals_refresh(*, clip_ids: Iterable[int]) -> int:
    """Decide these clips anew under every live policy of their corpora. Returns rows written; again changes nothing."""
    return _refresh(Clip, Policy.Subject.CLIP, clip_ids)


@transaction.atomic
def pair_proposals_refresh(*, pair_ids: Iterable[int]) -> int:
    """Decide these pairs anew under every live pair policy of their corpora. Returns rows written."""
    return _refresh(DialoguePair, Policy.Subject.PAIR, pair_ids)


def _refresh(model: type[Clip] | type[DialoguePair], subject: str, ids: Iterable[int]) -> int:
    wanted = sorted(set(ids))  # in order, so that two writers never wait for each other in a circle
    by_corpus: dict[int, list[int]] = {}
    for pk, corpus_id in model.objects.filter(pk__in=wanted).order_by("pk").values_list("pk", "corpus_id"):  # type: ignore[attr-defined]
        by_corpus.setdefault(corpus_id, []).append(pk)
    written = 0
    for corpus_id in sorted(by_corpus):
        proposals_write_lock(corpus_id)
        for policy in live_policies(corpus_id, subject):
            written += _write(policy, "c.id = ANY(%s)", [by_corpus[corpus_id]], replace=True)
    return written


def live_policies(corpus_id: int, subject: str) -> QuerySet[Policy]:
    """The active policy of the corpus for ``subject``, and those whose partition is being filled."""
    corpus = Corpus.objects.get(pk=corpus_id)
    active = corpus.active_pair_policy_id if subject == Policy.Subject.PAIR else corpus.active_policy_id
    filling = ActivationJob.objects.filter(
        state=ActivationJob.State.FILLING, policy__corpus_id=corpus_id, policy__subject=subject
    ).values_list("policy_id", flat=True)
    return Policy.objects.filter(pk__in={*filling, *([active] if active else [])}).order_by("pk")


def fill_range(*, policy: Policy, after: int, upto: int) -> int:
    """Decide all clips (or pairs) of the corpus with ids in (after, upto] that have no proposal yet.

    A row that is there was written later than this statement's snapshot, by ``proposals_refresh``: it stays. To be called
    in a transaction.
    """
    with connection.cursor() as cursor:
        # A corpus that has just come in has no statistics: PostgreSQL takes thousands for one, and goes through all of the
        # step's scorecards once for each clip.
        cursor.execute("SET LOCAL enable_nestloop = off")
        written = _write(
            policy, "c.id > %s AND c.id <= %s", [after, upto], replace=False, between=(after, upto)
        )
        cursor.execute("SET LOCAL enable_nestloop = DEFAULT")
    return written


def _write(
    policy: Policy,
    where: str,
    params: list[object],
    *,
    replace: bool,
    between: tuple[int, int] | None = None,
) -> int:
    statement = decisions_of(policy, where, params, between=between)
    table, key, _, _ = _SUBJECTS[Policy.Subject(policy.subject)]
    conflict = (
        f"ON CONFLICT (policy_id, {key}) DO UPDATE SET tier = excluded.tier, failing = excluded.failing, "
        "missing = excluded.missing WHERE (p.tier, p.failing, p.missing) IS DISTINCT FROM "
        "(excluded.tier, excluded.failing, excluded.missing)"
        if replace
        else f"ON CONFLICT (policy_id, {key}) DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS p (policy_id, {key}, tier, failing, missing) "
            f"SELECT %s, r.key, r.tier, r.failing, r.missing FROM ({statement.sql}) r {conflict}",
            (policy.pk, *statement.params),  # type: ignore[arg-type]
        )
        return cursor.rowcount


def decisions_of(
    policy: Policy, where: str, params: Sequence[object], *, between: tuple[int, int] | None = None
) -> Statement:
    """The decisions of ``policy`` on rows ``c`` of its corpus that meet ``where``, in order of id.

    A clip without a scorecard of the policy's origin is decided as one of which nothing is known. ``between``: ids
    (after, upto] that ``where`` asks for; said of the scorecards too, or the planner reads those of all clips for some.
    """
    _, key, subject, scorecard = _SUBJECTS[Policy.Subject(policy.subject)]
    within = "" if between is None else f" AND s.{key} > %s AND s.{key} <= %s"
    return select_decisions(
        policy_rules(policy),
        from_sql=f"(SELECT c.id FROM {subject} c WHERE c.corpus_id = %s AND {where} ORDER BY c.id) c "
        f"LEFT JOIN {scorecard} s ON s.{key} = c.id AND s.origin = %s{within}",
        key="c.id",
        params=[policy.corpus_id, *params, policy.origin, *(between or ())],
    )
