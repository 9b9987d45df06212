"""A batch of manifest rows into sources, persons, clips and scorecards: one COPY, then set-based statements.

Each table is asked once a batch for what the batch names, by plain keys. A join of the batch with a table of
millions whose statistics are an hour old is planned for the table of an hour ago, and may read it row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from curation.manifests import Fault
from curation.manifests.copytext import COLUMNS
from curation.models import Policy
from curation.policies.sql import quoted
from curation.services.locks import named_lock
from curation.services.proposals import live_policies, proposals_refresh


def load_rows(
    *, corpus: int, recipe: int, origin: str, provenance: int, metrics: Sequence[str], rows: bytes
) -> list[tuple[int, Fault]]:
    """Write ``rows`` (``copy_line``'s text) within the caller's transaction; what is there and equal stays untouched.

    Returns the rows that could not go in because another clip of the same origin has their span, or their id twice
    in one manifest with other times.
    """
    if not rows:
        return []
    scores = [quoted(name) for name in metrics]
    keys: dict[str, int | str] = {
        "corpus": corpus,
        "recipe": recipe,
        "origin": origin,
        "provenance": provenance,
    }
    named_lock(f"manifest {corpus}")
    with connection.cursor() as cursor:
        columns = [*(f"{name} {kind}" for name, kind in COLUMNS), *(f"{name} real" for name in scores)]
        cursor.execute(_STAGING.format(columns=", ".join(columns)))
        with cursor.copy("COPY manifest_row FROM STDIN") as copy:
            copy.write(rows)
        for statement in (_SOURCES, _THEIR_SOURCES, _THEIR_PERSONS, _PERSONS, _THEIR_SPANS, _CLIPS):
            cursor.execute(statement, keys)
        cursor.execute(_scorecards(scores), keys)
        written = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_CLASHES)
        clashes = [
            (line, Fault("id", f"{clip} has the same span of {source} as {other}, which is in"))
            for line, clip, source, other in cursor.fetchall()
        ]
    if any(policy.origin == origin for policy in live_policies(corpus, Policy.Subject.CLIP)):
        proposals_refresh(clip_ids=written)
    return clashes


_STAGING = """
DROP TABLE IF EXISTS manifest_row, manifest_source, manifest_person, manifest_span, manifest_clip;
CREATE TEMP TABLE manifest_row ({columns}) ON COMMIT DROP;
CREATE TEMP TABLE manifest_source (id bigint, sha256 text, withdrawn_at timestamptz) ON COMMIT DROP;
CREATE TEMP TABLE manifest_person (id bigint, label text, withdrawn_at timestamptz) ON COMMIT DROP;
CREATE TEMP TABLE manifest_span (source_id bigint, start_s float8, end_s float8, at timestamptz) ON COMMIT DROP;
CREATE TEMP TABLE manifest_clip (id bigint, source_id bigint, start_s float8, end_s float8, clip text)
    ON COMMIT DROP;
"""
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
_THEIR_SOURCES = """
INSERT INTO manifest_source SELECT id, sha256, withdrawn_at FROM curation_source
WHERE corpus_id = %(corpus)s AND sha256 = ANY(ARRAY(SELECT DISTINCT sha256 FROM manifest_row))
"""
# The first of a name stands for all of them; one withdrawn withdraws the name.
_THEIR_PERSONS = """
INSERT INTO manifest_person SELECT min(id), label, min(withdrawn_at) FROM curation_person
WHERE corpus_id = %(corpus)s AND attributes_origin = %(origin)s
    AND label = ANY(ARRAY(SELECT DISTINCT person FROM manifest_row WHERE person <> ''))
GROUP BY label
"""
_PERSONS = """
WITH fresh AS (
    INSERT INTO curation_person (corpus_id, label, gender, age_group, ethnicity, attributes_origin)
    SELECT DISTINCT ON (person) %(corpus)s, person, gender, age_group, ethnicity, %(origin)s
    FROM manifest_row
    WHERE person <> '' AND person NOT IN (SELECT label FROM manifest_person)
    ORDER BY person, line
    RETURNING id, label
)
INSERT INTO manifest_person SELECT id, label FROM fresh
"""
_THEIR_SPANS = """
INSERT INTO manifest_span SELECT span.source_id, span.start_s, span.end_s, gone.at
FROM curation_withdrawnspan span JOIN curation_withdrawal gone ON gone.id = span.withdrawal_id
WHERE span.source_id = ANY(ARRAY(SELECT id FROM manifest_source))
"""
# What was withdrawn stays so, also where a manifest names it again. Clips that are there are found beside the fresh
# ones: the second half sees the table as it was before the first.
_CLIPS = """
WITH fresh AS (
    INSERT INTO curation_clip (corpus_id, source_id, recipe_id, person_id, external_id, start_s, end_s, region,
        attributes, branch, language, is_current, added_at, withdrawn_at)
    SELECT DISTINCT ON (source.id, row.start_s, row.end_s) %(corpus)s, source.id, %(recipe)s, person.id,
        row.clip, row.start_s, row.end_s, row.region, row.attributes, '', row.language, true, now(),
        coalesce(source.withdrawn_at, person.withdrawn_at, (
            SELECT min(span.at) FROM manifest_span span
            WHERE span.source_id = source.id AND span.start_s < row.end_s AND span.end_s > row.start_s))
    FROM manifest_row row
    JOIN manifest_source source ON source.sha256 = row.sha256
    LEFT JOIN manifest_person person ON person.label = row.person
    ORDER BY source.id, row.start_s, row.end_s, row.line
    ON CONFLICT (source_id, recipe_id, track_id, start_s, end_s) DO NOTHING
    RETURNING id, source_id, start_s, end_s, external_id
)
INSERT INTO manifest_clip
SELECT id, source_id, start_s, end_s, external_id FROM fresh
UNION ALL
SELECT id, source_id, start_s, end_s, external_id FROM curation_clip
WHERE source_id = ANY(ARRAY(SELECT id FROM manifest_source)) AND recipe_id = %(recipe)s AND track_id IS NULL
    AND start_s BETWEEN (SELECT min(start_s) FROM manifest_row) AND (SELECT max(start_s) FROM manifest_row)
"""
_THEIR_CLIP = """
JOIN manifest_source source ON source.sha256 = row.sha256
JOIN manifest_clip clip ON clip.source_id = source.id AND clip.start_s = row.start_s AND clip.end_s = row.end_s
"""
_CLASHES = f"""
SELECT row.line, row.clip, row.source, clip.clip FROM manifest_row row {_THEIR_CLIP}
WHERE clip.clip <> row.clip ORDER BY row.line
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
    WHERE clip.clip = row.clip
    ORDER BY clip.id, row.line DESC
    ON CONFLICT (clip_id, origin) DO UPDATE
    SET provenance_id = excluded.provenance_id, scored_at = excluded.scored_at, {updates}
    WHERE (card.provenance_id, {old}) IS DISTINCT FROM (excluded.provenance_id, {new})
    RETURNING card.clip_id
    """
