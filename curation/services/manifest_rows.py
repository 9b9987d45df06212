"""A batch of manifest rows into sources, persons, clips and scorecards: one COPY, then set-based statements."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.db import connection

from curation.manifests import Fault, ManifestRow
from curation.models import Policy
from curation.policies.sql import quoted
from curation.services.proposals import live_policies, proposals_refresh

_COLUMNS = (
    ("line", "bigint"),
    ("source", "text"),
    ("sha256", "text"),
    ("link", "text"),
    ("width", "integer"),
    ("height", "integer"),
    ("fps", "float8"),
    ("language", "text"),
    ("category", "text"),
    ("clip", "text"),
    ("start_s", "float8"),
    ("end_s", "float8"),
    ("person", "text"),
    ("gender", "text"),
    ("age_group", "text"),
    ("ethnicity", "text"),
    ("region", "jsonb"),
    ("attributes", "jsonb"),
)


def load_rows(
    *,
    corpus: int,
    recipe: int,
    origin: str,
    provenance: int,
    metrics: Sequence[str],
    rows: Sequence[tuple[int, ManifestRow]],
) -> list[tuple[int, Fault]]:
    """Write (line, row) pairs within the caller's transaction; what is there already and equal stays untouched.

    Returns the rows that could not go in because another clip of the same origin has their span, or their id twice
    in one manifest with other times.
    """
    if not rows:
        return []
    scores = [quoted(name) for name in metrics]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"manifest {corpus}"])
        columns = [*(f"{name} {kind}" for name, kind in _COLUMNS), *(f"{name} real" for name in scores)]
        cursor.execute("DROP TABLE IF EXISTS manifest_row")
        cursor.execute(f"CREATE TEMP TABLE manifest_row ({', '.join(columns)}) ON COMMIT DROP")
        names = ", ".join([*(name for name, _ in _COLUMNS), *scores])
        with cursor.copy(f"COPY manifest_row ({names}) FROM STDIN") as copy:
            for line, row in rows:
                copy.write_row(_values(line, row, origin, metrics))
        for statement in (_SOURCES, _PERSONS, _CLIPS):
            cursor.execute(statement, {"corpus": corpus, "recipe": recipe, "origin": origin})
        cursor.execute(
            _scorecards(scores),
            {"corpus": corpus, "recipe": recipe, "origin": origin, "provenance": provenance},
        )
        written = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_CLASHES, {"corpus": corpus, "recipe": recipe})
        clashes = [
            (line, Fault("id", f"{clip} has the same span of {source} as {other}, which is in"))
            for line, clip, source, other in cursor.fetchall()
        ]
    if any(policy.origin == origin for policy in live_policies(corpus, Policy.Subject.CLIP)):
        proposals_refresh(clip_ids=written)
    return clashes


def _values(line: int, row: ManifestRow, origin: str, metrics: Sequence[str]) -> list[object]:
    return [
        line,
        row.source,
        hashlib.sha256(f"{origin}:{row.source}".encode()).hexdigest(),
        row.link,
        row.width,
        row.height,
        row.fps,
        row.language,
        row.category,
        row.clip,
        row.start_s,
        row.end_s,
        row.person,
        row.gender,
        row.age_group,
        row.ethnicity,
        None if row.region is None else json.dumps(row.region),
        json.dumps(dict(row.attributes)) if row.attributes else None,
        *(row.values.get(name) for name in metrics),
    ]


# A listed source has no file here: its name in the manifest stands for its content.
_SOURCES = """
INSERT INTO curation_source (corpus_id, sha256, external_id, uri, name, state, failure_code, failure, container,
    picture_codec, sound_codec, width, height, fps, facts, language, category, link, attributes, added_at)
SELECT DISTINCT ON (sha256) %(corpus)s, sha256, left(source, 200), '', left(source, 255), 'listed', '', '', '', '', '',
    width, height, fps, '{}'::jsonb, language, category, link,
    jsonb_build_object('origin', %(origin)s::text), now()
FROM manifest_row ORDER BY sha256, line
ON CONFLICT (corpus_id, sha256) DO NOTHING
"""
_PERSONS = """
INSERT INTO curation_person (corpus_id, label, gender, age_group, ethnicity, attributes_origin)
SELECT DISTINCT ON (person) %(corpus)s, person, gender, age_group, ethnicity, %(origin)s
FROM manifest_row
WHERE person <> '' AND NOT EXISTS (
    SELECT 1 FROM curation_person known
    WHERE known.corpus_id = %(corpus)s AND known.label = person AND known.attributes_origin = %(origin)s)
ORDER BY person, line
"""
# What was withdrawn stays so, also where a manifest names it again.
_CLIPS = """
INSERT INTO curation_clip (corpus_id, source_id, recipe_id, person_id, external_id, start_s, end_s, region,
    attributes, branch, language, is_current, added_at, withdrawn_at)
SELECT DISTINCT ON (source.id, row.start_s, row.end_s) %(corpus)s, source.id, %(recipe)s,
    (SELECT min(person.id) FROM curation_person person
     WHERE person.corpus_id = %(corpus)s AND person.label = row.person AND row.person <> ''
       AND person.attributes_origin = %(origin)s),
    row.clip, row.start_s, row.end_s, row.region, row.attributes, '', row.language, true, now(),
    coalesce(source.withdrawn_at, (
        SELECT min(person.withdrawn_at) FROM curation_person person
        WHERE person.corpus_id = %(corpus)s AND person.label = row.person AND row.person <> ''
          AND person.attributes_origin = %(origin)s), (
        SELECT min(gone.at) FROM curation_withdrawnspan span
        JOIN curation_withdrawal gone ON gone.id = span.withdrawal_id
        WHERE span.source_id = source.id AND span.start_s < row.end_s AND span.end_s > row.start_s))
FROM manifest_row row
JOIN curation_source source ON source.corpus_id = %(corpus)s AND source.sha256 = row.sha256
ORDER BY source.id, row.start_s, row.end_s, row.line
ON CONFLICT (source_id, recipe_id, track_id, start_s, end_s) DO NOTHING
"""
_THEIR_CLIP = """
JOIN curation_source source ON source.corpus_id = %(corpus)s AND source.sha256 = row.sha256
JOIN curation_clip clip ON clip.source_id = source.id AND clip.recipe_id = %(recipe)s AND clip.track_id IS NULL
    AND clip.start_s = row.start_s AND clip.end_s = row.end_s
"""
_CLASHES = f"""
SELECT row.line, row.clip, row.source, clip.external_id FROM manifest_row row {_THEIR_CLIP}
WHERE clip.external_id <> row.clip ORDER BY row.line
"""


def _scorecards(scores: Sequence[str]) -> str:
    ours = ", ".join(f"row.{name}" for name in scores)
    updates = ", ".join(f"{name} = excluded.{name}" for name in scores)
    old = ", ".join(f"card.{name}" for name in scores)
    new = ", ".join(f"excluded.{name}" for name in scores)
    return f"""
    INSERT INTO curation_scorecard AS card (clip_id, origin, provenance_id, scored_at, {", ".join(scores)})
    SELECT DISTINCT ON (clip.id) clip.id, %(origin)s, %(provenance)s, now(), {ours}
    FROM manifest_row row {_THEIR_CLIP}
    WHERE clip.external_id = row.clip
    ORDER BY clip.id, row.line DESC
    ON CONFLICT (clip_id, origin) DO UPDATE
    SET provenance_id = excluded.provenance_id, scored_at = excluded.scored_at, {updates}
    WHERE (card.provenance_id, {old}) IS DISTINCT FROM (excluded.provenance_id, {new})
    RETURNING card.clip_id
    """
