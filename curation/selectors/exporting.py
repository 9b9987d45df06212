"""The clips of a frozen subset as exports write them: streamed by position, a piece in memory at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from threading import Barrier
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from orjson import loads as from_json

from curation.exports.record import (
    NO_STATUSES,
    NOT_DRAWN,
    ExportClip,
    ExportDraw,
    ExportMedia,
    ExportPerson,
    ExportSource,
    ExportVerdict,
    Statuses,
)
from curation.models import Benchmark, ExportRecord, Provenance, Rendition, Subset, TrainingSplit
from curation.models.leased import LeasedJob
from curation.policies.compiled import bits_of
from curation.policies.tiers import Tier
from curation.selectors.along import Along, along_of
from curation.storage import stored

_FIRST = 250  # members of the first piece, which is waited for; each is twice the last
_CHUNK = 2_000  # and of the largest
_AHEAD = 2  # pieces that are read while one is written
# A source or a person that has left is in no later export, whatever was frozen before. A range of positions at a time:
# however fresh the list's statistics, this is a walk of its key.
_MEMBERS = """
    SELECT m.position, m.clip_id, m.tier, m.evidence::text, c.source_id, c.start_s, c.end_s, o.sha256, k.number,
           r.name || ' ' || r.version, v.answer, v.method, v.blind, v.evidence::text
    FROM curation_subsetclip m
    JOIN curation_clip c ON c.id = m.clip_id
    JOIN curation_source o ON o.id = c.source_id
    JOIN curation_recipe r ON r.id = c.recipe_id
    LEFT JOIN curation_track k ON k.id = c.track_id
    LEFT JOIN curation_person n ON n.id = c.person_id
    LEFT JOIN curation_verdict v ON v.id = m.verdict_id
    WHERE m.subset_id = %s AND m.position > %s AND m.position <= %s
      AND c.withdrawn_at IS NULL AND o.withdrawn_at IS NULL AND n.withdrawn_at IS NULL
    ORDER BY m.position
"""


def export_clips(subset: Subset, *, with_media: bool = False, after: int = -1) -> Iterator[ExportClip]:
    """Members in order from the one after position ``after``, without those withdrawn since; scores and attributes as
    they stood when frozen, tracks, turns, words and landmarks as they stand now."""
    known: dict[int, Statuses] = {}
    reader = _Reader(subset.policy.number if subset.policy else None)
    for rows, along in _pieces(subset, after):
        members = [(*row[:3], from_json(row[3]), *row[4:]) for row in rows]
        wanted = {member[3].get("provenance") for member in members} - {None}
        if wanted - set(known):
            if len(known) > 10_000:
                known.clear()
            told = Provenance.objects.filter(pk__in=wanted - set(known)).values_list("pk", "statuses")
            known.update((pk, Statuses(statuses)) for pk, statuses in told)
        media = _media([member[1] for member in members]) if with_media else {}
        for member in members:
            statuses = known.get(member[3].get("provenance"), NO_STATUSES)
            yield reader.record(member, statuses, media.get(member[1]), along[member[1]])


Piece = tuple[list[tuple[Any, ...]], dict[int, Along]]


def _pieces(subset: Subset, after: int) -> Iterator[Piece]:
    """Rows by ranges of positions. The next ranges are asked for over connections of their own while one is worked on,
    but for within a transaction, which no other connection sees into."""
    if connection.in_atomic_block:
        for span in _ranges(after, subset.clip_count - 1):
            yield _piece(subset.pk, *span)
        return
    with ThreadPoolExecutor(_AHEAD, "export-ahead") as ahead:
        coming: deque[Future[Piece]] = deque()
        try:
            for span in _ranges(after, subset.clip_count - 1):
                coming.append(ahead.submit(_piece, subset.pk, *span))
                if len(coming) > _AHEAD:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for piece in coming:
                piece.cancel()
            together = Barrier(_AHEAD)
            for _ in range(_AHEAD):
                ahead.submit(_let_go, together)


def _let_go(together: Barrier) -> None:
    """Close this thread's connection; each waits for the others, so that none closes twice and another not at all."""
    together.wait(timeout=60)
    connections.close_all()


