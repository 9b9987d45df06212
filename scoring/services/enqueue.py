"""Asking for the scoring of a whole corpus."""

from __future__ import annotations

from curation.models import Corpus, Source
from scoring.services.plan import source_plan


def corpus_enqueue(*, corpus: Corpus) -> int:
    """Enqueue the next missing work of every ready source. Returns how many pieces are new; safe to repeat."""
    ready = Source.objects.filter(corpus=corpus, state=Source.State.READY).order_by("pk")
    return sum(len(source_plan(source=source)) for source in ready.iterator(chunk_size=500))
