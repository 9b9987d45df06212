"""Golds: settled items that are given out again, silently, to see how a rater answers them. They settle nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from annotation.errors import BadPlan
from annotation.models import Draw, Item, Queue
from annotation.services.draws import draw_make
from annotation.services.frames import FrameFilter
from curation.selectors.verdicts import stands

TRAINING, MEASURING = "training", "measuring"
MOST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class _Gold:
    clip_id: int | None
    pair_id: int | None
    question: str
    answer: str
    purpose: str
    verdict: int


@transaction.atomic
def golds_mix(*, queue: Queue, settled: Queue, share: float, most: int = 200) -> Queue:
    """Mix up to ``most`` settled items of the queue ``settled`` into ``queue``, as ``share`` (0 to 0.5) of what it gives.

    What a blind panel settled in an audit *measures* raters; everything else only *trains*, and the two are never
    added up. The questions must be those of ``queue``. Raises ``BadPlan``.
    """
    if queue.kind in (Queue.Kind.ADJUDICATION, *Queue.UNCOUNTED):
        raise BadPlan(f"golds are not mixed into {queue.get_kind_display()}")
    if not 0 < share <= MOST_SHARE:
        raise BadPlan(f"the share of golds lies above 0 and at most {MOST_SHARE}, not {share}")
    if settled.corpus_id != queue.corpus_id:
        raise BadPlan("the golds belong to another corpus")
    if Queue.objects.filter(golds_of=queue).exists():
        raise BadPlan("this queue has its golds already; make a new queue to change them")
    found = _settled(settled, queue)[:most]
    if not found:
        raise BadPlan(f"nothing that people settled in “{settled.name}” answers the questions of this queue")
    subject = "pair" if found[0].pair_id else "clip"
    ids = tuple(int(one.pair_id or one.clip_id or 0) for one in found)
    golds = Queue.objects.create(
        corpus_id=queue.corpus_id,
        name=f"Golds of queue {queue.pk}",
        kind=Queue.Kind.GOLD,
        rubric_version_id=queue.rubric_version_id,
        draw=draw_make(
            corpus=queue.corpus,
            policy=queue.policy,
            design=Draw.Design.ORDERED,
            frame=FrameFilter(ids=ids),
            subject=subject,
        ),
        policy_id=queue.policy_id,
        blind=queue.blind,
        lease_seconds=queue.lease_seconds,
        needs_preview=queue.needs_preview,
        created_by_id=queue.created_by_id,
        golds_of=queue,
    )
    kept = {one.pair_id or one.clip_id for one in golds.draw.items.all()}
    Item.objects.bulk_create(
        Item(
            queue=golds,
            position=position,
            clip_id=one.clip_id,
            pair_id=one.pair_id,
            question=one.question if _asks_one(queue) else "",
            gold_answer=one.answer,
            context={"gold": one.purpose, "verdict": one.verdict},
        )
        for position, one in enumerate(found, start=1)
        if (one.pair_id or one.clip_id) in kept
    )
    queue.gold_share = share
    queue.save(update_fields=["gold_share"])
    return golds


def _asks_one(queue: Queue) -> bool:
    """Whether each of the queue's items asks one question of several, as in a study."""
    return queue.items.exclude(question="").exists()


def _settled(settled: Queue, queue: Queue) -> list[_Gold]:
    """The standing verdicts of ``settled`` on what ``queue`` asks, in random order that the pair of queues fixes."""
    questions = [one["key"] for one in queue.rubric_version.questions]
    # A page of several questions is compared on its first one.
    asked = questions if _asks_one(queue) else questions[:1]
    pairs = queue.kind == Queue.Kind.PAIRS
    panel = settled.kind == Queue.Kind.AUDIT
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT v.clip_id, v.pair_id, v.question, v.answer, v.method, v.blind, v.id
            FROM annotation_item i JOIN curation_verdict v
              ON (v.clip_id = i.clip_id OR v.pair_id = i.pair_id) AND (v.evidence->>'item')::bigint = i.id
            WHERE i.queue_id = %s AND i.state = 'settled' AND v.question = ANY(%s) AND (v.pair_id IS NOT NULL) = %s
              AND {stands("v")}
            ORDER BY md5(%s || v.id), v.id
            """,
            [settled.pk, asked, pairs, f"{queue.pk}:"],
        )
        rows = cursor.fetchall()
    return [
        _Gold(clip, pair, question, answer, _purpose(panel, method, blind), verdict)
        for clip, pair, question, answer, method, blind, verdict in rows
    ]


def _purpose(audit: bool, method: str, blind: bool) -> str:
    return MEASURING if audit and blind and method in ("panel", "majority") else TRAINING
