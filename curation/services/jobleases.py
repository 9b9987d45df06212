"""Jobs that workers claim from their table: a lease by the database's clock, under a token of its own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from curation.models.leased import LeasedJob
from curation.services.audit import audit_write


@dataclass(frozen=True, slots=True)
class JobLease:
    """A job leased to the caller; whoever does not hold ``token`` any more writes nothing."""

    job_id: int
    token: uuid.UUID


def job_lease(
    model: type[LeasedJob], *, seconds: int, job_id: int | None = None, take_over: bool = False
) -> JobLease | None:
    """Lease the oldest open job (or this one) for so long. None if there is none.

    ``take_over`` also takes a job whose lease has not run out.
    """
    token, table = uuid.uuid4(), model._meta.db_table
    lost = "TRUE" if take_over else "leased_until < clock_timestamp()"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table} SET state = 'leased', token = %s, attempts = attempts + 1,
                   leased_until = clock_timestamp() + make_interval(secs => %s)
            WHERE id = (
                SELECT id FROM {table}
                WHERE (state = 'waiting' OR (state = 'leased' AND {lost}))
                {"AND id = %s" if job_id is not None else ""}
                ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1
            ) RETURNING id
            """,
            [token, seconds, *([job_id] if job_id is not None else [])],
        )
        row = cursor.fetchone()
    return JobLease(row[0], token) if row else None


@transaction.atomic
def job_cancel(*, job: LeasedJob, action: str, by: Any = None) -> bool:
    """Cancel an open job; whoever is at it writes nothing more. False if it had already ended. ``action`` is how the
    audit log calls it."""
    changed = (
        type(job)
        ._default_manager.filter(pk=job.pk, state__in=job.OPEN)
        .update(state=job.State.CANCELLED, token=None, finished_at=Now())
    )
    if changed:
        audit_write(actor=by, action=action, object=job)
    return bool(changed)


def lost_jobs_fail(model: type[LeasedJob], *, attempts: int) -> int:
    """Fail jobs whose lease ran out for the ``attempts``-th time: whatever does them takes the worker down."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET state = 'failed', token = NULL, finished_at = now(), "
            "error = 'the worker that was at it was lost ' || attempts || ' times' "
            "WHERE state = 'leased' AND leased_until < clock_timestamp() AND attempts >= %s",
            [attempts],
        )
        return int(cursor.rowcount)
