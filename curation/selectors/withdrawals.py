"""Withdrawals: what left a corpus, how far its files are purged, and which past exports hold it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from curation.models import Clip, Corpus, DialoguePair, ExportRecord, Person, Source, Withdrawal


@dataclass(frozen=True, slots=True)
class Reach:
    """What withdrawing something would take now."""

    clips: int
    seconds: float
    pairs: int
    sources: int


@dataclass(frozen=True, slots=True)
class HoldingExport:
    """An export that was written while clips were in it that have since been withdrawn, and how many."""

    record: ExportRecord
    clips: int


def source_reach(source: Source) -> Reach:
    """What withdrawing ``source`` would take."""
    clips, seconds = _sum("c.source_id = %s", [source.pk])
    pairs = DialoguePair.objects.filter(source=source, withdrawn_at=None).count()
    return Reach(clips, seconds, pairs, 1)


# Clips in which one of these persons is seen or heard: their own, and all that overlap their tracks and turns.
_TOUCHED = """
    (c.person_id = ANY(%s) OR EXISTS (
        SELECT 1 FROM curation_track t WHERE t.source_id = c.source_id AND t.person_id = ANY(%s)
        AND t.start_s < c.end_s AND t.end_s > c.start_s)
     OR EXISTS (
        SELECT 1 FROM curation_turn n WHERE n.source_id = c.source_id AND n.person_id = ANY(%s)
        AND n.start_s < c.end_s AND n.end_s > c.start_s))
"""


def person_reach(person: Person) -> Reach:
    """What withdrawing ``person`` would take, in every source that they are linked across."""
    ids = person_ids(person)
    sources = sorted(
        {
            *Source.objects.filter(tracks__person__in=ids).values_list("pk", flat=True),
            *Source.objects.filter(turns__person__in=ids).values_list("pk", flat=True),
            *Source.objects.filter(clips__person__in=ids).values_list("pk", flat=True),
        }
    )
    where, values = f"c.source_id = ANY(%s) AND {_TOUCHED}", [sources, ids, ids, ids]
    clips, seconds = _sum(where, values)
    touched = f"SELECT c.id FROM curation_clip c WHERE c.withdrawn_at IS NULL AND {where}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH touched AS ({touched}) SELECT count(*) FROM curation_dialoguepair d WHERE d.withdrawn_at IS NULL "
            "AND (d.initiator_id IN (SELECT id FROM touched) OR d.responder_id IN (SELECT id FROM touched))",
            values,
        )
        return Reach(clips, seconds, cursor.fetchone()[0], len(sources))


def person_ids(person: Person) -> list[int]:
    """The ids of one identity: the person that all are linked to, and every appearance."""
    root = person.same_as_id or person.pk
    appearances = Person.objects.filter(same_as=root).order_by("pk").values_list("pk", flat=True)
    return [root, *appearances]


def _sum(where: str, values: list) -> tuple[int, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(c.end_s - c.start_s), 0) FROM curation_clip c "
            f"WHERE c.is_current AND c.withdrawn_at IS NULL AND {where}",
            values,
        )
        clips, seconds = cursor.fetchone()
    return clips, float(seconds)


def withdrawals_of(corpus: Corpus, limit: int = 500) -> list[Withdrawal]:
    """What left ``corpus``, newest first, with its purge at hand."""
    return list(
        Withdrawal.objects.filter(corpus=corpus)
        .select_related("source", "person", "by", "purge")
        .order_by("-id")[:limit]
    )


def exports_holding(withdrawal: Withdrawal) -> list[HoldingExport]:
    """Exports that hold clips of ``withdrawal``, newest first: they were written before it."""
    if withdrawal.source_id is not None:
        where, value = "c.source_id = %s", withdrawal.source_id
    else:
        where, value = (
            "EXISTS (SELECT 1 FROM curation_withdrawnspan w WHERE w.withdrawal_id = %s "
            "AND w.source_id = c.source_id AND w.start_s < c.end_s AND w.end_s > c.start_s)",
            withdrawal.pk,
        )
    return _holding(where, [value])


def withdrawn_in(record: ExportRecord) -> int:
    """How many clips that ``record`` holds have been withdrawn since it was written."""
    return next((each.clips for each in _holding("r.id = %s", [record.pk])), 0)


def exports_of_clip(clip: Clip, limit: int = 50) -> list[ExportRecord]:
    """Exports that hold ``clip``, newest first."""
    return list(
        ExportRecord.objects.filter(subset__members__clip=clip)
        .select_related("subset", "exported_by")
        .order_by("-id")[:limit]
    )


def _holding(where: str, values: list) -> list[HoldingExport]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.id, count(*) FROM curation_clip c
            JOIN curation_subsetclip m ON m.clip_id = c.id
            JOIN curation_exportrecord r ON r.subset_id = m.subset_id AND r.written_at < c.withdrawn_at
            WHERE c.withdrawn_at IS NOT NULL AND {where} GROUP BY r.id ORDER BY r.id DESC
            """,
            values,
        )
        counts = dict(cursor.fetchall())
    records = ExportRecord.objects.select_related("subset").in_bulk(counts)
    return [HoldingExport(records[pk], count) for pk, count in counts.items()]
