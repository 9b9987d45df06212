"""Perceptual hashes of clips, measured with the preview that people see; again when formula or preview change."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import F, Q, QuerySet

from curation.media.errors import MediaError
from curation.media.maker import maker
from curation.media.picturehash import FORMULA
from curation.models import Clip, Corpus, PictureHash, Rendition
from curation.storage import stored

_MANY = 500


def unhashed(corpus: Corpus) -> QuerySet[Rendition]:
    """Previews of present clips whose hashes are missing, of another formula or of another preview."""
    current = Q(clip__picture_hash__formula=FORMULA, clip__picture_hash__preview_sha256=F("sha256"))
    return Rendition.objects.filter(
        clip__corpus=corpus,
        clip__is_current=True,
        clip__withdrawn_at=None,
        kind=Rendition.Kind.PREVIEW,
    ).exclude(pk__in=Rendition.objects.filter(current, clip__corpus=corpus).values("pk"))


def corpus_hash(*, corpus: Corpus, progress: Callable[[int], None] = lambda _done: None) -> tuple[int, int]:
    """Hash every preview that has not been. Each is kept at once, so it can be stopped and begun again.

    Returns how many were hashed, and how many could not be: those are kept with the reason.
    """
    hashed = failed = after = 0
    while previews := list(
        unhashed(corpus).filter(pk__gt=after).select_related("clip").order_by("pk")[:_MANY]
    ):
        for preview in previews:
            kept = preview_hash(preview=preview)
            hashed, failed = hashed + (not kept.problem), failed + bool(kept.problem)
        after = previews[-1].pk
        progress(hashed + failed)
    return hashed, failed


def preview_hash(*, preview: Rendition) -> PictureHash:
    """Measure the clip of ``preview`` and keep what came of it: hashes, or why there are none."""
    clip: Clip = preview.clip
    hashes: list[int] = []
    try:
        found = maker().hashes(stored("renditions", preview.path), start_s=0.0, end_s=clip.duration_s)
        hashes, problem = found.hashes, ""
        if not hashes:
            problem = "the pictures show no detail to compare"
    except (MediaError, OSError) as error:
        problem = (
            f"the preview cannot be read: {getattr(error, 'sentence', '') or 'its file is not in the store'}"
        )
    return PictureHash.objects.update_or_create(
        clip=clip,
        defaults={
            "formula": FORMULA,
            "hashes": hashes,
            "preview_sha256": preview.sha256,
            "problem": problem,
        },
    )[0]
