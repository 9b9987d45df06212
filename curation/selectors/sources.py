"""Sources: one in full, pages of them, and the files that could not be taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from curation.errors import Gone, NotFound
from curation.models import Corpus, DroppedSpan, RefusedFile, ScoringTarget, Shot, Source, Track, Turn
from curation.selectors.browser import ClipRow, clip_rows

PAGE = 50


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Sources in order of id, with their count of clips and its length (``clip_count``, ``clip_seconds``)."""

    rows: Sequence[Source]
    after: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class SourceDetail:
    """One source with its clips in time, what became of its other spans, what was found in it, and its scoring work.

    Lists hold the first of each kind in time; ``totals`` says how many ``shots``, ``tracks``, ``turns`` and ``dropped``
    spans there are.
    """

    source: Source
    clips: list[ClipRow]
    clip_total: int
    dropped: list[DroppedSpan]
    targets: list[ScoringTarget]
    shots: list[Shot]
    tracks: list[Track]
    turns: list[Turn]
    totals: dict[str, int]


def sources_page(
    corpus: Corpus, *, state: str = "", after: int | None = None, before: int | None = None, size: int = PAGE
) -> SourcePage:
    """The next sources; withdrawn ones are never listed."""
    rows = Source.objects.filter(corpus=corpus, withdrawn_at=None)
    if state in (Source.State.READY, Source.State.FAILED):
        rows = rows.filter(state=state)
    rows = (
        rows.filter(pk__lt=before).order_by("-pk")
        if before
        else rows.filter(pk__gt=after or 0).order_by("pk")
    )
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if before:
        found.reverse()
    live = Q(clips__is_current=True, clips__withdrawn_at=None)
    counted = Source.objects.filter(pk__in=[each.pk for each in found]).annotate(
        clip_count=Count("clips", filter=live),
        clip_seconds=Sum(F("clips__end_s") - F("clips__start_s"), filter=live),
    )
    numbers = {each.pk: each for each in counted}
    ordered = [numbers[each.pk] for each in found]
    has_after, has_before = (True, more) if before else (more, after is not None)
    return SourcePage(
        ordered,
        ordered[-1].pk if ordered and has_after else None,
        ordered[0].pk if ordered and has_before else None,
    )


def source_get(pk: int) -> Source:
    """The source; raises ``NotFound``, and ``Gone`` if it was withdrawn."""
    source = Source.objects.select_related("corpus__active_policy").filter(pk=pk).first()
    if source is None:
        raise NotFound(f"there is no source {pk}")
    if source.withdrawn_at is not None:
        raise Gone(f"{source.name} was withdrawn on {source.withdrawn_at:%d %B %Y}.{_why(source)}")
    return source


def _why(source: Source) -> str:
    found = source.withdrawals.order_by("pk").first()
    return f" Reason: {found.reason}" if found else ""


def source_detail(source: Source, limit: int = 200) -> SourceDetail:
    """The first ``limit`` clips in time; the browser shows all."""
    clips = source.clips.filter(is_current=True, withdrawn_at=None).order_by("start_s", "pk")
    ids = list(clips.values_list("pk", flat=True)[:limit])
    return SourceDetail(
        source,
        clip_rows(source.corpus, ids),
        clips.count(),
        list(source.dropped_spans.select_related("recipe").order_by("start_s")[:limit]),
        list(source.scoring_targets.order_by("pk")),
        list(source.shots.order_by("number")[:limit]),
        list(source.tracks.select_related("person", "shot").order_by("start_s", "number")[:limit]),
        list(source.turns.select_related("person", "track").order_by("start_s", "pk")[:limit]),
        {
            "shots": source.shots.count(),
            "tracks": source.tracks.count(),
            "turns": source.turns.count(),
            "dropped": source.dropped_spans.count(),
        },
    )


def refused_files(corpus: Corpus, limit: int = 500) -> list[RefusedFile]:
    """Files that ingest met and could not take, newest first."""
    return list(RefusedFile.objects.filter(corpus=corpus).order_by("-seen_at")[:limit])


def failed_sources(corpus: Corpus, limit: int = 500) -> list[Source]:
    """Videos that could not be read, newest first."""
    return list(
        Source.objects.filter(corpus=corpus, state=Source.State.FAILED, withdrawn_at=None).order_by("-pk")[
            :limit
        ]
    )
