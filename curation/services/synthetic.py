"""Loading a synthetic corpus by COPY, a block a transaction: taken up after a kill, and never mistaken for measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from curation.errors import RushesError
from curation.models import Corpus, Person, Provenance, Recipe, Source
from curation.services.corpora import corpus_get_or_create
from curation.services.scorecards import ScorerStatus, provenance_get_or_create
from curation.services.synthetic_rows import Loading, load_block
from curation.synthetic import SYNTHETIC
from curation.synthetic.shapes import synthetic_metrics
from curation.synthetic.world import (
    AGES,
    BLOCK,
    ETHNICITIES,
    GAPS,
    GENDERS,
    block_count,
    make_block,
    person_count,
    pick,
)

Progress = Callable[[int, int], None]


class NotSynthetic(RushesError):
    """A corpus of real clips must not be filled with invented ones."""

    code = "not_synthetic"


def corpus_synthesise(*, name: str, clips: int, seed: int, progress: Progress | None = None) -> Corpus:
    """Make (or finish) the synthetic corpus ``name`` of ``clips`` clips. Again changes nothing.

    Raises ``NotSynthetic`` if a corpus of this name holds anything else, or was made from another seed or size.
    """
    if not 1 <= clips <= 99_999_999 or not 0 <= seed <= 99_999:
        raise NotSynthetic("a synthetic corpus has 1 to 99,999,999 clips and a seed from 0 to 99,999")
    mark = f"Made up by `synthesise` from seed {seed}, {clips:,} clips. Nobody in it exists; no number was measured."
    corpus, _ = corpus_get_or_create(name=name, description=mark, is_synthetic=True)
    if not corpus.is_synthetic or corpus.description != mark:
        raise NotSynthetic(f"{corpus.slug} exists and is not this synthetic corpus; choose another name")
    recipe, _ = Recipe.objects.get_or_create(name=SYNTHETIC, version=1)
    people = _people(corpus, seed, person_count(clips))
    provenances = [_provenance(dict(states)).pk for _, states, _ in GAPS]
    done_blocks = set(
        Source.objects.filter(corpus=corpus, external_id__endswith=":0").values_list("external_id", flat=True)
    )
    waiting = [n for n in range(block_count(clips)) if f"{SYNTHETIC}:{n}:0" not in done_blocks]
    done = clips - sum(min(BLOCK, clips - number * BLOCK) for number in waiting)
    # One after another: two transactions that hold the same corpus and recipe for their foreign keys, row by row,
    # cost each other more than a second processor gains.
    for number in waiting:
        block = make_block(seed, number, clips)
        load_block(Loading(corpus.pk, recipe.pk, seed, block, people, provenances))
        done += block.clips
        if progress is not None:
            progress(done, clips)
    return corpus


@transaction.atomic
def _people(corpus: Corpus, seed: int, count: int) -> NDArray[np.int64]:
    """Ids of the corpus's persons, made once."""
    have = list(Person.objects.filter(corpus=corpus, source=None).order_by("pk").values_list("pk", flat=True))
    if len(have) != count:
        random = np.random.default_rng([seed, 77])
        codes = [pick(random, choices, count) for choices in (GENDERS, AGES, ETHNICITIES)]
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY curation_person (corpus_id, label, gender, age_group, ethnicity, attributes_origin) FROM STDIN"
            ) as copy,
        ):
            for i in range(count):
                words = (table[codes[k][i]][0] for k, table in enumerate((GENDERS, AGES, ETHNICITIES)))
                copy.write_row((corpus.pk, f"Synthetic person {i + 1}", *words, SYNTHETIC))
        have = list(
            Person.objects.filter(corpus=corpus, source=None).order_by("pk").values_list("pk", flat=True)
        )
    return np.array(have, np.int64)


def _provenance(states: dict[str, str]) -> Provenance:
    scorers = dict.fromkeys(spec.scorer for spec in synthetic_metrics())
    statuses = {
        scorer: ScorerStatus(states.get(scorer, "measured"), None, "made up by synthesise")
        for scorer in scorers
    }
    return provenance_get_or_create(statuses=statuses)
