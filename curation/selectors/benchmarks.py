"""What benchmarks and splits are made from: candidates with their attributes, and who is seen or heard where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from curation.benchmarks.draw import Candidate
from curation.benchmarks.plan import ATTRIBUTES, BenchmarkPlan
from curation.models import Benchmark, BenchmarkLeak, Clip, Corpus, TrainingSplit
from curation.selectors.clipfilter import LANGUAGE, ClipFilter
from curation.selectors.selection import selection_sql
from curation.selectors.verdicts import stands

MOST_LEAKS = 500
# Everybody seen or heard in a clip ``c``, each as the one identity that they are linked to.
SHOWN = """
    SELECT coalesce(n.same_as_id, n.id) AS person FROM curation_person n WHERE n.id = c.person_id
    UNION SELECT coalesce(n.same_as_id, n.id) FROM curation_track t JOIN curation_person n ON n.id = t.person_id
          WHERE t.source_id = c.source_id AND t.start_s < c.end_s AND t.end_s > c.start_s
    UNION SELECT coalesce(n.same_as_id, n.id) FROM curation_turn t JOIN curation_person n ON n.id = t.person_id
          WHERE t.source_id = c.source_id AND t.start_s < c.end_s AND t.end_s > c.start_s
"""
# The same name for a clip on every machine, so that a seed draws the same clips there.
_KEY = "o.sha256 || ':' || c.start_s || ':' || c.end_s || ':' || coalesce(k.number::text, '')"
_ATTRIBUTES = {
    "age_group": "coalesce(n.age_group, '')",
    "gender": "coalesce(n.gender, '')",
    "ethnicity": "coalesce(n.ethnicity, '')",
    "language": f"coalesce({LANGUAGE}, '')",
    "category": "o.category",
    "branch": "c.branch",
}
_JOINED = """
    JOIN curation_source o ON o.id = c.source_id
    LEFT JOIN curation_track k ON k.id = c.track_id
    LEFT JOIN curation_person n ON n.id = c.person_id
"""


def clip_candidates(corpus: Corpus, plan: BenchmarkPlan, chosen: ClipFilter) -> list[Candidate]:
    """Clips that people settled as one of the plan's tiers, within ``chosen``. Raises ``BadFilter``."""
    selection, values = selection_sql(corpus, plan.tiers, True, chosen)
    rows = _rows(
        f"""
        SELECT {_KEY}, c.id, c.source_id, ARRAY({SHOWN}), c.person_id IS NOT NULL, {", ".join(_ATTRIBUTES.values())}
        FROM ({selection}) s JOIN curation_clip c ON c.id = s.clip_id {_JOINED}
        """,
        values,
    )
    return [
        Candidate(
            key,
            (clip,),
            frozenset({source}),
            frozenset(persons),
            dict(zip(ATTRIBUTES, attributes, strict=True)),
            known,
        )
        for key, clip, source, persons, known, *attributes in rows
    ]


def pair_candidates(corpus: Corpus, plan: BenchmarkPlan, chosen: ClipFilter) -> list[Candidate]:
    """Present dialogue pairs of two such clips that nobody settled to be no answer; attributes are the responder's.

    With ``answered_only``, those that people settled to answer. Raises ``BadFilter``.
    """
    selection, values = selection_sql(corpus, plan.tiers, True, chosen)
    answer = f"""(SELECT v.answer FROM curation_verdict v WHERE v.pair_id = p.id AND v.question = 'answers'
                 AND {stands("v")})"""
    wanted = f"{answer} = 'yes'" if plan.answered_only else f"coalesce({answer}, 'yes') = 'yes'"
    initiator_key = _KEY.replace("c.", "i.").replace("k.", "j.")
    rows = _rows(
        f"""
        WITH settled AS MATERIALIZED ({selection})
        SELECT {initiator_key} || '>' || {_KEY}, i.id, c.id, c.source_id, i.source_id,
               ARRAY({SHOWN}) || ARRAY({SHOWN.replace("c.", "i.")}),
               i.person_id IS NOT NULL AND c.person_id IS NOT NULL, {", ".join(_ATTRIBUTES.values())}
        FROM curation_dialoguepair p
        JOIN curation_clip i ON i.id = p.initiator_id
        JOIN curation_clip c ON c.id = p.responder_id
        LEFT JOIN curation_track j ON j.id = i.track_id
        {_JOINED}
        WHERE p.corpus_id = %s AND p.is_current AND p.withdrawn_at IS NULL AND {wanted}
          AND i.id IN (SELECT clip_id FROM settled) AND c.id IN (SELECT clip_id FROM settled)
        """,
        [*values, corpus.pk],
    )
    return [
        Candidate(
            key,
            (initiator, responder),
            frozenset({one, other}),
            frozenset(persons),
            dict(zip(ATTRIBUTES, attributes, strict=True)),
            known,
        )
        for key, initiator, responder, one, other, persons, known, *attributes in rows
    ]


