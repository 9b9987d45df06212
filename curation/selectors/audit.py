"""The audit log for reading: allow-listed filters, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from curation.models import AuditEvent, AuditLink, User

PAGE = 100


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What of the log is wanted; what is empty bounds nothing."""

    action: str = ""
    actor: str = ""
    object_type: str = ""
    object_id: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event, who did it in words, and whether it is sealed."""

    event: AuditEvent
    actor: str
    address: str
    sealed: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Rows, newest first; ``before`` leads to older ones."""

    rows: list[AuditRow]
    before: int | None
    head: AuditLink | None


def audit_filter(said: Mapping[str, str]) -> AuditFilter:
    """From an address; what cannot be read bounds nothing."""

    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(said.get(name, ""))
        except ValueError:
            return None

    return AuditFilter(
        action=said.get("action", "")[:60],
        actor=said.get("actor", "")[:150],
        object_type=said.get("object_type", "")[:40],
        object_id=said.get("object_id", "")[:64],
        since=day("since"),
        until=day("until"),
    )


def audit_page(wanted: AuditFilter, *, before: int | None = None) -> AuditPage:
    """Events that fit, the newest first."""
    events = AuditEvent.objects.select_related("origin", "link").order_by("-pk")
    if wanted.action:
        events = events.filter(action=wanted.action)
    if wanted.actor:
        events = events.filter(actor_id__in=User.objects.filter(username=wanted.actor).values("pk"))
    if wanted.object_type:
        events = events.filter(object_type=wanted.object_type)
    if wanted.object_id:
        events = events.filter(object_id=wanted.object_id)
    if wanted.since:
        events = events.filter(at__gte=_midnight(wanted.since))
    if wanted.until:
        events = events.filter(at__lt=_midnight(wanted.until) + timedelta(days=1))
    if before:
        events = events.filter(pk__lt=before)
    found = list(events[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    names = dict(
        User.objects.filter(pk__in={event.actor_id for event in found}).values_list("pk", "username")
    )
    rows = [
        AuditRow(
            event,
            _who(event.actor_id, names),
            str(event.origin.address) if hasattr(event, "origin") else str(event.address or ""),
            hasattr(event, "link"),
        )
        for event in found
    ]
    head = AuditLink.objects.order_by("-position").first()
    return AuditPage(rows, found[-1].pk if more else None, head)


def audit_actions() -> list[str]:
    """Every action that the log holds."""
    return list(AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct())


def _who(actor_id: int | None, names: Mapping[int, str]) -> str:
    if actor_id is None:
        return ""
    return names.get(actor_id, f"login {actor_id}, gone")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
