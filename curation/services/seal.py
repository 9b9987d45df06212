"""Sealing the audit log: committed events are chained by hash, and the head of the chain is published outside.

Each link's hash covers its event and the link before it, so that a changed, missing or added event shows from its
place on; the heads in ``var/audit-heads.jsonl`` show a chain that was cut at its end or written anew. Events are
chained in the order in which the sealer first sees them; one that commits late simply comes later. Copy the heads
file to where the database's administrators cannot write, or print it: that is what it is for.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from curation.models import AuditEvent, AuditLink
from curation.services.audit import origin_digest

GENESIS = hashlib.sha256(b"rushes audit chain 1").hexdigest()
BATCH = 1000
_TAIL = 4096  # bytes: the last heads, not the whole file
_SEALER = 0x52_53_48_41  # one sealer at a time, on however many machines


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the chain. ``position`` None: with the published heads as a whole."""

    position: int | None
    event_id: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying came to: links checked, heads compared, events not sealed yet, and what is wrong."""

    links: int
    heads: int
    unsealed: int
    faults: tuple[Fault, ...]


def heads_path() -> Path:
    """The file of published heads."""
    return Path(settings.VAR) / "audit-heads.jsonl"


def audit_seal() -> int:
    """Chain every committed event that is not yet, then publish the head. Returns how many; 0 where another seals."""
    sealed = 0
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER])
                if not cursor.fetchone()[0]:
                    return sealed
            count = _seal_batch()
        sealed += count
        _publish()
        if count < BATCH:
            return sealed


def audit_waits() -> bool:
    """Whether there is something to seal, by two look-ups."""
    newest = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest is not None and not AuditLink.objects.filter(event_id=newest).exists()


def _seal_batch() -> int:
    last = AuditLink.objects.order_by("-position").first()
    position, chain = (last.position, last.chain_sha256) if last else (0, GENESIS)
    links = []
    for event in AuditEvent.objects.filter(link=None).order_by("pk")[:BATCH]:
        position += 1
        chain = link_hash(chain, position, event)
        links.append(AuditLink(position=position, event_id=event.pk, chain_sha256=chain))
    AuditLink.objects.bulk_create(links)
    return len(links)


def link_hash(before: str, position: int, event: AuditEvent) -> str:
    """The hash of a link: over the one before, the place, and everything that the event says."""
    said = {
        "id": event.pk,
        "actor": event.actor_id,
        "action": event.action,
        "object": [event.object_type, event.object_id],
        "detail": event.detail,
        "request": event.request_id,
        "origin": event.origin_sha256,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{before} {position} {text}".encode()).hexdigest()


def _publish() -> None:
    """Add the present head to the file, unless it is the last one there; on disk before this returns."""
    last = AuditLink.objects.order_by("-position").first()
    if last is None:
        return
    path = heads_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(max(0, path.stat().st_size - _TAIL))
        if last.position <= max((position for position, _ in _heads(file)), default=0):
            return
        line = {
            "position": last.position,
            "chain_sha256": last.chain_sha256,
            "at": timezone.now().isoformat(),
        }
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _heads(lines: Any) -> Iterator[tuple[int, str]]:
    for line in lines:
        try:
            head = json.loads(line)
            yield int(head["position"]), str(head["chain_sha256"])
        except (ValueError, KeyError, TypeError):
            continue  # a line that a power cut broke; the next one says more


def audit_verify(*, heads: Path | None = None, most_faults: int = 20) -> Verified:
    """Recompute the chain from its first link and compare it with every published head."""
    path = heads or heads_path()
    published: dict[int, str] = {}
    faults: list[Fault] = []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    for position, said in _heads(lines):
        if published.setdefault(position, said) != said:
            faults.append(Fault(position, None, f"{path} holds two heads for {position}"))
    chain, expected, checked = GENESIS, 0, 0
    links = AuditLink.objects.order_by("position").values_list("position", "event_id", "chain_sha256")
    rows = list(links[:BATCH])
    while rows and len(faults) < most_faults:
        events = AuditEvent.objects.select_related("origin").in_bulk([event_id for _, event_id, _ in rows])
        for position, event_id, claimed in rows:
            expected += 1
            checked += 1
            if position != expected:
                faults.append(Fault(position, event_id, f"links {expected} to {position - 1} are missing"))
                expected = position
            event = events.get(event_id)
            if event is None:
                faults.append(Fault(position, event_id, f"event {event_id} is missing"))
            else:
                if link_hash(chain, position, event) != claimed:
                    faults.append(Fault(position, event_id, f"event {event_id} or its link was changed"))
                if not _origin_holds(event):
                    faults.append(Fault(position, event_id, f"the address of event {event_id} was changed"))
            head = published.get(position)
            if head is not None and head != claimed:
                faults.append(Fault(position, event_id, f"the head published at {position} is another one"))
            chain = claimed  # what follows is judged by itself
        rows = list(links.filter(position__gt=rows[-1][0])[:BATCH])
    if not faults:
        furthest = max(published, default=0)
        if furthest > expected:
            faults.append(
                Fault(
                    None,
                    None,
                    f"a head was published at {furthest}, and the chain ends at {expected}: it was cut",
                )
            )
        if expected and not published:
            faults.append(Fault(None, None, f"no head in {path}: the end of the chain cannot be checked"))
    unsealed = AuditEvent.objects.filter(link=None).count()
    return Verified(checked, len(published), unsealed, tuple(faults[:most_faults]))


def _origin_holds(event: AuditEvent) -> bool:
    """An erased address is no fault; one that does not fit its hash is."""
    origin = getattr(event, "origin", None)
    return origin is None or origin_digest(origin.salt, str(origin.address)) == event.origin_sha256
