"""Multi-turn material: chains of turns that follow each other, and the turns before one (its context)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curation.pairing.pairs import CandidatePair
from curation.recipes.facts import Turn
from curation.recipes.intervals import to_us


@dataclass(frozen=True, slots=True)
class Chain:
    """Pairs in which each responder is the next pair's initiator; ``turns`` has one more than ``pairs``."""

    turns: tuple[Turn, ...]
    pairs: tuple[CandidatePair, ...]


def sequential_chains(
    pairs: Iterable[CandidatePair], *, gap_below_s: float, turns_at_least: int = 3
) -> list[Chain]:
    """Chains of directly neighbouring turns with every gap below ``gap_below_s`` (SpeakerVid's δt, unpublished).

    Only pairs without a turn between them are linked, so each turn lies in one chain at most. By start.
    """
    limit = to_us(gap_below_s)
    links: dict[Turn, CandidatePair] = {}
    for pair in pairs:
        gap = pair.responder.interval()[0] - pair.initiator.interval()[1]
        if pair.turns_between == 0 and gap < limit:
            # turns that start at the same moment are both "next": the first in order is taken
            links.setdefault(pair.initiator, pair)
    taken: set[Turn] = set()
    for initiator, pair in sorted(links.items(), key=lambda item: item[1].initiator.interval()):
        if pair.responder in taken:
            del links[initiator]
        taken.add(pair.responder)
    chains = []
    for head in sorted(links, key=lambda turn: turn.interval()):
        if head in taken:
            continue
        chain, at = [], head
        while at in links:
            chain.append(links[at])
            at = links[at].responder
        if len(chain) + 1 >= turns_at_least:
            chains.append(Chain((head, *(pair.responder for pair in chain)), tuple(chain)))
    return chains


def context_before(turn: Turn, turns: Sequence[Turn], *, window_s: float) -> tuple[Turn, ...]:
    """The turns of the same source that end within ``window_s`` before ``turn`` starts, or run into it.

    SpeakerVid's contextual window T (unpublished). By start; ``turn`` itself is left out.
    """
    start = turn.interval()[0]
    since = start - to_us(window_s)
    earlier = [t for t in turns if t != turn and t.interval()[0] < start and t.interval()[1] > since]
    return tuple(sorted(earlier, key=lambda t: (t.interval(), str(t.key))))
