"""What a queue cannot give out yet: clips without a preview, and why the ones that failed have none."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from annotation.models import Queue

_MOST = 20


@dataclass(frozen=True, slots=True)
class Preparing:
    """``waiting`` clips whose preview is still to be made, and per reason how many clips of a source have none."""

    waiting: int
    failed: int
    reasons: tuple[tuple[str, str, int], ...]


def queue_preparing(queue: Queue) -> Preparing:
    """Open items without a preview. ``reasons`` are (source, what went wrong, clips), the most frequent first."""
    if not queue.needs_preview:
        return Preparing(0, 0, ())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH bare AS (
                SELECT DISTINCT i.id AS item_id, c.source_id
                FROM annotation_item i
                LEFT JOIN curation_dialoguepair dp ON dp.id = i.pair_id
                JOIN curation_clip c ON c.id IN (i.clip_id, dp.initiator_id, dp.responder_id)
                WHERE i.queue_id = %s AND i.state = 'open' AND c.withdrawn_at IS NULL
                  AND NOT EXISTS (SELECT 1 FROM curation_rendition r WHERE r.clip_id = c.id AND r.kind = 'preview')
            ), last AS (
                SELECT DISTINCT ON (t.source_id) t.source_id, t.state, t.failure_code, t.failure
                FROM curation_scoringtarget t
                WHERE t.stage = 'render' AND t.source_id IN (SELECT source_id FROM bare)
                ORDER BY t.source_id, t.id DESC
            )
            SELECT so.name, CASE WHEN l.state = 'failed' THEN coalesce(nullif(l.failure, ''), l.failure_code) END, count(*)
            FROM bare b JOIN curation_source so ON so.id = b.source_id LEFT JOIN last l ON l.source_id = b.source_id
            GROUP BY 1, 2 ORDER BY 3 DESC, 1
            """,
            [queue.pk],
        )
        rows = cursor.fetchall()
    failed = [(name, reason, count) for name, reason, count in rows if reason]
    return Preparing(
        waiting=sum(count for _, reason, count in rows if not reason),
        failed=sum(count for _, _, count in failed),
        reasons=tuple(failed[:_MOST]),
    )
