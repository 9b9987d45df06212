"""Withdrawal: a source or a person leaves, with a reason. Unreachable when the transaction ends; files follow.

Clips show the whole frame and carry all sound, so a person takes every clip with them in which they are seen or
heard, whoever else is in it. What people judged stays in the records, pointing at clips that nobody can open.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from curation.errors import RushesError
from curation.models import Clip, DialoguePair, Person, ScoringTarget, Source, Withdrawal
from curation.models.record import Purge, WithdrawnSpan
from curation.services.audit import audit_write
from curation.services.locks import withdrawal_lock


class ReasonMissing(RushesError):
    """A withdrawal without a reason."""

    code = "reason_missing"


class AlreadyWithdrawn(RushesError):
    """It has left before; nothing was changed."""

    code = "already_withdrawn"


@transaction.atomic
def source_withdraw(*, source: Source, reason: str, by: Any = None, request: Any = None) -> Withdrawal:
    """Take ``source`` with all its clips and pairs out of its corpus, for good. Its own file is not touched.

    Raises ``ReasonMissing`` and ``AlreadyWithdrawn``.
    """
    reason = _reason(reason)
    withdrawal_lock(source.corpus_id)
    locked = Source.objects.select_for_update().get(pk=source.pk)
    if locked.withdrawn_at is not None:
        raise AlreadyWithdrawn(f"{locked.name} was withdrawn before, on {locked.withdrawn_at:%d %B %Y}")
    now = timezone.now()
    withdrawal = Withdrawal.objects.create(
        corpus_id=locked.corpus_id, source=locked, reason=reason, by=_saved(by)
    )
    locked.withdrawn_at, locked.state = now, Source.State.WITHDRAWN
    locked.save(update_fields=["withdrawn_at", "state"])
    tokens = _stop_work(Q(source=locked), cancel=True)
    clips = Clip.objects.filter(source=locked, withdrawn_at=None).update(withdrawn_at=now)
    pairs = DialoguePair.objects.filter(source=locked, withdrawn_at=None).update(withdrawn_at=now)
    return _written(withdrawal, tokens, clips, pairs, by, request)


@transaction.atomic
def person_withdraw(*, person: Person, reason: str, by: Any = None, request: Any = None) -> Withdrawal:
    """Take ``person``, in every source that they are linked across, out of the corpus: each clip in which they are
    seen or heard, and its pairs. Spans are kept, so that no later recipe makes a clip of them.

    Raises ``ReasonMissing`` and ``AlreadyWithdrawn``.
    """
    reason = _reason(reason)
    withdrawal_lock(person.corpus_id)
    root = person.same_as_id or person.pk
    everyone = list(Person.objects.select_for_update().filter(Q(pk=root) | Q(same_as=root)).order_by("pk"))
    if all(each.withdrawn_at is not None for each in everyone):
        raise AlreadyWithdrawn(f"{person.label} was withdrawn before")
    now = timezone.now()
    ids = [each.pk for each in everyone]
    withdrawal = Withdrawal.objects.create(
        corpus_id=person.corpus_id, person_id=root, reason=reason, by=_saved(by)
    )
    Person.objects.filter(pk__in=ids, withdrawn_at=None).update(withdrawn_at=now)
    sources = _spans_keep(withdrawal, ids)
    # The lock keeps a derivation under way from adding clips behind our back; it looks at the spans when it goes on.
    list(Source.objects.select_for_update().filter(pk__in=sources).order_by("pk").values_list("pk"))
    tokens = _stop_work(Q(source__in=sources), cancel=False)
    clips = spans_apply(source_ids=sources, at=now)
    clips += Clip.objects.filter(person__in=ids, withdrawn_at=None).update(withdrawn_at=now)
    pairs = _pairs_follow(sources, now)
    return _written(withdrawal, tokens, clips, pairs, by, request)


def spans_apply(*, source_ids: list[int], at: Any = None) -> int:
    """Withdraw every clip of these sources that touches a withdrawn span; whoever makes clips calls it afterwards.

    Returns how many were withdrawn.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE curation_clip c SET withdrawn_at = %s
            WHERE c.source_id = ANY(%s) AND c.withdrawn_at IS NULL AND EXISTS (
                SELECT 1 FROM curation_withdrawnspan w
                WHERE w.source_id = c.source_id AND w.start_s < c.end_s AND w.end_s > c.start_s)
            """,
            [at or timezone.now(), source_ids],
        )
        return cursor.rowcount


def _spans_keep(withdrawal: Withdrawal, person_ids: list[int]) -> list[int]:
    """Write down where these persons are seen or heard. Returns the sources."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO curation_withdrawnspan (withdrawal_id, source_id, start_s, end_s)
            SELECT %s, source_id, start_s, end_s FROM (
                SELECT source_id, start_s, end_s FROM curation_track WHERE person_id = ANY(%s)
                UNION SELECT n.source_id, n.start_s, n.end_s FROM curation_turn n
                      LEFT JOIN curation_track t ON t.id = n.track_id
                      WHERE n.person_id = ANY(%s) OR t.person_id = ANY(%s)
                UNION SELECT source_id, start_s, end_s FROM curation_clip WHERE person_id = ANY(%s)
            ) each WHERE end_s > start_s
            """,
            [withdrawal.pk, *[person_ids] * 4],
        )
    return list(
        WithdrawnSpan.objects.filter(withdrawal=withdrawal)
        .order_by("source_id")
        .values_list("source_id", flat=True)
        .distinct()
    )


def _pairs_follow(source_ids: list[int], now: Any) -> int:
    gone = Q(initiator__withdrawn_at__isnull=False) | Q(responder__withdrawn_at__isnull=False)
    ids = DialoguePair.objects.filter(gone, source__in=source_ids, withdrawn_at=None).values("pk")
    return DialoguePair.objects.filter(pk__in=ids).update(withdrawn_at=now)


def _stop_work(of: Q, *, cancel: bool) -> list[str]:
    """Take leases away, so that nothing that is being measured is written. Returns the leases' tokens."""
    state = ScoringTarget.State
    leased = ScoringTarget.objects.select_for_update().filter(of, state=state.LEASED)
    tokens = [str(token) for token in leased.values_list("token", flat=True) if token]
    if cancel:
        ScoringTarget.objects.filter(of, state__in=(state.WAITING, state.LEASED)).update(
            state=state.CANCELLED, token=None, leased_until=None, finished_at=timezone.now()
        )
    else:
        ScoringTarget.objects.filter(of, state=state.LEASED).update(
            state=state.WAITING, token=None, leased_until=None, attempts=0
        )
    return tokens


def _written(
    withdrawal: Withdrawal, tokens: list[str], clips: int, pairs: int, by: Any, request: Any
) -> Withdrawal:
    Purge.objects.create(withdrawal=withdrawal, tokens=tokens)
    audit_write(
        actor=by,
        action="source.withdraw" if withdrawal.source_id else "person.withdraw",
        object=withdrawal,
        detail={
            "source": withdrawal.source_id,
            "person": withdrawal.person_id,
            "clips": clips,
            "pairs": pairs,
        },
        request=request,
    )
    return withdrawal


def _reason(text: str) -> str:
    text = text.strip()[:4000]
    if not text:
        raise ReasonMissing("say why it is withdrawn: the reason is kept with the withdrawal")
    return text


def _saved(user: Any) -> Any:
    return user if getattr(user, "pk", None) else None
