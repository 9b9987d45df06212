"""Reports: a rater met a problem; the clip is held until a curator has looked."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from annotation.errors import BadAnswer
from annotation.models import Item, Rater, Report, Slot
from curation.models import Clip

PROBLEMS: tuple[tuple[str, str], ...] = (
    ("broken", "It does not play"),
    ("privacy", "Somebody's privacy"),
    ("minor", "A child is shown"),
    ("illegal", "It should not exist"),
    ("other", "Something else"),
)


@transaction.atomic
def report_problem(*, rater: Rater, clip: Clip, problem: str, note: str = "") -> Report:
    """Hold a clip. It is offered to nobody until a curator resolves the report; leases on it are given back."""
    if problem not in dict(PROBLEMS):
        raise BadAnswer(f"{problem!r} is no problem that can be reported")
    Clip.objects.filter(pk=clip.pk, held_at__isnull=True).update(held_at=timezone.now())
    Slot.objects.filter(item__clip=clip, state=Slot.State.LEASED, rater=rater).update(
        state=Slot.State.FREE, rater=None, token=None, leased_until=None
    )
    return Report.objects.create(clip=clip, rater=rater, problem=problem, note=note.strip()[:4000])


@transaction.atomic
def report_resolve(*, report: Report, resolution: str) -> Report:
    """A curator's decision: ``release`` offers the clip again, ``keep_out`` takes its items out for good."""
    if resolution not in ("release", "keep_out"):
        raise BadAnswer("a report is resolved by release or keep_out")
    Report.objects.filter(clip=report.clip, resolved_at__isnull=True).update(
        resolved_at=timezone.now(), resolution=resolution
    )
    if resolution == "release":
        Clip.objects.filter(pk=report.clip_id).update(held_at=None)
    else:
        items = Item.objects.filter(clip=report.clip, state__in=[Item.State.OPEN, Item.State.DISPUTED])
        Slot.objects.filter(item__in=items).exclude(state=Slot.State.DONE).update(
            state=Slot.State.OUT, rater=None, token=None, leased_until=None
        )
        items.update(state=Item.State.OUT)
    report.refresh_from_db()
    return report
