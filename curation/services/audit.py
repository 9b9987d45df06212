"""The audit log: what happened, written once and never changed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from curation.config.addresses import client_address
from curation.config.requestid import current_request_id
from curation.models import AuditEvent, AuditOrigin


@transaction.atomic
def audit_write(
    *,
    actor: Any = None,
    action: str,
    object: Any = None,
    detail: Mapping[str, Any] | None = None,
    request: HttpRequest | None = None,
) -> AuditEvent:
    """Write one event, in the transaction of what it tells of. ``action`` is ``noun.verb``, such as ``subset.freeze``.

    ``object`` is a saved model instance or None; ``request`` gives the address, which is kept apart so that it can be
    erased; the event itself keeps only its salted hash. No personal data in ``detail``.
    """
    address = client_address(request) if request is not None else None
    salt = secrets.token_hex(16)
    event = AuditEvent.objects.create(
        actor=actor if getattr(actor, "pk", None) else None,
        action=action[:60],
        object_type=object._meta.model_name[:40] if object is not None else "",
        object_id=str(object.pk)[:64] if object is not None else "",
        detail=dict(detail or {}),
        request_id=current_request_id(),
        origin_sha256=origin_digest(salt, address) if address else "",
    )
    if address:
        AuditOrigin.objects.create(event=event, salt=salt, address=address)
    return event


def origin_digest(salt: str, address: str) -> str:
    """What an event keeps of where it came from."""
    return hashlib.sha256(f"{salt} {address}".encode()).hexdigest()
