"""The clips of a frozen subset as exports write them: streamed by position, a piece in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import F, Q
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
from curation.models import ExportJob, ExportRecord, Provenance, Rendition, Subset, SubsetClip
from curation.policies.compiled import bits_of
from curation.policies.tiers import Tier
from curation.selectors.along import Along, along_of
from curation.storage import stored

_CHUNK = 2_000
# A source or a person that has left is in no later export, whatever was frozen before.
STILL_HERE = (
    Q(clip__withdrawn_at=None)
    & Q(clip__source__withdrawn_at=None)
    & (Q(clip__person=None) | Q(clip__person__withdrawn_at=None))
)
# The same in SQL, a range of positions at a time: however fresh the list's statistics, this is a walk of its key.
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
    """Rows by ranges of positions. The next range is asked for over a connection of its own while one is worked on,
    but for within a transaction, which no other connection sees into."""
    starts = range(after, subset.clip_count - 1, _CHUNK)
    if connection.in_atomic_block:
        for start in starts:
            yield _piece(subset.pk, start)
        return
    with ThreadPoolExecutor(1, "export-ahead") as ahead:
        try:
            coming = None
            for start in starts:
                ready, coming = coming, ahead.submit(_piece, subset.pk, start)
                if ready is not None:
                    yield ready.result()
            if coming is not None:
                yield coming.result()
        finally:
            ahead.submit(connections.close_all)


def _piece(subset: int, after: int) -> Piece:
    with _by_keys():
        with connection.cursor() as cursor:
            cursor.execute(_MEMBERS, [subset, after, after + _CHUNK])
            rows = cursor.fetchall()
        return rows, along_of([(row[1], row[4], row[5], row[6]) for row in rows])


@contextmanager
def _by_keys() -> Iterator[None]:
    """Have every table asked by its key: for a piece of a long list, the planner else reads all tracks, persons and
    verdicts of the database, each time."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SETTINGS, ["off"] * 3)
        yield
        if nested:  # else they end with the transaction
            with connection.cursor() as cursor:
                cursor.execute(_SETTINGS, ["on"] * 3)


_SETTINGS = "SELECT " + ", ".join(
    f"set_config('enable_{way}', %s, true)" for way in ("seqscan", "hashjoin", "mergejoin")
)


def exportable_count(subset: Subset) -> int:
    """How many clips an export of ``subset`` would hold today: the frozen ones that nobody withdrew since."""
    return SubsetClip.objects.filter(STILL_HERE, subset=subset).count()


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
    """Frozen subsets, newest first, with their jobs and records at hand."""
    return list(
        Subset.objects.filter(corpus=corpus)
        .select_related("policy", "frozen_by")
        .prefetch_related("export_records")
        .order_by("-id")[:200]
    )


def jobs_of(subset: Subset) -> list[ExportJob]:
    """Jobs of a subset, newest first."""
    return list(subset.export_jobs.select_related("requested_by").order_by("-id")[:50])


def records_of(subset: Subset) -> list[ExportRecord]:
    """Exports that were written, newest first."""
    return list(
        subset.export_records.select_related("exported_by")
        .annotate(job_total=F("job__total"))
        .order_by("-id")
    )
