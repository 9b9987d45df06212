"""Claiming: one statement takes a place under a lease by the database's clock. Never twice the same rater on an item."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from annotation.errors import NotClaimable
from annotation.models import Judgment, Queue, Rater, Round, Slot
from annotation.services.own_places import gold_due, own_place_take
from curation.prepared import rows_of

_TRIES = 20

# What a rater may be given: nothing that the browser cannot play, nothing taken out, withdrawn or held; nothing in a
# language that the queue keeps from them; in an adjudication, nothing that they voted on before. OFFSET 0 keeps each
# question a look-up by key: as a join, the planner may choose to read every clip there is before it gives out one.
_BAD_CLIP = """
    c.withdrawn_at IS NOT NULL OR c.held_at IS NOT NULL
    OR (%(match)s AND c.language <> '' AND NOT (c.language = ANY(%(languages)s)))
    OR (%(preview)s AND NOT EXISTS (
        SELECT 1 FROM curation_rendition r WHERE r.clip_id = c.id AND r.kind = 'preview' OFFSET 0))
"""
_ALLOWED = f"""
EXISTS (
    SELECT 1 FROM annotation_item i WHERE i.id = s.item_id AND i.state = 'open'
    AND NOT EXISTS (SELECT 1 FROM curation_clip c WHERE c.id = i.clip_id AND ({_BAD_CLIP}) OFFSET 0)
    AND (i.pair_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM curation_dialoguepair dp
        JOIN curation_clip c ON c.id = ANY(ARRAY[dp.initiator_id, dp.responder_id])
        WHERE dp.id = i.pair_id AND (dp.withdrawn_at IS NOT NULL OR {_BAD_CLIP}) OFFSET 0))
    AND (i.persons_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM curation_personpair pp JOIN curation_person k ON k.id = ANY(ARRAY[pp.first_id, pp.second_id])
        WHERE pp.id = i.persons_id AND (k.withdrawn_at IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM curation_clip c WHERE c.person_id = k.id AND c.is_current AND NOT ({_BAD_CLIP}) OFFSET 0))
        OFFSET 0))
    AND (i.origin_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM annotation_judgment j WHERE j.item_id = i.origin_id AND j.rater_id = %(rater)s OFFSET 0))
    OFFSET 0)
"""
_NOT_MINE = """
NOT EXISTS (
    SELECT 1 FROM annotation_slot o WHERE o.item_id = s.item_id AND o.rater_id = %(rater)s OFFSET 0)
"""
# A rater's own lease comes back first (a reloaded page), with the token that an older tab still holds.
_CLAIM = f"""
WITH own AS (
    SELECT s.id FROM annotation_slot s
    WHERE s.rater_id = %(rater)s AND s.state = 'leased' AND s.queue_id = %(queue)s
      AND NOT (s.id = ANY(%(have)s)) AND {_ALLOWED}
    ORDER BY s.position LIMIT 1 FOR UPDATE OF s {{skip}}
), free AS (
    SELECT s.id FROM annotation_slot s
    WHERE NOT EXISTS (SELECT 1 FROM own)
      AND s.queue_id = %(queue)s AND s.state IN ('free', 'leased')
      AND (s.state = 'free' OR (s.leased_until < clock_timestamp() AND s.rater_id <> %(rater)s))
      AND {_NOT_MINE} AND {_ALLOWED}
    ORDER BY s.position, s.number LIMIT 1 FOR UPDATE OF s {{skip}}
), picked AS (SELECT id FROM own UNION ALL SELECT id FROM free)
UPDATE annotation_slot s
SET state = 'leased',
    attempts = s.attempts + CASE WHEN s.rater_id = %(rater)s THEN 0 ELSE 1 END,
    token = CASE WHEN s.rater_id = %(rater)s THEN s.token ELSE gen_random_uuid() END,
    rater_id = %(rater)s,
    leased_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE s.id = (SELECT id FROM picked)
RETURNING s.id, s.item_id, s.token, s.leased_until{{hurry}}
"""
# A lease need not outlive a crash of the database: the place is free again then, and a judgment counts without it.
_NO_WAIT_FOR_DISK = ", set_config('synchronous_commit', 'off', true)"
CLAIMS = {
    (waiting, alone): _CLAIM.format(
        skip="" if waiting else "SKIP LOCKED", hurry=_NO_WAIT_FOR_DISK if alone else ""
    )
    for waiting in (False, True)
    for alone in (False, True)
}
_REST = f"""
SELECT min(s.leased_until) FILTER (WHERE s.leased_until >= clock_timestamp()),
       count(*) FILTER (WHERE s.leased_until >= clock_timestamp()),
       count(*) FILTER (WHERE s.state = 'free' OR s.leased_until < clock_timestamp())
