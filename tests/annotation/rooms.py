"""Queues ready to claim from, and answers to give, for the tests of review."""

from __future__ import annotations

import uuid
from typing import Any

from annotation.models import Queue, Rater, Slot
from annotation.services.claims import Claimed, slot_claim
from annotation.services.draws import draw_make
from annotation.services.judgments import Answer, Taken, judgment_submit
from annotation.services.queues import queue_create
from annotation.services.raters import rater_for_user
from annotation.services.rubrics import rubric_preset
from tests import factories


def rater() -> Rater:
    return rater_for_user(user=factories.user("annotator"))


def verify_queue(world: factories.World | None = None, *, overlap: int = 1, **fields: Any) -> Queue:
    """Every clip of a small world, to verify."""
    world = world or factories.world()
    return queue_create(
        **{
            "corpus": world.corpus,
            "name": f"queue {factories.number()}",
            "kind": Queue.Kind.VERIFY,
            "rubric_version": rubric_preset(slug="tier"),
            "draw": draw_make(corpus=world.corpus, policy=world.policy),
            "overlap": overlap,
            "needs_preview": False,
            **fields,
        }
    )


def claim(queue: Queue, who: Rater) -> Claimed:
    found = slot_claim(queue=queue, rater=who)
    assert isinstance(found, Claimed), found
    return found


def say(who: Rater, slot_id: int, tier: str = "sft", *, id: uuid.UUID | None = None, **fields: Any) -> Taken:
    """Submit a tier for a slot; ``kind="cannot"`` and the like through ``fields``."""
    supersedes = fields.pop("supersedes", None)
    answers = fields.pop("answers", None) or ({} if fields.get("kind") == "cannot" else {"tier": tier})
    return judgment_submit(
        id=id or uuid.uuid4(),
        rater=who,
        slot_id=slot_id,
        supersedes=supersedes,
        answer=Answer(answers=answers, **fields),
    )


def expire(slot_id: int) -> None:
    """Let a lease run out now."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_slot SET leased_until = clock_timestamp() - interval '1 second' WHERE id = %s",
            [slot_id],
        )


def states(queue: Queue) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Slot.objects.filter(queue=queue).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found
