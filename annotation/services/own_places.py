"""Places on demand: of golds and of a calibration every rater gets a place of their own on every item."""

from __future__ import annotations

import zlib
from typing import Any

from django.db import IntegrityError, connection, transaction

from annotation.models import Queue, Rater
from curation.services.locks import named_lock

_COLUMNS = "RETURNING s.id, s.item_id, s.token, s.leased_until"
_UNTIL = "clock_timestamp() + %(lease)s * interval '1 second'"

# A reloaded page gets back what it was given, with the token that it had.
_OWN = f"""
UPDATE annotation_slot s SET leased_until = {_UNTIL} WHERE s.id = (
    SELECT s.id FROM annotation_slot s
    WHERE s.queue_id = %(queue)s AND s.rater_id = %(rater)s AND s.state = 'leased'
      AND NOT (s.id = ANY(%(have)s)) AND {{allowed}}
    ORDER BY s.position LIMIT 1)
{_COLUMNS}
"""
_NEW = f"""
INSERT INTO annotation_slot AS s
    (queue_id, item_id, number, position, state, rater_id, token, leased_until, attempts)
SELECT s.queue_id, s.item_id,
       (SELECT coalesce(max(o.number), 0) + 1 FROM annotation_slot o WHERE o.item_id = s.item_id),
       s.position, 'leased', %(rater)s, gen_random_uuid(), {_UNTIL}, 1
FROM (SELECT queue_id, id AS item_id, position, clip_id, pair_id FROM annotation_item WHERE queue_id = %(queue)s) s
WHERE {{free}} AND {{allowed}} {{more}}
ORDER BY {{order}} LIMIT 1
{_COLUMNS}
"""
# Who has judged a clip before would answer from memory.
_UNSEEN = """
AND NOT EXISTS (SELECT 1 FROM annotation_judgment j WHERE j.rater_id = %(rater)s
                AND (j.clip_id = s.clip_id OR j.pair_id = s.pair_id) OFFSET 0)
"""


def own_place_take(
    *, queue: Queue, values: dict[str, Any], allowed: str, free: str, again_only: bool = False
) -> tuple[Any, ...] | None:
    """``(slot, item, token, leased until)`` of a rater's place in ``queue``: one held before, else a new one.

    ``values``, ``allowed`` and ``free`` are those of the claim; with ``again_only`` no new place is made.
    """
    values = {**values, "queue": queue.pk}
    gold = queue.kind == Queue.Kind.GOLD
    order = "md5(%(rater)s || ':' || s.item_id)" if gold else "s.position"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            named_lock(f"places {queue.pk}")
            cursor.execute(_OWN.format(allowed=allowed), values)
            row = cursor.fetchone()
            if row is None and not again_only:
                new = _NEW.format(allowed=allowed, free=free, order=order, more=_UNSEEN if gold else "")
                cursor.execute(new, values)
                row = cursor.fetchone()
            return row
    except IntegrityError:
        return None


def gold_due(*, queue: Queue, golds: Queue, rater: Rater) -> bool:
    """Whether the rater's next place is a gold: at ``gold_share``, unpredictable, and the same after a reload."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM annotation_slot WHERE rater_id = %s AND queue_id IN (%s, %s)"
            " AND state IN ('leased', 'done')",
            [rater.pk, queue.pk, golds.pk],
        )
        place = cursor.fetchone()[0]
    return zlib.crc32(f"gold {queue.pk} {rater.pk} {place}".encode()) < queue.gold_share * 2**32
