"""Anchoring: clips that an audit left are judged with the proposal in sight, by other people, to see how far it pulls."""

from __future__ import annotations

from django.db import transaction

from annotation.errors import BadPlan
from annotation.models import Draw, Queue
from annotation.selectors.frames import frame_of
from annotation.services.draws import draw_make
from annotation.services.queues import queue_create
from curation.models import User


@transaction.atomic
def anchoring_open(*, audit: Queue, size: int, created_by: User | None = None) -> Queue:
    """Open a queue to verify ``size`` clips drawn at random from what ``audit`` left of its list.

    Which clip is judged blind and which in sight is thus chance, none is judged both ways, and whoever judges in one of
    the two queues may not claim from the other. Raises ``BadPlan``.
    """
    if audit.kind != Queue.Kind.AUDIT or audit.policy is None:
        raise BadPlan("only clips of an audit under a policy can be shown to others with its proposal")
    if "apart_from" in audit.who:
        raise BadPlan("this audit has its clips with the proposal in sight already")
    draw = draw_make(
        corpus=audit.corpus,
        policy=audit.policy,
        design=Draw.Design.SIMPLE,
        frame=frame_of(audit.draw),
        size=size,
        seed=audit.draw.seed,
        apart_from=audit.draw,
    )
    queue = queue_create(
        corpus=audit.corpus,
        name=f"{audit.name[:96]}, proposal in sight",
        kind=Queue.Kind.VERIFY,
        rubric_version=audit.rubric_version,
        draw=draw,
        blind=False,
        lease_seconds=audit.lease_seconds,
        who={**audit.who, "apart_from": audit.pk},
        needs_preview=audit.needs_preview,
        created_by=created_by,
    )
    audit.who = {**audit.who, "apart_from": queue.pk}
    audit.save(update_fields=["who"])
    return queue
