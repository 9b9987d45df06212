"""Drawing pairs of persons for an identity queue, with the probabilities and the order that every draw has."""

from __future__ import annotations

import hashlib
import secrets

from django.db import connection, transaction

from annotation.errors import BadPlan
from annotation.models import Draw
from annotation.services.permanent import number_sql
from curation.models import Corpus
from curation.selectors.verdicts import stands
from curation.services.identities import person_pairs_find

# Pairs that are open: both still here and shown in a clip, not linked already, and nothing settled about them. Two of
# whom a row was mixed are asked about again once the tracks that did not belong have left it.
_FRAME = f"""
    curation_personpair t JOIN curation_person a ON a.id = t.first_id JOIN curation_person b ON b.id = t.second_id
    WHERE t.corpus_id = %(corpus)s AND a.withdrawn_at IS NULL AND b.withdrawn_at IS NULL
      AND coalesce(a.same_as_id, a.id) <> coalesce(b.same_as_id, b.id)
      AND EXISTS (SELECT 1 FROM curation_clip c WHERE c.person_id = a.id AND c.is_current
                  AND c.withdrawn_at IS NULL AND c.held_at IS NULL)
      AND EXISTS (SELECT 1 FROM curation_clip c WHERE c.person_id = b.id AND c.is_current
                  AND c.withdrawn_at IS NULL AND c.held_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM curation_personverdict v WHERE v.pair_id = t.id
                      AND NOT (v.answer = 'mixed' AND v.evidence ? 'apart')
                      AND {stands("v", "curation_personverdict")})
"""


def persons_count(*, corpus: Corpus) -> int:
    """How many open pairs of persons there are; new candidates are looked for first."""
    person_pairs_find(corpus=corpus)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {_FRAME}", {"corpus": corpus.pk})
        return int(cursor.fetchone()[0])


@transaction.atomic
def persons_draw(*, corpus: Corpus, size: int | None = None, seed: int | None = None) -> Draw:
    """Draw ``size`` of the open pairs of persons at random, or all of them in random order. Raises ``BadPlan``."""
    if size is not None and size < 1:
        raise BadPlan("a draw takes at least one item")
    person_pairs_find(corpus=corpus)
    seed = secrets.randbelow(2**53) if seed is None else seed
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), coalesce(string_agg(t.id::text, E'\\n' ORDER BY t.id), '') FROM {_FRAME}",
            {"corpus": corpus.pk},
        )
        count, text = cursor.fetchone()
    if not count:
        raise BadPlan(
            "no two persons of this corpus may be one: tracks have no person yet, or everything was said already"
        )
    taken = count if size is None else min(size, count)
    draw = Draw.objects.create(
        corpus=corpus,
        design=Draw.Design.CENSUS if size is None else Draw.Design.SIMPLE,
        seed=seed,
        frame={"subject": "persons"},
        frame_count=count,
        frame_sha256=hashlib.sha256(f"{text}\n".encode()).hexdigest(),
        strata=[{"name": "", "N": count, "n": taken}],
    )
    number = number_sql("%(seed)s::text", "t.id::text")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO annotation_drawitem
                (draw_id, position, persons_id, stratum, inclusion_probability, permanent_number, purpose)
            SELECT %(draw)s, row_number() OVER (ORDER BY f.number, f.id), f.id, '', %(share)s, f.number, 'work'
            FROM (SELECT t.id, {number} AS number FROM {_FRAME} ORDER BY 2, 1 LIMIT %(taken)s) f
            """,
            {
                "corpus": corpus.pk,
                "draw": draw.pk,
                "seed": str(seed),
                "share": taken / count,
                "taken": taken,
            },
        )
    return draw
