"""Queues and judgments for the REST API."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from annotation.models import Judgment, Queue
from annotation.selectors.queues import queue_progress
from curation.api.paging import Place, page_of
from curation.errors import NotFound
from curation.models import Corpus

router = Router(tags=["review"])
MOST = 500


class QueueOut(Schema):
    """A queue and how far it is."""

    id: int
    name: str
    kind: str
    state: str
    overlap: int
    blind: bool
    items: int
    settled: int
    judgments_left: int


class QueuePage(Schema):
    """A page of queues."""

    items: list[QueueOut]
    next: int | None


class JudgmentOut(Schema):
    """What one rater (a pseudonym) said."""

    id: uuid.UUID
    item: int
    clip: int | None
    pair: int | None
    rater: str
    kind: str
    question: str
    answer: str | None
    reasons: list[Any]
    counted: bool
    blind: bool
    supersedes: uuid.UUID | None
    active_s: float | None
    received_at: datetime


class JudgmentPage(Schema):
    """A page of judgments by their ids."""

    items: list[JudgmentOut]
    next: uuid.UUID | None


class JudgmentPlace(Schema):
    """Where a page begins: after the id of a judgment."""

    after: uuid.UUID | None = None
    limit: int = Field(100, ge=1, le=MOST)


@router.get("/corpora/{slug:corpus}/queues", response=QueuePage, url_name="queues", operation_id="queues")
def queues(request: HttpRequest, place: Query[Place], corpus: str = Path(...)) -> dict[str, Any]:
    """Queues and how far each is."""
    found = Corpus.objects.filter(slug=corpus).first()
    if found is None:
        raise NotFound(f"there is no corpus {corpus!r}")
    return page_of(Queue.objects.filter(corpus=found), place, _queue)


@router.get(
    "/queues/{int:queue}/judgments", response=JudgmentPage, url_name="judgments", operation_id="judgments"
)
def judgments(
    request: HttpRequest, place: Query[JudgmentPlace], queue: int = Path(..., ge=0, le=2**62)
) -> dict[str, Any]:
    """Everything that was said in a queue, corrections and surplus ones too; free text is left out."""
    if not Queue.objects.filter(pk=queue).exists():
        raise NotFound(f"there is no queue {queue}")
    rows = Judgment.objects.filter(queue=queue).select_related("rater").order_by("id")
    if place.after is not None:
        rows = rows.filter(id__gt=place.after)
    found = list(rows[: place.limit + 1])
    more, found = len(found) > place.limit, found[: place.limit]
    return {"items": [_judgment(each) for each in found], "next": found[-1].id if more else None}


def _queue(queue: Queue) -> dict[str, Any]:
    progress = queue_progress(queue)
    return {
        "id": queue.pk,
        "name": queue.name,
        "kind": queue.kind,
        "state": queue.state,
        "overlap": queue.overlap,
        "blind": queue.blind,
        "items": progress.items,
        "settled": progress.settled,
        "judgments_left": progress.left,
    }


def _judgment(row: Judgment) -> dict[str, Any]:
    return {
        "id": row.id,
        "item": row.item_id,
        "clip": row.clip_id,
        "pair": row.pair_id,
        "rater": row.rater.pseudonym,
        "kind": row.kind,
        "question": row.question,
        "answer": row.answer or None,
        "reasons": row.reasons,
        "counted": row.counted,
        "blind": row.blind,
        "supersedes": row.supersedes_id,
        "active_s": row.active_seconds,
        "received_at": row.received_at,
    }
