"""Disputes: each becomes an item of the queue's adjudication queue, for somebody who has not voted on it."""

from __future__ import annotations

from django.db.models import Max

from annotation.models import Item, Queue, Slot
from curation.prepared import rows_of
from curation.services.locks import named_lock

_OPEN_DISPUTE = "SELECT 1 FROM annotation_item WHERE origin_id = %s AND state = 'open'"


def adjudication_queue(*, queue: Queue) -> Queue:
    """The queue that settles the disputes of ``queue``, made on the first one."""
    found = Queue.objects.filter(origin=queue, kind=Queue.Kind.ADJUDICATION).first()
    if found is not None:
        return found
    named_lock(f"adjudication {queue.pk}")
    found = Queue.objects.filter(origin=queue, kind=Queue.Kind.ADJUDICATION).first()
    if found is not None:
        return found
    return Queue.objects.create(
        corpus_id=queue.corpus_id,
        name=f"Disputes of {queue.name}"[:120],
        kind=Queue.Kind.ADJUDICATION,
        rubric_version_id=queue.rubric_version_id,
        # Disputes were drawn with their queue: the draw, its probabilities included, stays the same.
        draw_id=queue.draw_id,
        policy_id=queue.policy_id,
        overlap=1,
        blind=True,
        lease_seconds=queue.lease_seconds,
        needs_preview=queue.needs_preview,
        who={key: value for key, value in queue.who.items() if key == "match_language"},
        created_by_id=queue.created_by_id,
        origin=queue,
    )


def dispute_open(*, item: Item, queue: Queue) -> Item:
    """Put a disputed item before the panel. Asking again changes nothing."""
    panel = adjudication_queue(queue=queue)
    found = Item.objects.filter(origin=item).first()
    if found is not None:
        if found.state == Item.State.OUT:
            Item.objects.filter(pk=found.pk).update(state=Item.State.OPEN)
            found.slots.filter(state=Slot.State.OUT).update(state=Slot.State.FREE)
        return found
    named_lock(f"dispute {panel.pk}")
    position = (panel.items.aggregate(last=Max("position"))["last"] or 0) + 1
    found = Item.objects.create(
        queue=panel,
        draw_item_id=item.draw_item_id,
        position=position,
        clip_id=item.clip_id,
        pair_id=item.pair_id,
        persons_id=item.persons_id,
        question=item.question,
        context=item.context,
        origin=item,
    )
    Slot.objects.create(queue=panel, item=found, number=1, position=position)
    return found


def dispute_close(*, item: Item) -> None:
    """Take back a dispute that is none any more, unless the panel has judged it."""
    if not rows_of(_OPEN_DISPUTE, [item.pk]):
        return
    panel = Item.objects.get(origin=item)
    panel.slots.exclude(state=Slot.State.DONE).update(
        state=Slot.State.OUT, rater=None, token=None, leased_until=None
    )
    Item.objects.filter(pk=panel.pk).update(state=Item.State.OUT)
