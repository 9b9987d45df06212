"""What the reference procedure says of a drawn item: so many blind people, a blind third on dispute.

The panel's check of a random part of the agreed items is read beside it: it corrects the share
(:func:`annotation.estimation.two_phase`) and does not replace what the procedure said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from annotation.certificates.records import Cast, DrawnRecord
from annotation.consensus import Vote, panel_due, settle
from annotation.estimation import Outcome

UNPLAYABLE = "unplayable"
TIER_RANKS: Mapping[str, int] = {"sft": 3, "pretrain": 2, "reject": 1}
# What each tier that can be claimed of a clip accepts: itself and what is better.
TIER_ACCEPTS: Mapping[str, tuple[str, ...]] = {"sft": ("sft",), "pretrain": ("sft", "pretrain")}


@dataclass(frozen=True, slots=True)
class Procedure:
    """``overlap`` blind votes on ``question``; ``accepts`` maps what is claimed of a clip to the answers that grant it.

    ``panel_share`` of agreed items, drawn by a hash of ``panel_seed`` and the item, is checked by the panel; 0: none.
    """

    question: str
    overlap: int
    accepts: Mapping[str, tuple[str, ...]]
    panel_share: float
    panel_seed: str
    most_declined: int = 2

    def due(self, item: int) -> bool:
        """Whether the panel checks this item though people agree on it."""
        return self.panel_share > 0 and panel_due(str(item), seed=self.panel_seed, share=self.panel_share)


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of an item. ``answer`` is the procedure's, None unless settled; ``checked``: the panel was asked

    about an agreed item, and ``panel`` says whether it accepts.
    """

    outcome: Outcome
    answer: str | None = None
    disputed: bool = False
    checked: bool = False
    panel: bool | None = None

    @property
    def accepted(self) -> bool:
        """Whether the procedure accepts the clip."""
        return self.outcome is Outcome.ACCEPTED


def read(record: DrawnRecord, procedure: Procedure) -> Reading:
    """The outcome of one drawn item from its votes alone."""
    if record.out:
        return Reading(_taken_out(record))
    votes = [Vote(cast.rater, cast.answer) for cast in record.votes]
    first = settle(votes, overlap=procedure.overlap, most_declined=procedure.most_declined)
    accepts = procedure.accepts[record.level]
    if first.settled and not first.disputed:
        if not procedure.due(record.item):
            return _settled(str(first.answer), accepts)
        if record.panel is None or record.panel.answer is None:
            return Reading(Outcome.PENDING)
        agreed = _settled(str(first.answer), accepts)
        return Reading(agreed.outcome, agreed.answer, False, True, record.panel.answer in accepts)
    if not first.disputed or record.panel is None or record.panel.answer is None:
        return Reading(Outcome.PENDING, disputed=first.disputed)
    if record.panel.seen:
        return _settled(record.panel.answer, accepts, disputed=True)
    third = Vote(record.panel.rater, record.panel.answer)
    last = settle([*votes, third], overlap=procedure.overlap, most_declined=procedure.most_declined)
    return (
        _settled(str(last.answer), accepts, disputed=True)
        if last.settled
        else Reading(Outcome.PENDING, disputed=True)
    )


def _settled(answer: str, accepts: tuple[str, ...], *, disputed: bool = False) -> Reading:
    outcome = Outcome.ACCEPTED if answer in accepts else Outcome.REFUSED
    return Reading(outcome, answer, disputed)


def _taken_out(record: DrawnRecord) -> Outcome:
    """Unplayable if most of those who could not judge it say so; else nobody knows what it is."""
    declined: list[Cast] = [cast for cast in record.votes if cast.answer is None]
    broken = sum(UNPLAYABLE in cast.reasons for cast in declined)
    return Outcome.UNPLAYABLE if declined and 2 * broken > len(declined) else Outcome.SKIPPED
