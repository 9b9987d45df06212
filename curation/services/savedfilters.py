"""Saved filters: kept under a name, replaced under the same name, removed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from curation.errors import RushesError
from curation.models import Corpus, SavedFilter
from curation.selectors.clipfilter import ClipFilter

MOST = 200


class NotSaved(RushesError):
    """The filter cannot be kept under this name."""

    code = "filter_not_saved"


@transaction.atomic
def filter_save(*, corpus: Corpus, name: str, chosen: ClipFilter, by: Any = None) -> SavedFilter:
    """Keep ``chosen`` under ``name``; the same name again replaces what it stood for. Raises ``NotSaved``."""
    name = " ".join(name.split())[:80]
    if not name:
        raise NotSaved("a saved filter needs a name")
    if chosen.is_empty:
        raise NotSaved("there is no condition to save: choose one first")
    Corpus.objects.select_for_update().get(pk=corpus.pk)
    others = SavedFilter.objects.filter(corpus=corpus).exclude(name=name)
    if others.count() >= MOST:
        raise NotSaved(f"this corpus has {MOST} saved filters; remove one that nobody needs")
    saved, _ = SavedFilter.objects.update_or_create(
        corpus=corpus, name=name, defaults={"filter": chosen.as_dict(), "saved_by": by}
    )
    return saved


def filter_remove(*, saved: SavedFilter) -> None:
    """Forget a saved filter; no subset or queue depends on it, they keep filters of their own."""
    saved.delete()
