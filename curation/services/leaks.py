"""What a benchmark shares with the training tiers: persons, sources, near-duplicate pictures; and what nobody can check.

A leak check never assumes: a clip whose person or picture is not known is listed with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection

from curation.benchmarks.nearness import NearIndex
from curation.benchmarks.plan import BenchmarkPlan
from curation.errors import NotFound
from curation.media.picturehash import FORMULA
from curation.models import BenchmarkLeak, Corpus, Subset
from curation.selectors.benchmarks import SHOWN
from curation.selectors.clipfilter import ClipFilter
from curation.selectors.selection import selection_sql

_CHUNK = 50_000
Kind = BenchmarkLeak.Kind


@dataclass(frozen=True, slots=True)
class Leak:
    """One clip of the benchmark: what it shares with how many ``others``, or why that could not be checked."""

    clip: int
    kind: Kind
    other: int | None = None
    others: int = 0
    distance: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LeakReport:
    """Every leak, and ``training``: clips and seconds compared with, and how many of them nobody could check."""

    leaks: list[Leak] = field(default_factory=list)
    training: dict[str, Any] = field(default_factory=dict)


def training_gather(
    corpus: Corpus, plan: BenchmarkPlan, *, without: Sequence[int] = (), held_out: Sequence[int] = ()
) -> None:
    """Put what the plan calls training into the temporary table ``training_clip``, until the transaction ends.

    ``without``: clips, ``held_out``: sources that are not in it. Raises ``NotFound`` for a list that is gone.
    """
    values: list[Any]
    if plan.training_subset is not None:
        if not Subset.objects.filter(pk=plan.training_subset, corpus=corpus).exists():
            raise NotFound(f"this corpus has no frozen list {plan.training_subset}")
        clips, values = (
            "SELECT clip_id FROM curation_subsetclip WHERE subset_id = %s",
            [plan.training_subset],
        )
    else:
        validated_only = corpus.active_policy is None
        clips, values = selection_sql(corpus, plan.training_tiers, validated_only, ClipFilter())
    training_gather_clips(clips, values, without=without, held_out=held_out)


def training_gather_clips(
    clips: str, values: Sequence[Any], *, without: Sequence[int] = (), held_out: Sequence[int] = ()
) -> None:
    """As ``training_gather``, of the clips that the SQL ``clips`` gives as ``clip_id``."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS training_clip")
        cursor.execute(
            f"""
            CREATE TEMP TABLE training_clip ON COMMIT DROP AS
            SELECT c.id AS clip_id, c.source_id FROM ({clips}) t JOIN curation_clip c ON c.id = t.clip_id
            WHERE c.withdrawn_at IS NULL AND NOT c.id = ANY(%s) AND NOT c.source_id = ANY(%s)
            """,
            [*values, list(without), list(held_out)],
        )
        cursor.execute("CREATE UNIQUE INDEX ON training_clip (clip_id)")
        cursor.execute("CREATE INDEX ON training_clip (source_id)")
        cursor.execute("ANALYZE training_clip")


def seen_in_training() -> tuple[set[int], set[int]]:
    """``(sources, persons)`` of ``training_clip``: everybody seen or heard in it, each as one identity."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT source_id FROM training_clip")
        sources = {source for (source,) in cursor.fetchall()}
        cursor.execute(
            f"""
            SELECT DISTINCT shown.person
            FROM training_clip t JOIN curation_clip c ON c.id = t.clip_id, LATERAL ({SHOWN}) shown
            """
        )
        return sources, {person for (person,) in cursor.fetchall()}


def leaks_find(clips: Sequence[int], *, near: int) -> LeakReport:
    """Compare ``clips`` with ``training_clip``, which ``training_gather`` made; ``near`` in bits of 63."""
    ids = sorted(clips)
    leaks = [
        *_shared(Kind.PERSON, _SAME_PERSON, ids),
        *_shared(Kind.SOURCE, _SAME_SOURCE, ids),
        *[
            Leak(clip, Kind.PICTURE, nearest, count, distance)
            for clip, (nearest, distance, count) in sorted(near_pictures(ids, near=near).items())
        ],
        *_unchecked(ids),
    ]
    return LeakReport(leaks, training_facts())


def near_pictures(clips: Sequence[int], *, near: int) -> dict[int, tuple[int, int, int]]:
    """Clip → (nearest clip of ``training_clip``, bits that differ, how many clips are near), of those that have any.

    Two clips are near if any two of their moments are.
    """
    found: dict[int, dict[int, int]] = {}
    for clip, other, bits in _near_pairs(clips, near):
        known = found.setdefault(clip, {})
        known[other] = min(bits, known.get(other, bits))
    nearest = {clip: min((bits, other) for other, bits in others.items()) for clip, others in found.items()}
    return {clip: (other, bits, len(found[clip])) for clip, (bits, other) in nearest.items()}


def near_sources(clips: Sequence[int], *, near: int) -> set[int]:
    """Sources of the clips of ``training_clip`` that are near-duplicates of one of ``clips``."""
    others = sorted({other for _, other, _ in _near_pairs(clips, near)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT source_id FROM training_clip WHERE clip_id = ANY(%s)", [others])
        return {source for (source,) in cursor.fetchall()}


def _near_pairs(clips: Sequence[int], near: int) -> Iterator[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clip_id, hashes FROM curation_picturehash WHERE clip_id = ANY(%s) AND formula = %s ORDER BY clip_id",
            [list(clips), FORMULA],
        )
        ours, words = words_of(cursor.fetchall())
    if not len(words):
        return
    index, after = NearIndex(words, near), 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT h.clip_id, h.hashes FROM curation_picturehash h JOIN training_clip t ON t.clip_id = h.clip_id
                WHERE h.formula = %s AND h.clip_id > %s ORDER BY h.clip_id LIMIT %s
                """,
                [FORMULA, after, _CHUNK],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        theirs, asked = words_of(rows)
        for one, other, bits in zip(*index.find(asked), strict=True):
            yield int(ours[one]), int(theirs[other]), int(bits)


