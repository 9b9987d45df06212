"""Estimates of audits for the REST API: every figure with its interval, or the reason that there is none."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from annotation.estimation import Interval, Measure, Undefined
from annotation.models import Queue
from annotation.selectors.audits import LEVELS
from annotation.selectors.estimates import audit_report
from annotation.selectors.losses import Part
from curation.errors import NotFound, RushesError

router = Router(tags=["review"])


class BadLevel(RushesError):
    """A tier that no audit asks about."""

    code = "bad_level"


class IntervalOut(Schema):
    """Two bounds by a method; without them, why they are withheld."""

    lower: float | None
    upper: float | None
    confidence: float | None
    method: str | None
    approximate: bool | None
    reason: str | None


class MeasureOut(Schema):
    """A number, how many observations it rests on, and its interval; NULL is not defined, with the reason."""

    value: float | None
    n: int | None
    interval: IntervalOut | None
    notes: list[str]
    reason: str | None


class PartOut(Schema):
    """A part of the list: what was drawn, what of it is settled, the share and the hours that people accept."""

    clips: int | None = Field(description="clips of this part in the list; NULL where the draw does not say")
    drawn: int
    settled: int = Field(
        description="the longest settled head of the drawn order: what every figure rests on"
    )
    accepted: int
    refused: int
    share: MeasureOut
    sequence: MeasureOut = Field(description="the share as it may be read after every judgment")
    hours: MeasureOut = Field(description="share of the hours")


class EstimatesOut(Schema):
    """What an audit says. ``reason`` says why a queue's judgments enter no estimate; then all else is NULL."""

    queue: int
    reason: str | None
    level: str | None
    target: float | None
    whole: PartOut | None
    kept: PartOut | None = Field(description="what the policy keeps at the level or better")
    left: PartOut | None = Field(description="what it leaves out")
    recall: MeasureOut | None
    lost_clips: MeasureOut | None
    lost_hours: MeasureOut | None


@router.get(
    "/queues/{int:queue}/estimates", response=EstimatesOut, url_name="estimates", operation_id="estimates"
)
def estimates(
    request: HttpRequest,
    queue: int = Path(..., ge=0, le=2**62),
    level: str = Query("sft", max_length=20, description="the tier asked about, for an audit of a corpus"),
) -> dict[str, Any]:
    """Every figure of one audit, as its page shows them."""
    if level not in LEVELS:
        raise BadLevel(f"level: {level!r} is none of {', '.join(LEVELS)}")
    found = Queue.objects.select_related("corpus__active_policy", "draw__policy").filter(pk=queue).first()
    if found is None:
        raise NotFound(f"there is no queue {queue}")
    report = audit_report(found, level=level)
    told: dict[str, Any] = dict.fromkeys(EstimatesOut.model_fields)
    if isinstance(report, Undefined):
        return {**told, "queue": queue, "reason": report.reason}
    lost = report.lost
    return {
        **told,
        "queue": queue,
        "level": report.level if report.subset is None else None,
        "target": report.target,
        "whole": _part(report.whole),
        "kept": report.kept and _part(report.kept),
        "left": report.left and _part(report.left),
        "recall": lost and _measure(lost.recall),
        "lost_clips": lost and _measure(lost.clips),
        "lost_hours": lost and _measure(lost.hours),
    }


def _part(part: Part) -> dict[str, Any]:
    counts = part.found.counts
    return {
        "clips": part.population,
        "drawn": counts.drawn,
        "settled": counts.prefix,
        "accepted": counts.accepted,
        "refused": counts.refused,
        "share": _measure(part.found.share),
        "sequence": _measure(part.found.sequence),
        "hours": _measure(part.found.hours),
    }


def _measure(measure: Measure) -> dict[str, Any]:
    if isinstance(measure, Undefined):
        return {"value": None, "n": None, "interval": None, "notes": [], "reason": measure.reason}
    return {
        "value": measure.value,
        "n": measure.n,
        "interval": _interval(measure.interval),
        "notes": list(measure.notes),
        "reason": None,
    }


def _interval(found: Interval | Undefined) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(IntervalOut.model_fields)
    if isinstance(found, Undefined):
        return {**told, "reason": found.reason}
    return told | {
        name: getattr(found, name) for name in ("lower", "upper", "confidence", "method", "approximate")
    }
