"""Turns imported from RTTM: who speaks when, as a diarisation tool or a person wrote it down."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from curation.media.rttm import BadLine, RttmTurn, read_rttm
from curation.models import Corpus, Source
from curation.services.turns import NewTurn, turns_replace

ORIGIN = "rttm"


@dataclass(frozen=True, slots=True)
class TurnsImported:
    """What came of an import: turns by source name, and the lines that were left out, by number, with the reason."""

    turns: dict[str, int]
    bad: tuple[BadLine, ...]


@transaction.atomic
def rttm_import(*, corpus: Corpus, text: str) -> TurnsImported:
    """Make the turns of an RTTM text the imported ones of the sources that it names (file name, with or without suffix).

    Good lines go in, bad ones are listed: unreadable ones, those of a recording that is not (or not once) in the
    corpus, and those that start after their source's end. The same text again changes nothing.
    """
    read = read_rttm(text)
    by_name: dict[str, list[Source]] = defaultdict(list)
    for source in corpus.sources.filter(state=Source.State.READY):
        by_name[source.name].append(source)
        if Path(source.name).stem != source.name:
            by_name[Path(source.name).stem].append(source)
    bad = list(read.bad)
    wanted: dict[int, tuple[Source, list[NewTurn]]] = {}
    for turn in read.turns:
        found = by_name.get(turn.file, [])
        if len(found) != 1:
            bad.append(BadLine(turn.line, _why_not(turn, corpus, found)))
            continue
        source = found[0]
        if source.duration_s is not None and turn.start_s >= source.duration_s:
            bad.append(
                BadLine(
                    turn.line, f"starts at {turn.start_s:g} s; {source.name} ends at {source.duration_s:g} s"
                )
            )
            continue
        end_s = turn.end_s if source.duration_s is None else min(turn.end_s, source.duration_s)
        wanted.setdefault(source.pk, (source, []))[1].append(
            NewTurn(turn.start_s, end_s, None, False, None, ORIGIN, speaker=turn.speaker[:80])
        )
    for source, turns in wanted.values():
        turns_replace(source=source, turns=turns, imported=True)
    return TurnsImported(
        {source.name: len(turns) for source, turns in wanted.values()},
        tuple(sorted(bad, key=lambda one: one.line)),
    )


def _why_not(turn: RttmTurn, corpus: Corpus, found: list[Source]) -> str:
    if found:
        return f"{len(found)} sources of {corpus.slug} are called {turn.file}; a recording must be named once"
    return f"no ready source of {corpus.slug} is called {turn.file}"
