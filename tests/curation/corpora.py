"""A corpus of clips with given scores, for tests that need facts rather than footage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone

from curation.models import MEASURED, Clip, Corpus, Recipe, Scorecard, Source


def make_corpus(slug: str = "c") -> Corpus:
    corpus = Corpus.objects.create(name=slug, slug=slug)
    Source.objects.create(
        corpus=corpus, sha256=slug.ljust(64, "0"), uri=f"/nowhere/{slug}.mp4", name=f"{slug}.mp4"
    )
    return corpus


def add_clips(
    corpus: Corpus,
    rows: Sequence[Mapping[str, float | None]],
    *,
    origin: str = MEASURED,
    length_s: float = 5.0,
) -> list[Clip]:
    """A clip of ``length_s`` per row of metric values."""
    source = corpus.sources.get()
    recipe, _ = Recipe.objects.get_or_create(name="by hand", version=1)
    begin = Clip.objects.filter(source=source).count()
    clips = Clip.objects.bulk_create(
        Clip(
            corpus=corpus,
            source=source,
            recipe=recipe,
            start_s=(begin + i) * length_s,
            end_s=(begin + i + 1) * length_s,
        )
        for i in range(len(rows))
    )
    Scorecard.objects.bulk_create(
        Scorecard(clip=clip, origin=origin, scored_at=timezone.now(), **row)
        for clip, row in zip(clips, rows, strict=True)
    )
    return clips
