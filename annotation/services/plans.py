"""A queue from a plan, in one transaction: rubric, draw, items and places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from annotation.models import Draw, Queue
from annotation.services.draws import draw_make
from annotation.services.frames import FrameFilter
from annotation.services.identity_draws import persons_draw
from annotation.services.poisson_draws import DEFAULT_FLOOR
from annotation.services.queues import queue_create
from annotation.services.rubrics import rubric_preset
from curation.models import Corpus, Policy, User
from curation.services.locks import named_lock

RUBRIC_OF_KIND: dict[str, str] = {
    Queue.Kind.VERIFY: "tier",
    Queue.Kind.STUDY: "talkvid-seven",
    Queue.Kind.AUDIT: "tier",
    Queue.Kind.PAIRS: "pairs",
    Queue.Kind.IDENTITY: "identity",
}


@transaction.atomic
def queue_plan(
    *,
    corpus: Corpus,
    policy: Policy | None,
    name: str,
    kind: str = Queue.Kind.VERIFY,
    rubric: str = "tier",
    design: str = Draw.Design.CENSUS,
    frame: FrameFilter | None = None,
    subject: str = "clip",
    size: int | None = None,
    overlap: int = 1,
    blind: bool | None = None,
    seed: int | None = None,
    lease_seconds: int = 600,
    who: dict[str, Any] | None = None,
    needs_preview: bool = True,
    created_by: User | None = None,
    exist_ok: bool = False,
    priority: Mapping[int, float] | None = None,
    floor_share: float = DEFAULT_FLOOR,
) -> Queue:
    """Draw and open a queue; ``priority`` and ``floor_share`` as in ``draw_make``. With ``exist_ok`` a queue of that name is returned as it is. Raises ``BadPlan``."""
    named_lock(f"queue {corpus.pk} {name.strip()}")
    if exist_ok and (found := Queue.objects.filter(corpus=corpus, name=name.strip()).first()):
        return found
    if kind == Queue.Kind.IDENTITY:
        draw = persons_draw(corpus=corpus, size=size, seed=seed)
    else:
        draw = draw_make(
            corpus=corpus,
            policy=policy,
            design=design,
            frame=frame,
            subject=subject,
            size=size,
            seed=seed,
            split=kind in (Queue.Kind.STUDY, Queue.Kind.AUDIT),
            priority=priority,
            floor_share=floor_share,
        )
    return queue_create(
        corpus=corpus,
        name=name,
        kind=kind,
        rubric_version=rubric_preset(slug=rubric),
        draw=draw,
        overlap=overlap,
        blind=blind,
        lease_seconds=lease_seconds,
        who=who,
        needs_preview=needs_preview,
        created_by=created_by,
    )
