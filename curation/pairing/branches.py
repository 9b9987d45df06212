"""The branch of a clip: single, dialogue, listening or multi-turn."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from curation.pairing.chains import Chain
from curation.pairing.clips import ClipPair
from curation.pairing.listening import ListenKind, listen_kind
from curation.recipes.facts import Span, SpanKind, Turn


class Branch(StrEnum):
    """SpeakerVid's four branches."""

    SINGLE = "single"
    DIALOGUE = "dialogue"
    LISTENING = "listening"
    MULTI_TURN = "multi_turn"


@dataclass(frozen=True, slots=True)
class BranchReading:
    """The branch proposed for a clip, and every branch whose condition it meets."""

    branch: Branch
    meets: frozenset[Branch]
    listens: ListenKind | None = None


def paired_spans(pairs: Iterable[ClipPair]) -> frozenset[Span]:
    """Every span that is one side of a pair."""
    return frozenset(span for pair in pairs for span in (pair.initiator_clip, pair.responder_clip))


def chained_turns(chains: Iterable[Chain]) -> frozenset[Turn]:
    """Every turn of every chain."""
    return frozenset(turn for chain in chains for turn in chain.turns)


def branch_of(
    span: Span, turns: Sequence[Turn], paired: Container[Span], chained: Container[Turn] = frozenset()
) -> BranchReading:
    """Propose the branch of one clip; people verify it. ``paired`` and ``chained``: see the two functions above.

    The narrowest condition that holds names the branch: listening (visible and silent while another is heard),
    then multi-turn (it shows a turn of a chain), then dialogue (it is one side of a pair), else single. Pass
    only the pairs that the corpus's bounds accept. A whole-frame clip is read by the turns of its people:
    multi-turn with a chain, dialogue with two voices or more, else single.
    """
    interval = (span.start_us, span.end_us)
    inside = [t for t in turns if t.interval()[0] < interval[1] and t.interval()[1] > interval[0]]
    shown = [t for t in inside if t.track_key is not None and t.track_key in span.tracks]
    meets: set[Branch] = set()
    listens: ListenKind | None = None
    if span.track_key is not None:
        if span.kind is not SpanKind.TALK:
            listens = listen_kind(interval, span.track_key, inside)
        if listens is not None:
            meets.add(Branch.LISTENING)
        if span in paired:
            meets.add(Branch.DIALOGUE)
    elif len({turn.voice for turn in shown}) > 1:
        meets.add(Branch.DIALOGUE)
    if any(turn in chained for turn in shown):
        meets.add(Branch.MULTI_TURN)
    for branch in (Branch.LISTENING, Branch.MULTI_TURN, Branch.DIALOGUE):
        if branch in meets:
            return BranchReading(branch, frozenset(meets), listens)
    return BranchReading(Branch.SINGLE, frozenset({Branch.SINGLE}), None)
