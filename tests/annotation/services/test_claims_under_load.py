"""The invariants of claiming over real connections: 64 at once, leases that run out, raters who vanish."""

from __future__ import annotations

import os
import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from annotation.models import Draw, DrawItem, Judgment, Queue, Rater, Slot
from annotation.services.claims import Claimed, slot_claim
from annotation.services.judgments import Answer, judgment_submit
from annotation.services.queues import queue_create
from annotation.services.rubrics import rubric_preset
from curation.models import Clip, Verdict
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 64
# The suite stays quick; RUSHES_LOAD=10 runs the same with ten times as many items.
SCALE = int(os.environ.get("RUSHES_LOAD", "1"))


def room(items: int, overlap: int, lease_seconds: int = 600) -> Queue:
    """A queue of so many bare clips: claiming needs no scores."""
    source, recipe = factories.source(), factories.recipe()
    clips = Clip.objects.bulk_create(
        Clip(corpus=source.corpus, source=source, recipe=recipe, start_s=n, end_s=n + 0.5)
        for n in range(items)
    )
    draw = Draw.objects.create(
        corpus=source.corpus, design="census", seed=1, frame={}, frame_count=items, frame_sha256="0" * 64
    )
    DrawItem.objects.bulk_create(
        DrawItem(draw=draw, position=n, clip=clip, inclusion_probability=1.0)
        for n, clip in enumerate(clips, 1)
    )
    return queue_create(
        corpus=source.corpus,
        name="load",
        kind=Queue.Kind.VERIFY,
        rubric_version=rubric_preset(slug="tier"),
        draw=draw,
        overlap=overlap,
        lease_seconds=lease_seconds,
        needs_preview=False,
    )


def work(queue: Queue, raters: list[Rater], *, vanish: float, twice: float, late: float) -> list[str]:
    """Everybody claims and judges until there is nothing left; returns what went wrong."""
    problems: list[str] = []
    start = threading.Barrier(len(raters))

    def one(rater: Rater) -> None:
        chance = random.Random(rater.pk)
        mine = Queue.objects.get(pk=queue.pk)
        start.wait()
        try:
            while True:
                found = slot_claim(queue=mine, rater=rater)
                if not isinstance(found, Claimed):
                    if found.state == "done":
                        return
                    continue
                if chance.random() < vanish:
                    _expire(found.slot_id)  # closes the lid of the laptop; the lease runs out
                    if chance.random() < late:
                        _submit(rater, found, chance)
                    continue
                _submit(rater, found, chance, again=chance.random() < twice)
        except Exception as error:
            problems.append(repr(error))
        finally:
            connections.close_all()

    def _submit(rater: Rater, found: Claimed, chance: random.Random, *, again: bool = False) -> None:
        id = uuid.uuid4()
        for _ in range(2 if again else 1):
            judgment_submit(id=id, rater=rater, slot_id=found.slot_id, answer=Answer(answers={"tier": "sft"}))

    with ThreadPoolExecutor(len(raters)) as pool:
        list(pool.map(one, raters))
    return problems


def _expire(slot_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_slot SET leased_until = clock_timestamp() - interval '1 second'"
            " WHERE id = %s AND state = 'leased'",
            [slot_id],
        )


@pytest.mark.parametrize(
    ("items", "overlap", "vanish"), [(1000, 1, 0.0), (200, 2, 0.1), (130, 3, 0.2)], ids=str
)
def test_every_item_gets_its_overlap_and_never_one_more(items, overlap, vanish):
    items *= SCALE
    queue = room(items, overlap)
    raters = [Rater.objects.create(pseudonym=f"rater-{n}") for n in range(THREADS)]
    assert work(queue, raters, vanish=vanish, twice=0.1, late=0.5) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(n), min(n), max(n - d) FROM (SELECT item_id, count(*) AS n, count(DISTINCT rater_id) AS d"
            " FROM annotation_judgment WHERE counted GROUP BY item_id) x"
        )
        most, least, doubled = cursor.fetchone()
    assert (most, least, doubled) == (overlap, overlap, 0)
    assert Judgment.objects.filter(counted=True).count() == items * overlap
    assert Slot.objects.filter(queue=queue, state="done").count() == items * overlap
    assert queue.items.filter(state="settled").count() == Verdict.objects.count() == items
    assert set(Judgment.objects.filter(counted=False).values_list("surplus_reason", flat=True)) <= {
        "full",
        "second_by_same_rater",
    }


def test_two_tabs_of_the_same_rater_never_hold_two_places_of_one_item():
    queue = room(60, 3)
    rater = Rater.objects.create(pseudonym="two-tabs")
    held: list[Claimed] = []

    def tab(_: int) -> None:
        mine: list[int] = []
        try:
            while isinstance(found := slot_claim(queue=queue, rater=rater, have=mine), Claimed):
                mine.append(found.slot_id)
                held.append(found)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tab, range(8)))
    assert {one.item_id for one in held} == set(queue.items.values_list("id", flat=True))
    assert len({one.slot_id for one in held}) == 60
