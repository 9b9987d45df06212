"""Candidate dialogue pairs: every turn that may answer another, at generous fixed bounds, with stable keys."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from curation.recipes.facts import Turn
from curation.recipes.intervals import Interval, clip_to, intersect, length, to_s, to_us

GAP_MIN_S = -2.0
GAP_MAX_S = 5.0


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """``responder`` may answer ``initiator``; both turns of one source, of two different voices.

    ``key``: 16 hex digits from voices and times alone, so a second run over the same turns gives the same key.
    ``turns_between``: turns that start after the initiator's and before the responder's (0: direct neighbours).
    """

    key: str
    initiator: Turn
    responder: Turn
    turns_between: int
    metrics: dict[str, float | None]


def candidate_pairs(turns: Sequence[Turn], *, with_unseen: bool = False) -> list[CandidatePair]:
    """All candidate pairs of one source, by the responder's start, then the initiator's.

    A pair's responder starts after its initiator starts, and between 2 s before and 5 s after the initiator's
    end (both included). Turns of unseen speakers form no pairs unless ``with_unseen``, but do count as
    ``turns_between`` and as overlapping speech. Raises ``ValueError`` for a turn that ends before it starts.
    """
    ordered = sorted(turns, key=lambda turn: (turn.interval(), turn.voice, str(turn.key)))
    starts = [turn.interval()[0] for turn in ordered]
    said: dict[str, list[Interval]] = defaultdict(list)
    for turn in ordered:
        said[turn.voice].append(turn.interval())
    lower, upper = to_us(GAP_MIN_S), to_us(GAP_MAX_S)
    found = []
    for first in ordered:
        if first.track_key is None and not with_unseen:
            continue
        begin, end = first.interval()
        low = max(bisect_left(starts, end + lower), bisect_right(starts, begin))
        for j in range(low, bisect_right(starts, end + upper)):
            second = ordered[j]
            if second.voice == first.voice or (second.track_key is None and not with_unseen):
                continue
            between = j - bisect_right(starts, begin)
            found.append(
                CandidatePair(
                    pair_key(first, second), first, second, between, _metrics(first, second, said, between)
                )
            )
    return sorted(found, key=lambda pair: (pair.responder.interval(), pair.initiator.interval(), pair.key))


def pair_key(initiator: Turn, responder: Turn) -> str:
    """The pair's stable name within its source."""
    parts = [part for turn in (initiator, responder) for part in (turn.voice, *map(str, turn.interval()))]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _metrics(
    first: Turn, second: Turn, said: dict[str, list[Interval]], between: int
) -> dict[str, float | None]:
    a, b = first.interval(), second.interval()
    exchange = (a[0], max(a[1], b[1]))
    # only the turns near the exchange matter; both voices' further turns inside it count as well
    mine = [part for turn in said[first.voice] if (part := clip_to(turn, exchange))]
    theirs = [part for turn in said[second.voice] if (part := clip_to(turn, exchange))]
    return {
        "pair_gap_s": to_s(b[0] - a[1]),
        "pair_initiator_turn_s": to_s(a[1] - a[0]),
        "pair_responder_turn_s": to_s(b[1] - b[0]),
        "pair_overlap_s": to_s(length(intersect(mine, theirs))),
        "pair_initiator_talk_share": first.talk_share,
        "pair_responder_talk_share": second.talk_share,
        "pair_turns_between": float(between),
    }
