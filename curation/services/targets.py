"""Scoring work: enqueued once a build, claimed under a lease, finished under the same lease or refused.

The broker only wakes workers. Whatever it loses, the next claim finds: a target that waits, or whose lease ran
out, is anybody's. A worker that lost its lease cannot write.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from curation.errors import StaleLease
from curation.models import ScoringTarget, Source

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A target leased to the caller until its lease runs out; renew well before."""

    target_id: int
    source_id: int
    stage: str
    builds_key: str
    scorers: tuple[str, ...]
    token: UUID
    attempt: int


def target_enqueue(
    *, source: Source, stage: str, builds_key: str, scorers: Sequence[str] = (), queue: str = "cpu"
) -> bool:
    """Ask for a stage of a source once per set of builds. Returns whether that is new work."""
    _, created = ScoringTarget.objects.get_or_create(
        source=source,
        stage=stage,
        builds_key=builds_key,
        defaults={"scorers": list(scorers), "queue": queue},
    )
    return created


def targets_give_up(*, queues: Sequence[str]) -> list[int]:
    """Fail the targets whose last lease ran out with all attempts used. Returns their sources."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE curation_scoringtarget SET state = 'failed', token = NULL, finished_at = now(),
                   failure_code = 'worker_lost',
                   failure = 'the worker that measured it was lost ' || attempts || ' times'
            WHERE id IN (
                SELECT id FROM curation_scoringtarget
                WHERE queue = ANY(%s) AND state = 'leased' AND leased_until < clock_timestamp() AND attempts >= %s
                FOR UPDATE SKIP LOCKED
            )
            RETURNING source_id
            """,
            [list(queues), MAX_ATTEMPTS],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def target_claim(*, queues: Sequence[str], lease_seconds: float | None = None) -> Claim | None:
    """Lease the oldest open target of ``queues``, by the database's clock; ``None`` if there is none.

    A target whose lease ran out ``MAX_ATTEMPTS`` times fails: whatever works on it takes the worker down.
    """
    targets_give_up(queues=queues)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE curation_scoringtarget SET state = 'leased', token = gen_random_uuid(), progress = NULL,
                   leased_until = clock_timestamp() + make_interval(secs => %s), attempts = attempts + 1
            WHERE id = (
                SELECT id FROM curation_scoringtarget
                WHERE queue = ANY(%s) AND attempts < %s
                  AND (leased_until IS NULL OR leased_until <= clock_timestamp()) AND state IN ('waiting', 'leased')
                ORDER BY id
                LIMIT 1
                FOR UPDATE SKIP LOCKED
            )
            RETURNING id, source_id, stage, builds_key, scorers, token, attempts
            """,
            [lease_seconds or settings.SCORING_LEASE_SECONDS, list(queues), MAX_ATTEMPTS],
        )
        row = cursor.fetchone()
    if row is None:
        return None

    scorers = json.loads(row[4]) if isinstance(row[4], str) else row[4]
    return Claim(row[0], row[1], row[2], row[3], tuple(scorers), row[5], row[6])


def target_renew(*, claim: Claim, progress: float | None = None, lease_seconds: float | None = None) -> None:
    """Lengthen the lease and say how far it is (0 to 1). Raises ``StaleLease`` if it is no longer the caller's."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE curation_scoringtarget
            SET leased_until = clock_timestamp() + make_interval(secs => %s), progress = coalesce(%s, progress)
            WHERE id = %s AND token = %s AND state = 'leased'
            """,
            [lease_seconds or settings.SCORING_LEASE_SECONDS, progress, claim.target_id, claim.token],
        )
        if cursor.rowcount == 0:
            raise _stale(claim)


def target_finish(*, claim: Claim) -> None:
    """Mark the work done; call it in the transaction that writes its results. Raises ``StaleLease``.

    The row stays locked until that transaction ends, so that nobody can claim it in between.
    """
    _close(claim, state=ScoringTarget.State.DONE)


@transaction.atomic
def target_fail(*, claim: Claim, code: str, reason: str, transient: bool = False) -> bool:
    """Say that the work could not be done. A transient fault goes back until its attempts are used up, and rests
    before each further one: ``SCORING_RETRY_SECONDS`` for every attempt made.

    Returns whether it will be tried again. Raises ``StaleLease``.
    """
    if transient and claim.attempt < MAX_ATTEMPTS:
        rest = timedelta(seconds=settings.SCORING_RETRY_SECONDS * claim.attempt)
        _close(claim, state=ScoringTarget.State.WAITING, code=code, reason=reason, not_before=Now() + rest)
        return True
    _close(claim, state=ScoringTarget.State.FAILED, code=code, reason=reason)
    return False


def target_hand_back(*, claim: Claim) -> None:
    """Give unfinished work back at once (a worker that is asked to stop); the attempt does not count."""
    ScoringTarget.objects.filter(pk=claim.target_id, token=claim.token, state="leased").update(
        state=ScoringTarget.State.WAITING, token=None, leased_until=None, attempts=claim.attempt - 1
    )


def targets_retry_failed(*, corpus_id: int) -> int:
    """Open every failed target of a corpus again, with all its attempts. Returns how many."""
    return ScoringTarget.objects.filter(source__corpus_id=corpus_id, state=ScoringTarget.State.FAILED).update(
        state=ScoringTarget.State.WAITING,
        attempts=0,
        leased_until=None,
        failure="",
        failure_code="",
        token=None,
        finished_at=None,
    )


def _close(claim: Claim, *, state: str, code: str = "", reason: str = "", not_before: Any = None) -> None:
    finished = None if state == ScoringTarget.State.WAITING else timezone.now()
    changed = ScoringTarget.objects.filter(
        pk=claim.target_id, token=claim.token, state=ScoringTarget.State.LEASED
    ).update(
        state=state,
        token=None,
        leased_until=not_before,
        progress=1.0 if state == ScoringTarget.State.DONE else None,
        failure_code=code[:40],
        failure=reason,
        finished_at=finished,
    )
    if not changed:
        raise _stale(claim)


def _stale(claim: Claim) -> StaleLease:
    return StaleLease(
        f"{claim.stage} of source {claim.source_id}: the lease ran out or went to another worker; nothing was written"
    )