def _ranges(after: int, last: int) -> Iterator[tuple[int, int]]:
    """(after, up to and with) of pieces that cover the positions after ``after`` to ``last``."""
    size = min(_FIRST, _CHUNK)
    while after < last:
        yield after, (upto := min(after + size, last))
        after, size = upto, min(2 * size, _CHUNK)


def _piece(subset: int, after: int, upto: int) -> Piece:
    with _by_keys():
        with connection.cursor() as cursor:
            cursor.execute(_MEMBERS, [subset, after, upto])
            rows = cursor.fetchall()
        return rows, along_of([(row[1], row[4], row[5], row[6]) for row in rows])


@contextmanager
def _by_keys() -> Iterator[None]:
    """Have every table asked by its key, by one process: for a piece of a long list, the planner else reads all tracks, persons and
    verdicts of the database, each time."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SETTINGS, ["off"] * 4)
        yield
        if nested:  # else they end with the transaction
            with connection.cursor() as cursor:
                cursor.execute(_SETTINGS, ["on"] * 4)


_SETTINGS = "SELECT " + ", ".join(
    f"set_config('enable_{way}', %s, true)" for way in ("seqscan", "hashjoin", "mergejoin", "gathermerge")
)


def exportable_count(subset: Subset) -> int:
    """How many clips an export of ``subset`` would hold today: the frozen ones that nobody withdrew since.

    Counted from what was withdrawn, which is little, however long the list is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_GONE, [*[subset.corpus_id] * 3, subset.pk])
        return subset.clip_count - int(cursor.fetchone()[0])


# As _MEMBERS has it: by the clip itself, by its source, or by its person. Then each is looked up in the list: asked for as
# a join, a list that was just frozen looks empty to the planner, which goes through what is gone for each member.
_GONE = """
    WITH gone AS MATERIALIZED (
        SELECT c.id FROM curation_clip c WHERE c.corpus_id = %s AND c.withdrawn_at IS NOT NULL
        UNION
        SELECT c.id FROM curation_source o JOIN curation_clip c ON c.source_id = o.id
        WHERE o.corpus_id = %s AND o.withdrawn_at IS NOT NULL
        UNION
        SELECT c.id FROM curation_person n JOIN curation_clip c ON c.person_id = n.id
        WHERE n.corpus_id = %s AND n.withdrawn_at IS NOT NULL)
    SELECT count(*) FROM gone CROSS JOIN LATERAL (
        SELECT FROM curation_subsetclip m WHERE m.subset_id = %s AND m.clip_id = gone.id OFFSET 0) held
"""


def held_count(subset: Subset) -> int:
    """How many clips of ``subset`` are held by a report, and not withdrawn: frozen before, they are exported all the same."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [subset.pk, subset.corpus_id])
        return int(cursor.fetchone()[0])


_HELD = """
    SELECT count(*) FROM curation_clip c CROSS JOIN LATERAL (
        SELECT FROM curation_subsetclip m WHERE m.subset_id = %s AND m.clip_id = c.id OFFSET 0) frozen
    WHERE c.corpus_id = %s AND c.held_at IS NOT NULL AND c.withdrawn_at IS NULL
