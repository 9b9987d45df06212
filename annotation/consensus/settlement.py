"""The reference procedure: two blind raters, a blind third on dispute, and the panel on a random tenth of
agreed items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum

from annotation.estimation.values import InputError, Undefined
from annotation.sampling.prn import permanent_random_number

Answer = Hashable


class Basis(Enum):
    """What settled an item, or what it waits for."""

    AGREED = "all blind votes agree"
    THIRD_VOTE = "a blind third vote broke the dispute"
    PANEL = "the panel"
    WAITING_FOR_VOTES = "waits for blind votes"
    WAITING_FOR_THIRD = "people disagreed; waits for a blind third vote"
    WAITING_FOR_PANEL = "waits for the panel"
    CANNOT_JUDGE = "too few people could judge it"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's blind answer; ``answer`` None means that they could not judge."""

    rater: str
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """``answer`` is what was settled, or not defined while it is open (``basis`` says for what it waits).

    ``disputed``: the blind votes of the overlap were not all alike; ``votes``: those that counted, in order.
    """

    answer: Answer | Undefined
    basis: Basis
    disputed: bool
    votes: tuple[Vote, ...]

    @property
    def settled(self) -> bool:
        """Whether there is an answer."""
        return not isinstance(self.answer, Undefined)


def settle(
    votes: Sequence[Vote],
    *,
    overlap: int = 2,
    panel: Answer | None = None,
    panel_asked: bool = False,
    most_declined: int = 2,
) -> Settlement:
    """Settle one item from its blind votes in the order given.

    The first ``overlap`` votes that judge decide if alike; if not, further votes count until one answer
    leads all others. A ``panel`` answer overrides both; with ``panel_asked`` an open panel keeps the item
    open. Once more than ``most_declined`` people could not judge it, and too few did, it is settled as
    that. The same rater twice is refused.
    """
    if overlap < 1:
        raise InputError(f"overlap must be at least 1, got {overlap}")
    raters = [vote.rater for vote in votes]
    if len(set(raters)) < len(raters):
        raise InputError("one rater has two votes on the item: keep the one that counts")
    judged = [vote for vote in votes if vote.answer is not None]
    first, further = judged[:overlap], judged[overlap:]
    disputed = len({vote.answer for vote in first}) > 1
    if panel is not None:
        return Settlement(panel, Basis.PANEL, disputed, tuple(judged))
    if len(first) < overlap:
        declined = len(votes) - len(judged)
        basis = Basis.CANNOT_JUDGE if declined > most_declined else Basis.WAITING_FOR_VOTES
        return Settlement(Undefined(basis.value), basis, disputed, tuple(first))
    if panel_asked:
        basis = Basis.WAITING_FOR_PANEL
        return Settlement(Undefined(basis.value), basis, disputed, tuple(judged))
    if not disputed:
        return Settlement(first[0].answer, Basis.AGREED, False, tuple(first))
    for end in range(1, len(further) + 1):
        leader = majority([vote.answer for vote in first + further[:end]])
        if not isinstance(leader, Undefined):
            return Settlement(leader, Basis.THIRD_VOTE, True, tuple(first + further[:end]))
    basis = Basis.WAITING_FOR_THIRD
    return Settlement(Undefined(basis.value), basis, True, tuple(judged))


def majority(answers: Sequence[Answer]) -> Answer | Undefined:
    """The answer given more often than any other; not defined for a tie or no answers."""
    ranked = Counter(answers).most_common(2)
    if not ranked:
        return Undefined("there are no votes")
    if len(ranked) == 2 and ranked[0][1] == ranked[1][1]:
        return Undefined("the votes are tied")
    return ranked[0][0]


def panel_due(item: str, *, seed: str, share: float = 0.1) -> bool:
    """Whether an agreed item belongs to the random ``share`` that the panel checks; fixed by the item and
    the seed.
    """
    if not 0.0 <= share <= 1.0:
        raise InputError(f"the share must lie in [0, 1], got {share}")
    return permanent_random_number(f"panel {seed}", item) < share