FROM annotation_slot s
WHERE s.queue_id = %(queue)s AND s.state IN ('free', 'leased') AND {_NOT_MINE} AND {_ALLOWED}
"""
_OWN_WAITING = f"""
SELECT EXISTS (SELECT 1 FROM (SELECT id AS item_id FROM annotation_item WHERE queue_id = %(queue)s) s
               WHERE {_NOT_MINE} AND {_ALLOWED})
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A place under a lease until ``leased_until`` of the database's clock; ``token`` proves it."""

    slot_id: int
    item_id: int
    token: uuid.UUID
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no item now: ``leased`` until a moment (others hold the rest), ``preparing`` (the rest has no preview
    yet), ``done``, ``paused`` or ``closed``."""

    state: str
    until: datetime | None = None
    leased: int = 0


def slot_claim(
    *, queue: Queue, rater: Rater, have: Sequence[int] = (), fresh: bool = False
) -> Claimed | Nothing:
    """Lease the next place for ``rater``, or say why there is none.

    ``have`` are slots that this tab holds already; ``fresh`` says that ``queue`` was read for this very request. Where nothing can be skipped to, it looks again and waits for rows
    that others are just claiming, so that it never says "done" for an item that comes free the next moment.
    Raises ``NotClaimable`` where the queue is not for this rater.
    """
    if not fresh:
        queue.refresh_from_db(fields=["state", "who", "lease_seconds", "needs_preview", "gold_share"])
    if queue.state != Queue.State.OPEN:
        return Nothing(queue.state)
    _check_who(queue, rater)
    values: dict[str, Any] = {
        "queue": queue.pk,
        "rater": rater.pk,
        "have": list(have),
        "lease": queue.lease_seconds,
        "preview": queue.needs_preview,
        "match": bool(queue.who.get("match_language")),
        "languages": list(rater.languages),
    }
    if queue.kind in Queue.UNCOUNTED:
        return _take_own(queue, values)
    if queue.gold_share and (gold := _gold(queue, rater, values)) is not None:
        return gold
    for attempt in range(_TRIES):
        found = _take(values, waiting=attempt > 0)
        if found is not None:
            return found
        if attempt == 0:
            continue
        with connection.cursor() as cursor:
            cursor.execute(_REST, values)
            until, leased, claimable = cursor.fetchone()
        if claimable:
            continue  # came free between the two looks
        if leased:
            return Nothing("leased", until, leased)
        return Nothing("preparing") if queue.needs_preview and _without_preview(values) else Nothing("done")
    # Others were quicker every time: to the page this is the same as "leased", come back in a moment.
    return Nothing("leased")


def _take_own(queue: Queue, values: dict[str, Any]) -> Claimed | Nothing:
    """The next place of a calibration: nobody waits for anybody."""
    row = own_place_take(queue=queue, values=values, allowed=_ALLOWED, free=_NOT_MINE)
    if row is not None:
        return Claimed(*row)
    with connection.cursor() as cursor:
        cursor.execute(_OWN_WAITING, {**values, "preview": False})
        return Nothing("preparing" if queue.needs_preview and cursor.fetchone()[0] else "done")


def _gold(queue: Queue, rater: Rater, values: dict[str, Any]) -> Claimed | None:
    """A gold among the queue's items, if one is due and there is one that this rater has not met."""
    golds = Queue.objects.filter(golds_of=queue).first()
    if golds is None:
        return None
    row = own_place_take(
        queue=golds,
        values=values,
        allowed=_ALLOWED,
        free=_NOT_MINE,
        again_only=not gold_due(queue=queue, golds=golds, rater=rater),
    )
    return Claimed(*row) if row else None


def _without_preview(values: dict[str, Any]) -> bool:
    """Whether something waits for nothing but its preview."""
    with connection.cursor() as cursor:
        cursor.execute(_REST, {**values, "preview": False})
        return bool(cursor.fetchone()[2])


def _take(values: dict[str, Any], *, waiting: bool) -> Claimed | None:
    # One statement is a transaction by itself; within another, a collision must not spoil that, and what it commits
    # must be as safe as it was.
    within = connection.in_atomic_block
    try:
        with transaction.atomic() if within else nullcontext():
            rows = rows_of(CLAIMS[waiting, not within], values)
    except IntegrityError:
        return None  # two tabs of one rater met on the same item; the next look finds another
    return Claimed(*rows[0][:4]) if rows else None


def _check_who(queue: Queue, rater: Rater) -> None:
    allowed = queue.who.get("raters")
    if allowed and rater.pseudonym not in allowed:
        raise NotClaimable("This queue is kept for other raters.")
    other = queue.who.get("apart_from")
    if other is not None and Judgment.objects.filter(queue=other, rater=rater).exists():
        raise NotClaimable(
            "You have judged clips of the same list in another way. These are for other people, so that both can be"
            " compared."
        )
    number = queue.who.get("round")
    if number is None:
        return
    round_ = Round.objects.select_related("queue").filter(pk=number).first()
    if round_ is None or not round_.results.get(rater.pseudonym, {}).get("passed"):
        name = f"“{round_.queue.name}”" if round_ else "a calibration that is gone"
        raise NotClaimable(
            f"This queue is for those who passed {name}. Take part in it first, under Calibration."
        )


def slot_renew(*, rater: Rater, slots: Sequence[int]) -> dict[int, datetime]:
    """Extend the leases that ``rater`` still holds; the ones not in the answer went to somebody else or are done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_slot s SET leased_until = clock_timestamp() + q.lease_seconds * interval '1 second'"
            " FROM annotation_queue q WHERE q.id = s.queue_id AND s.id = ANY(%s) AND s.rater_id = %s"
            " AND s.state = 'leased' RETURNING s.id, s.leased_until",
            [list(slots), rater.pk],
        )
        return dict(cursor.fetchall())


def slot_release(*, rater: Rater, slots: Sequence[int]) -> int:
    """Give leases back, so that others need not wait for them to expire. Returns how many were given back."""
    held = Slot.objects.filter(pk__in=list(slots), rater=rater, state=Slot.State.LEASED)
    # A place made for one rater serves nobody else.
    own, _ = held.filter(queue__kind__in=Queue.UNCOUNTED).delete()
    return own + held.update(state=Slot.State.FREE, rater=None, token=None, leased_until=None)
