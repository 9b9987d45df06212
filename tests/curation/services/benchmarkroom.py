"""A corpus for benchmarks and splits: sources with persons, attributes, verdicts and picture hashes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.media.picturehash import FORMULA
from curation.models import Clip, Corpus, DialoguePair, Person, PictureHash
from tests import factories

AGES = ("0-19", "19-30", "31-45")


def person(corpus: Corpus, **fields: Any) -> Person:
    return Person.objects.create(**{"corpus": corpus, "label": f"person {factories.number()}", **fields})


def spoken(
    corpus: Corpus, who: Person | None, count: int, *, settled: int | None = None, **fields: Any
) -> list[Clip]:
    """``count`` clips of one new source that show ``who``; the first ``settled`` (all, if not told) settled as sft."""
    source = factories.source(corpus)
    clips = [
        factories.clip(source, scored=False, start_s=10.0 * n, person=who, **fields) for n in range(count)
    ]
    for clip in clips[: count if settled is None else settled]:
        factories.verdict(clip, "sft")
    return clips


def hashed(clip: Clip, *words: int, problem: str = "") -> None:
    """The clip's picture hashes, as if its preview had been looked at."""
    PictureHash.objects.create(
        clip=clip, formula=FORMULA, hashes=list(words), preview_sha256="0" * 64, problem=problem
    )


def people(corpus: Corpus, count: int, *, clips: int = 3) -> Iterator[list[Clip]]:
    """So many persons, each alone in a source, their ages and genders in turn."""
    for n in range(count):
        who = person(corpus, age_group=AGES[n % len(AGES)], gender="fm"[n % 2], attributes_origin="import")
        yield spoken(corpus, who, clips)


def pair(initiator: Clip, responder: Clip, answer: str = "") -> DialoguePair:
    made = DialoguePair.objects.create(
        corpus=initiator.corpus, source=initiator.source, initiator=initiator, responder=responder
    )
    if answer:
        factories.verdict(initiator, answer, clip=None, pair=made, question="answers")
    return made
