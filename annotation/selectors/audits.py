"""What an audit rests on: the drawn items in their order, every blind vote on them, and how they were drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from annotation.certificates import TIER_ACCEPTS, Cast, Design, DrawnRecord, Procedure, Stratum
from annotation.models import Draw, Judgment, Queue
from annotation.rubrics.parts import CANNOT
from annotation.sampling import Effort
from annotation.selectors.queues import queue_progress
from annotation.services.settling import MOST_DECLINED, PANEL_SHARE
from curation.policies.tiers import Tier

LEVELS = tuple(TIER_ACCEPTS)
_DESIGNS = {
    Draw.Design.SIMPLE: "simple",
    Draw.Design.CENSUS: "census",
    Draw.Design.STRATIFIED: "stratified",
    Draw.Design.POISSON: "poisson",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """What the facts say of a drawn item: its source, and the policy's proposal (None: not proposed)."""

    source: int
    purpose: str
    proposed: Tier | None
    failing: int
    missing: int


@dataclass(frozen=True, slots=True)
class AuditItem:
    """One drawn item with the votes on ``question``, and its facts."""

    record: DrawnRecord
    facts: Placed


def audit_questions(queue: Queue) -> list[str]:
    """The questions that the queue's rubric asks."""
    return [one["key"] for one in queue.rubric_version.questions]


def audit_procedure(queue: Queue, *, question: str = "tier") -> Procedure:
    """The reference procedure of a queue. A question other than the tier accepts its first answer."""
    accepts: Mapping[str, tuple[str, ...]] = TIER_ACCEPTS
    if question != "tier":
        asked = next(one for one in queue.rubric_version.questions if one["key"] == question)
        first = asked["options"][0]["key"]
        accepts = {first: (first,)}
    return Procedure(
        question=question,
        overlap=queue.overlap,
        accepts=accepts,
        panel_share=PANEL_SHARE if queue.kind == Queue.Kind.AUDIT else 0.0,
        panel_seed=str(queue.pk),
        most_declined=MOST_DECLINED,
    )


def audit_design(queue: Queue) -> Design:
    """How the queue's items were drawn; raises ``InputError`` for an ordered draw, which enters no estimate."""
    draw = queue.draw
    kind = _DESIGNS.get(Draw.Design(draw.design), draw.design)
    strata = tuple(Stratum(row["name"], row["N"], row["n"]) for row in draw.strata)
    return Design(kind, draw.frame_count, draw.items.count(), strata if kind == "stratified" else ())


def audit_items(
    queue: Queue, *, question: str = "tier", levels: Mapping[int, str] | str, blind: bool = True
) -> list[AuditItem]:
    """Every drawn clip of the queue in the drawn order. Only judgments that count and were given blind are votes.

    ``levels``: what is claimed of each clip (clip id → level), or of all of them. ``blind=False`` reads those given
    with the proposal in sight instead, which enter no estimate.
    """
    votes, panels = _votes(queue, question, blind)
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, {"queue": queue.pk, "policy": queue.draw.policy_id})
        rows = cursor.fetchall()
    found = []
    for (
        item,
        position,
        clip,
        stratum,
        chance,
        number,
        purpose,
        seconds,
        out,
        source,
        tier,
        failing,
        missing,
    ) in rows:
        record = DrawnRecord(
            item=item,
            position=position,
            clip=clip,
            seconds=seconds,
            level=levels if isinstance(levels, str) else levels[clip],
            stratum=stratum,
            probability=chance,
            number=number,
            out=out,
            votes=tuple(votes.get(item, ())),
            panel=panels.get(item),
        )
        proposed = None if tier is None else Tier(tier)
        found.append(AuditItem(record, Placed(source, purpose, proposed, failing or 0, missing or 0)))
    return found


def audit_effort(queue: Queue, *, disputed: int = 0, settled: int = 0) -> Effort:
    """What an item of this queue costs, from its own pace and disputes where there are any yet."""
    seconds = queue_progress(queue).seconds
    plain = Effort()
    return Effort(
        seconds=plain.seconds if seconds is None else float(seconds),
        overlap=queue.overlap,
        dispute_share=disputed / settled if settled >= 20 else plain.dispute_share,
        panel_share=PANEL_SHARE,
    )


def audit_dates(queue: Queue) -> tuple[datetime | None, datetime | None]:
    """When the first and the latest judgment of the queue and its panel came."""
    found = Judgment.objects.filter(queue__in=[queue.pk, *queue.adjudications.values_list("pk", flat=True)])
    times = found.aggregate(first=Min("received_at"), last=Max("received_at"))
    return times["first"], times["last"]


def _votes(queue: Queue, question: str, blind: bool) -> tuple[dict[int, list[Cast]], dict[int, Cast]]:
    """``(item → votes in the order of their places, item → the panel's)``."""
    votes: dict[int, list[Cast]] = {}
    panels: dict[int, Cast] = {}
    with connection.cursor() as cursor:
        cursor.execute(_VOTES, {"queue": queue.pk, "blind": blind})
        for item, is_panel, *judgment in cursor.fetchall():
            cast = _cast(question, *judgment)
            if cast is None:
                continue
            if is_panel:
                panels.setdefault(item, cast)
            else:
                votes.setdefault(item, []).append(cast)
    return votes, panels


def _cast(
    question: str,
    id: Any,
    rater: str,
    kind: str,
    asked: str,
    answer: str,
    more: dict[str, str] | None,
    reasons: list[str],
    seen: bool,
    watched: float | None,
) -> Cast | None:
    said: str | None
    if kind == Judgment.Kind.CANNOT or answer == CANNOT:
        said = None
    elif asked == question:
        said = answer
    elif more and question in more:
        said = more[question]
    else:  # another question was put: this judgment says nothing of ours
        return None
    return Cast(str(id), rater, said, tuple(reasons or ()), bool(seen), watched)


# A clip that left after it was drawn will never be judged: what is open then is out.
_ITEMS = """
SELECT i.id, d.position, i.clip_id, d.stratum, d.inclusion_probability, d.permanent_number, d.purpose,
       c.end_s - c.start_s,
       i.state = 'out' OR (i.state <> 'settled' AND (c.withdrawn_at IS NOT NULL OR s.withdrawn_at IS NOT NULL)),
       c.source_id, p.tier, p.failing, p.missing
FROM annotation_item i
JOIN annotation_drawitem d ON d.id = i.draw_item_id
JOIN curation_clip c ON c.id = i.clip_id
JOIN curation_source s ON s.id = c.source_id
LEFT JOIN curation_proposal p ON p.policy_id = %(policy)s AND p.clip_id = c.id
WHERE i.queue_id = %(queue)s
ORDER BY d.position
"""
_VOTES = """
SELECT coalesce(i.origin_id, i.id), i.origin_id IS NOT NULL, j.id, r.pseudonym, j.kind, j.question, j.answer,
       j.details -> 'answers', j.reasons, coalesce((j.details ->> 'seen')::boolean, false), j.watched_share
FROM annotation_item i
JOIN annotation_slot s ON s.item_id = i.id
JOIN annotation_judgment j ON j.id = s.judgment_id
JOIN annotation_rater r ON r.id = j.rater_id
LEFT JOIN annotation_item o ON o.id = i.origin_id
WHERE (i.queue_id = %(queue)s OR o.queue_id = %(queue)s) AND j.counted AND j.blind = %(blind)s AND j.kind <> 'retraction'
ORDER BY i.id, s.number
"""