def words_of(rows: Sequence[tuple[int, list[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Clip ids and hashes side by side, a row a moment."""
    clips = np.repeat([clip for clip, _ in rows], [len(hashes) for _, hashes in rows])
    return clips, np.array([word for _, hashes in rows for word in hashes], np.int64)


# The training clips in which a person of one of our clips is seen or heard: by (our clip, their clip).
_SAME_PERSON = f"""
    WITH ours AS MATERIALIZED (
        SELECT c.id AS clip, shown.person FROM curation_clip c, LATERAL ({SHOWN}) shown WHERE c.id = ANY(%s)),
    everyone AS MATERIALIZED (
        SELECT n.id, coalesce(n.same_as_id, n.id) AS person FROM curation_person n
        WHERE coalesce(n.same_as_id, n.id) IN (SELECT person FROM ours)),
    theirs AS (
        SELECT t.clip_id, e.person FROM everyone e JOIN curation_clip c ON c.person_id = e.id
               JOIN training_clip t ON t.clip_id = c.id
        UNION SELECT t.clip_id, e.person FROM everyone e JOIN curation_track k ON k.person_id = e.id
               JOIN curation_clip c ON c.source_id = k.source_id AND k.start_s < c.end_s AND k.end_s > c.start_s
               JOIN training_clip t ON t.clip_id = c.id
        UNION SELECT t.clip_id, e.person FROM everyone e JOIN curation_turn k ON k.person_id = e.id
               JOIN curation_clip c ON c.source_id = k.source_id AND k.start_s < c.end_s AND k.end_s > c.start_s
               JOIN training_clip t ON t.clip_id = c.id)
    SELECT DISTINCT ours.clip, theirs.clip_id AS other FROM ours JOIN theirs USING (person)
"""
_SAME_SOURCE = """
    SELECT c.id AS clip, t.clip_id AS other FROM curation_clip c JOIN training_clip t ON t.source_id = c.source_id
    WHERE c.id = ANY(%s)
"""


def _shared(kind: Kind, pairs: str, ids: list[int]) -> list[Leak]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT clip, min(other), count(*) FROM ({pairs}) p GROUP BY clip ORDER BY clip", [ids]
        )
        return [Leak(clip, kind, other, count) for clip, other, count in cursor.fetchall()]


_NOT_SAID = "nobody has said whom it shows"
_OWN_SOURCE = "the person is known within this source only: nobody has linked them with anyone of another"
_NOT_HASHED = "no preview of it has been hashed: manage.py benchmark hash"
_NO_PREVIEW = "it has no preview, so there is no picture to compare"


def _unchecked(ids: list[int]) -> Iterator[Leak]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.id, n.id IS NOT NULL,
                   n.source_id IS NOT NULL AND n.same_as_id IS NULL
                       AND NOT EXISTS (SELECT 1 FROM curation_person a WHERE a.same_as_id = n.id),
                   h.problem, h.clip_id IS NOT NULL AND h.formula = %s,
                   EXISTS (SELECT 1 FROM curation_rendition r WHERE r.clip_id = c.id AND r.kind = 'preview')
            FROM curation_clip c
            LEFT JOIN curation_person n ON n.id = c.person_id
            LEFT JOIN curation_picturehash h ON h.clip_id = c.id
            WHERE c.id = ANY(%s) ORDER BY c.id
            """,
            [FORMULA, ids],
        )
        rows = cursor.fetchall()
    for clip, said, own_source_only, problem, hashed, shown in rows:
        if not said or own_source_only:
            yield Leak(clip, Kind.NO_PERSON, reason=_OWN_SOURCE if said else _NOT_SAID)
        if problem or not hashed:
            unhashed = _NOT_HASHED if shown else _NO_PREVIEW
            yield Leak(clip, Kind.NO_PICTURE, reason=problem if hashed and problem else unhashed)


def training_facts() -> dict[str, Any]:
    """Size of ``training_clip``, and how many of its clips nobody can check."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), coalesce(sum(c.end_s - c.start_s), 0), count(DISTINCT c.source_id),
                   count(*) FILTER (WHERE c.person_id IS NULL),
                   count(*) FILTER (WHERE h.clip_id IS NULL OR h.formula <> %s),
                   count(*) FILTER (WHERE h.formula = %s AND h.problem <> '')
            FROM training_clip t JOIN curation_clip c ON c.id = t.clip_id
            LEFT JOIN curation_picturehash h ON h.clip_id = c.id
            """,
            [FORMULA, FORMULA],
        )
        clips, seconds, sources, no_person, no_hash, unreadable = cursor.fetchone()
    return {
        "clips": clips,
        "seconds": round(float(seconds), 3),
        "sources": sources,
        "person_not_known": no_person,
        "not_hashed": no_hash,
        "no_picture": unreadable,
    }