def attribute_groups(corpus: Corpus, names: Iterable[str]) -> dict[str, list[str]]:
    """By attribute, every value that the corpus holds, whether a validated clip has it or not."""
    return {
        name: sorted(found for (found,) in _rows(_GROUPS[name], [corpus.pk]) if found)
        for name in sorted(set(names))
    }


_GROUPS = {
    **{
        name: f"SELECT DISTINCT {name} FROM curation_person WHERE corpus_id = %s AND withdrawn_at IS NULL"
        for name in ("age_group", "gender", "ethnicity")
    },
    "language": """SELECT DISTINCT coalesce(nullif(c.language, ''), o.language)
                    FROM curation_clip c JOIN curation_source o ON o.id = c.source_id
                    WHERE c.corpus_id = %s AND c.is_current AND c.withdrawn_at IS NULL""",
    "category": "SELECT DISTINCT category FROM curation_source WHERE corpus_id = %s AND withdrawn_at IS NULL",
    "branch": """SELECT DISTINCT branch FROM curation_clip
                 WHERE corpus_id = %s AND is_current AND withdrawn_at IS NULL""",
}


def source_persons(source_ids: list[int]) -> list[tuple[int, int]]:
    """``(source, person)`` of everybody who is seen or heard in these sources."""
    rows = _rows(
        """
        SELECT DISTINCT each.source_id, coalesce(n.same_as_id, n.id) FROM (
            SELECT source_id, person_id FROM curation_clip WHERE source_id = ANY(%s) AND is_current AND withdrawn_at IS NULL
            UNION SELECT source_id, person_id FROM curation_track WHERE source_id = ANY(%s)
            UNION SELECT source_id, person_id FROM curation_turn WHERE source_id = ANY(%s)
        ) each JOIN curation_person n ON n.id = each.person_id
        """,
        [source_ids] * 3,
    )
    return [(source, person) for source, person in rows]


def persons_shown(clips: list[int]) -> set[int]:
    """Everybody seen or heard in these clips, each as one identity."""
    rows = _rows(
        f"SELECT DISTINCT shown.person FROM curation_clip c, LATERAL ({SHOWN}) shown WHERE c.id = ANY(%s)",
        [clips],
    )
    return {person for (person,) in rows}


def sources_showing(persons: set[int]) -> set[int]:
    """Sources in which one of these persons, each named by one identity, is seen or heard."""
    rows = _rows(
        """
        WITH everyone AS (SELECT n.id FROM curation_person n WHERE coalesce(n.same_as_id, n.id) = ANY(%s))
        SELECT source_id FROM curation_clip WHERE person_id IN (SELECT id FROM everyone)
        UNION SELECT source_id FROM curation_track WHERE person_id IN (SELECT id FROM everyone)
        UNION SELECT source_id FROM curation_turn WHERE person_id IN (SELECT id FROM everyone)
        """,
        [sorted(persons)],
    )
    return {source for (source,) in rows}


def benchmarks_of(corpus: Corpus) -> list[Benchmark]:
    """Benchmarks of a corpus, newest first."""
    return list(
        Benchmark.objects.filter(corpus=corpus).select_related("subset", "made_by").order_by("-pk")[:200]
    )


def splits_of(corpus: Corpus) -> list[TrainingSplit]:
    """Training splits of a corpus, newest first."""
    return list(
        TrainingSplit.objects.filter(corpus=corpus)
        .select_related("subset", "benchmark", "made_by")
        .order_by("-pk")[:200]
    )


def leaks_of(benchmark: Benchmark, kinds: tuple[str, ...], *, limit: int = MOST_LEAKS) -> list[BenchmarkLeak]:
    """Leaks of these kinds: the nearest pictures first, then the most clips concerned."""
    rows = benchmark.leaks.filter(kind__in=kinds).select_related("clip__source", "other__source")
    return list(rows.order_by("kind", "distance", "-others", "clip_id")[:limit])


def _rows(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def clips_named(ids: Iterable[int]) -> dict[int, Clip]:
    """Clips by id with their sources at hand."""
    return Clip.objects.select_related("source").in_bulk(list(ids))
