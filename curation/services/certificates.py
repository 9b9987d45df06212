"""Certificates: kept append-only beside the frozen list that they speak of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from curation.errors import RushesError
from curation.models import Certificate, Subset
from curation.services.audit import audit_write


class NotACertificate(RushesError):
    """The document does not belong to the subset, or its digest is not its own."""

    code = "not_a_certificate"


@transaction.atomic
def certificate_record(*, subset: Subset, document: Mapping[str, Any], by: Any = None) -> Certificate:
    """Keep ``document`` for ``subset``. The same document again gives the row that is there.

    Its ``sha256`` must be that of its canonical form without it (sorted keys, no spaces), and it must name the list
    of the subset; else ``NotACertificate``.
    """
    digest = _digest(document)
    if document.get("sha256") != digest:
        raise NotACertificate("the document's sha256 is not that of its content")
    stated = document.get("subset", {})
    if stated.get("list_sha256") != subset.list_sha256 or stated.get("clips") != subset.clip_count:
        raise NotACertificate("the document speaks of another list of clips than this subset's")
    found = Certificate.objects.filter(subset=subset, document_sha256=digest).first()
    if found is not None:
        return found
    made = Certificate.objects.create(
        subset=subset, document=dict(document), document_sha256=digest, issued_by=by
    )
    audit_write(
        actor=by,
        action="certificate.issue",
        object=made,
        detail={"subset": subset.pk, "list_sha256": subset.list_sha256, "document_sha256": digest},
    )
    return made


def _digest(document: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in document.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
