"""Saving a draft as the next policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from curation.errors import RushesError
from curation.models import Corpus, Policy
from curation.services.audit import audit_write
from curation.services.policies import policy_create
from curation.services.snapshot import snapshot_engine
from dashboards.data.draft import draft_of


class NothingToSave(RushesError):
    """The draft is the policy that it began with, or says numbers that no rule can have."""

    code = "nothing_to_save"


def draft_save(
    *, corpus: Corpus, asked: Mapping[str, str], why: str, by: Any, request: HttpRequest | None = None
) -> Policy:
    """The draft of an address as the next numbered policy of ``corpus``, not active yet.

    Raises ``NothingToSave`` where nothing differs, or where a number of the address could not be used.
    """
    origin = corpus.active_policy.origin if corpus.active_policy else ""
    draft = draft_of(corpus, asked, snapshot_engine(corpus.pk, origin)) if corpus.active_policy else None
    if draft is None:
        raise NothingToSave("no policy is active in this corpus, so there is nothing to change")
    if draft.faults:
        raise NothingToSave("; ".join(draft.faults))
    if not draft.changed:
        raise NothingToSave(f"the draft has the numbers of policy {draft.base.number}")
    why = why.strip()[:2000]
    if not why:
        raise NothingToSave("say why, so that others can follow")
    with transaction.atomic():
        policy = policy_create(
            corpus=corpus,
            rules=draft.rules,
            name=draft.base.name,
            by=by,
            why=why,
            origin=draft.base.origin,
        )
        audit_write(
            actor=by,
            action="policy.create",
            object=policy,
            detail={"from": draft.base.number, "by": "thresholds"},
            request=request,
        )
    return policy