"""


class _Reader:
    """Makes records of members. Clips of a list come by source, so the last source and person are mostly the next."""

    def __init__(self, policy: int | None) -> None:
        self._policy = policy
        self._source: tuple[Any, ExportSource | None] = (None, None)
        self._person: tuple[Any, ExportPerson | None] = (None, None)

    def record(
        self, member: tuple[Any, ...], statuses: Statuses, media: ExportMedia | None, along: Along
    ) -> ExportClip:
        """The clip of one row of ``_MEMBERS``."""
        (
            position,
            clip_id,
            tier,
            kept,
            _,
            start_s,
            end_s,
            sha256,
            track,
            recipe,
            answer,
            method,
            blind,
            why,
        ) = member
        clip, proposed = kept["clip"], kept.get("proposed")
        return ExportClip(
            position,
            clip_id,
            clip["external_id"],
            start_s,
            end_s,
            clip["branch"],
            clip["language"],
            clip["region"],
            track,
            recipe,
            self._source_of(sha256, kept["source"]),
            self._person_of(kept.get("person")),
            _WORDS[tier],
            None if proposed is None else _WORDS[proposed],
            _bits(kept.get("failing") or 0),
            _bits(kept.get("missing") or 0),
            None if answer is None else ExportVerdict(answer, method, blind, from_json(why)),
            self._policy,
            kept.get("origin") or "",
            kept["scores"],
            ExportDraw(kept["split"], kept.get("stratum"), kept.get("pair"), kept.get("pair_role"))
            if "split" in kept
            else NOT_DRAWN,
            statuses,
            media,
            along.rows,
            along.lacking,
        )

    def _source_of(self, sha256: str, told: dict[str, Any]) -> ExportSource:
        known, found = self._source
        if found is None or found.sha256 != sha256 or known != told:
            facts = {name: value for name, value in told.items() if name != "variable_rate"}
            variable = told["variable_rate"]
            found = ExportSource(
                sha256=sha256, constant_rate=None if variable is None else not variable, **facts
            )
            self._source = told, found
        return found

    def _person_of(self, told: dict[str, Any] | None) -> ExportPerson | None:
        if not told:
            return None
        known, found = self._person
        if found is None or known != told:
            found = ExportPerson(**told)
            self._person = told, found
        return found


_bits = lru_cache(10_000)(bits_of)
_WORDS: Mapping[int, str] = {int(tier): tier.word for tier in Tier}


def _media(clip_ids: list[int]) -> dict[int, ExportMedia]:
    cuts = Rendition.objects.filter(clip_id__in=clip_ids, kind=Rendition.Kind.CUT)
    return {each.clip_id: media_of(each) for each in cuts.defer("timestamps")}


def media_of(cut: Rendition) -> ExportMedia:
    """A cut as exports know it."""
    made, start_s, width, height = cut.made, cut.start_s, cut.width, cut.height
    assert made is not None and start_s is not None and width is not None and height is not None
    return ExportMedia(
        stored("renditions", cut.path),
        cut.sha256,
        cut.content_type,
        made["picture"],
        made["sound"],
        start_s,
        made["frames"],
        width,
        height,
    )


def subsets_of(corpus: Any) -> list[Subset]:
    """Frozen subsets, newest first; ``written``: how many exports each has, ``is_benchmark`` and ``is_split`` what it was
    made as."""
    return list(
        Subset.objects.filter(corpus=corpus)
        .select_related("policy", "frozen_by")
        .annotate(
            written=Count("export_records"),
            is_benchmark=Exists(Benchmark.objects.filter(subset=OuterRef("pk"))),
            is_split=Exists(TrainingSplit.objects.filter(subset=OuterRef("pk"))),
        )
        .order_by("-id")[:200]
    )


def jobs_shown(jobs: Any) -> list[Any]:
    """Of jobs that workers claim (a manager of them), those that are open and those of the last day that failed; newest
    first."""
    failed = Q(state=LeasedJob.State.FAILED, finished_at__gt=timezone.now() - timedelta(days=1))
    shown = jobs.filter(Q(state__in=LeasedJob.OPEN) | failed)
    return list(shown.select_related("requested_by").order_by("-id")[:20])


def records_of(subset: Subset) -> list[ExportRecord]:
    """Exports that were written, newest first."""
    return list(subset.export_records.select_related("exported_by").order_by("-id"))
