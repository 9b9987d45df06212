"""Queues: made set-based from a draw, paused, resumed and closed."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from annotation.errors import BadPlan, QueueIsClosed
from annotation.models import Draw, Queue, RubricVersion
from curation.models import Corpus, User

_BLIND = (Queue.Kind.STUDY, Queue.Kind.AUDIT, Queue.Kind.IDENTITY, Queue.Kind.ADJUDICATION)


@transaction.atomic
def queue_create(
    *,
    corpus: Corpus,
    name: str,
    kind: str,
    rubric_version: RubricVersion,
    draw: Draw,
    overlap: int = 1,
    blind: bool | None = None,
    gold_share: float = 0.0,
    lease_seconds: int = 600,
    who: dict[str, Any] | None = None,
    needs_preview: bool = True,
    created_by: User | None = None,
) -> Queue:
    """A queue of every item of ``draw``, with ``overlap`` places on each. Raises ``BadPlan``.

    ``blind`` defaults to what the kind means: only verifying and pairs show the proposal. A synthetic corpus has nothing
    to watch, so its queues never wait for previews.
    """
    name = name.strip()
    if not name:
        raise BadPlan("a queue needs a name")
    if draw.corpus_id != corpus.pk:
        raise BadPlan("the draw belongs to another corpus")
    if not 1 <= overlap <= 9:
        raise BadPlan(f"between 1 and 9 people can judge an item, not {overlap}")
    if kind not in Queue.Kind.values:
        raise BadPlan(f"{kind!r} is no kind of queue; there are {', '.join(Queue.Kind.values)}")
    if kind in (Queue.Kind.STUDY, Queue.Kind.AUDIT) and draw.design == Draw.Design.ORDERED:
        raise BadPlan("a study or an audit needs a random draw: an ordered one says nothing about the rest")
    if Queue.objects.filter(corpus=corpus, name=name).exists():
        raise BadPlan(f"this corpus has a queue called {name!r} already; choose another name")
    queue = Queue.objects.create(
        corpus=corpus,
        name=name[:120],
        kind=kind,
        rubric_version=rubric_version,
        draw=draw,
        policy=draw.policy,
        overlap=overlap,
        blind=kind in _BLIND if blind is None else blind,
        gold_share=gold_share,
        lease_seconds=lease_seconds,
        who=who or {},
        needs_preview=needs_preview and not corpus.is_synthetic,
        created_by=created_by,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotation_item (queue_id, draw_item_id, position, clip_id, pair_id, persons_id, question, context,"
            " gold_answer, state) SELECT %s, id, position, clip_id, pair_id, persons_id, '', '{}', '', 'open'"
            " FROM annotation_drawitem WHERE draw_id = %s",
            [queue.pk, draw.pk],
        )
    slots_add(queue=queue, overlap=overlap)
    return queue


def slots_add(*, queue: Queue, overlap: int) -> int:
    """Give every item of the queue its places; existing ones stay. Returns how many were added."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotation_slot (queue_id, item_id, number, position, state, attempts)"
            " SELECT i.queue_id, i.id, n, i.position, 'free', 0 FROM annotation_item i"
            " CROSS JOIN generate_series(1, %s) n WHERE i.queue_id = %s ORDER BY i.position, n"
            " ON CONFLICT (item_id, number) DO NOTHING",
            [overlap, queue.pk],
        )
        return int(cursor.rowcount)


@transaction.atomic
def queue_state_set(*, queue: Queue, state: str) -> Queue:
    """Open, pause or close. A closed queue stays closed; judgments under way when it pauses are still taken."""
    locked = Queue.objects.select_for_update().get(pk=queue.pk)
    if state not in Queue.State.values:
        raise BadPlan(f"{state!r} is no state; there are {', '.join(Queue.State.values)}")
    if locked.state == Queue.State.CLOSED and state != Queue.State.CLOSED:
        raise QueueIsClosed("This queue is closed. Make a new one from the same filter instead.")
    locked.state = state
    locked.save(update_fields=["state"])
    return locked
