"""A draw's frame as it stands now: sizes and hours by proposed tier, if it is still the list that was drawn from."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from annotation.estimation import Undefined
from annotation.models import Draw, Queue
from annotation.services.frames import FrameFilter, filter_from, frame_query
from curation.policies.tiers import Tier

_NOT_A_FILTER = ("subject", "plan")


@dataclass(frozen=True, slots=True)
class Amount:
    """Clips and their seconds."""

    clips: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FrameNow:
    """By proposed tier; None: not proposed."""

    by_tier: dict[Tier | None, Amount]


def frame_of(draw: Draw) -> FrameFilter:
    """The filter that the draw's list was made by."""
    return filter_from({key: value for key, value in draw.frame.items() if key not in _NOT_A_FILTER})


def frame_now(queue: Queue) -> FrameNow | Undefined:
    """The frame of the queue's draw, counted again. Not defined once it is not the list that was drawn from."""
    draw = queue.draw
    query = frame_query(
        corpus=queue.corpus,
        policy=draw.policy,
        subject=draw.frame.get("subject", "clip"),
        frame=frame_of(draw),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.tier, count(*), coalesce(sum(t.end_s - t.start_s), 0) FROM {query.text} GROUP BY p.tier",
            query.parameters,
        )
        found = {
            None if tier is None else Tier(tier): Amount(clips, float(seconds))
            for tier, clips, seconds in cursor.fetchall()
        }
    total = sum(amount.clips for amount in found.values())
    drawn = {row["name"]: row["N"] for row in draw.strata if row["name"]}
    now = {("none" if tier is None else str(int(tier))): amount.clips for tier, amount in found.items()}
    if total != draw.frame_count or (drawn and {k: v for k, v in drawn.items() if v} != now):
        return Undefined(
            f"the list has changed since it was drawn ({draw.frame_count:,} clips then, {total:,} now), so its hours "
            "are not those of the draw"
        )
    return FrameNow(found)
