"""From pairs of turns to pairs of clips: which clip shows the initiator's turn, and which the responder's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from curation.pairing.pairs import CandidatePair
from curation.recipes.facts import Span, SpanKind, Turn
from curation.recipes.intervals import clip_to


class UnpairedReason(StrEnum):
    """Why a candidate pair of turns is no pair of clips."""

    INITIATOR_HAS_NO_CLIP = "initiator_has_no_clip"
    RESPONDER_HAS_NO_CLIP = "responder_has_no_clip"
    NEITHER_HAS_A_CLIP = "neither_has_a_clip"


@dataclass(frozen=True, slots=True)
class ClipPair:
    """A candidate pair with the clip of either turn."""

    pair: CandidatePair
    initiator_clip: Span
    responder_clip: Span


def pair_clips(
    pairs: Iterable[CandidatePair], spans: Sequence[Span]
) -> tuple[list[ClipPair], list[tuple[CandidatePair, UnpairedReason]]]:
    """Clip pairs, and the candidate pairs that have none, with the reason; both in the order of ``pairs``.

    A clip shows a turn if it is of the turn's track and touches the turn, and is no listening clip. Of several
    (a long turn is cut), the initiator's last and the responder's first are taken: those next to the gap.
    """
    by_track: dict[object, list[Span]] = {}
    for span in sorted(spans, key=lambda s: (s.start_us, s.end_us)):
        if span.track_key is not None and span.kind is not SpanKind.LISTEN:
            by_track.setdefault(span.track_key, []).append(span)
    made: list[ClipPair] = []
    left: list[tuple[CandidatePair, UnpairedReason]] = []
    for pair in pairs:
        before = _touching(by_track, pair.initiator)
        after = _touching(by_track, pair.responder)
        if before and after:
            made.append(ClipPair(pair, before[-1], after[0]))
        elif after:
            left.append((pair, UnpairedReason.INITIATOR_HAS_NO_CLIP))
        elif before:
            left.append((pair, UnpairedReason.RESPONDER_HAS_NO_CLIP))
        else:
            left.append((pair, UnpairedReason.NEITHER_HAS_A_CLIP))
    return made, left


def _touching(by_track: dict[object, list[Span]], turn: Turn) -> list[Span]:
    if turn.track_key is None:
        return []
    interval = turn.interval()
    return [s for s in by_track.get(turn.track_key, []) if clip_to((s.start_us, s.end_us), interval)]
