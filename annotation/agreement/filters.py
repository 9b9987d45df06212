"""A filter against people, in three readings side by side.

Dropping the clips on which people disagreed flatters a filter, because those are the hard ones; so the
same judgments are read three ways and no reading is shown without the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from annotation.agreement.table import BinaryTable, binary_table


class Reading(Enum):
    """How disputed items enter the table."""

    AGREED = "agreed only"
    ADJUDICATED = "adjudicated"
    DISPUTES_AS_ERRORS = "disputes as errors"


class Cell(Enum):
    """Where an item falls in the table."""

    TP = "tp"
    FP = "fp"
    FN = "fn"
    TN = "tn"


class LeftOut(Enum):
    """Why an item is in no cell of a reading."""

    TOO_FEW_VOTES = "fewer than two votes"
    DISPUTED = "people disagreed"
    NOT_SETTLED = "people disagreed and no verdict has settled it"


class JudgedItem(Protocol):
    """What a filter said of an item, and what people said.

    ``votes`` are the blind answers of different people (True: acceptable), without the panel's;
    ``verdict`` is what was settled, or None while it is not.
    """

    @property
    def passed(self) -> bool: ...
    @property
    def votes(self) -> tuple[bool, ...]: ...
    @property
    def verdict(self) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Judged:
    """A plain :class:`JudgedItem`; ``item`` is the id by which a page finds the clip again."""

    passed: bool
    votes: tuple[bool, ...] = ()
    verdict: bool | None = None
    item: str = ""


@dataclass(frozen=True, slots=True)
class FilterAgreement:
    """One reading: its table, and the items that are in no cell, counted by reason."""

    reading: Reading
    table: BinaryTable
    disputed: int
    left_out: dict[LeftOut, int]

    @property
    def n(self) -> int:
        """Items in the table."""
        return self.table.n


def cell_of(item: JudgedItem, reading: Reading) -> Cell | LeftOut:
    """The cell that ``item`` falls into under ``reading``, or why it falls into none.

    *Agreed only*: at least two votes, all the same; verdicts are not looked at. *Adjudicated*: the verdict,
    else the answer on which at least two votes agree. *Disputes as errors*: as agreed only, but a dispute
    is a false positive if the filter passed the item and a false negative if it rejected it.
    """
    accepted: bool
    if reading is Reading.ADJUDICATED and item.verdict is not None:
        accepted = item.verdict
    elif len(item.votes) < 2:
        return LeftOut.TOO_FEW_VOTES
    elif not _is_disputed(item):
        accepted = item.votes[0]
    elif reading is Reading.DISPUTES_AS_ERRORS:
        return Cell.FP if item.passed else Cell.FN
    elif reading is Reading.AGREED:
        return LeftOut.DISPUTED
    else:
        return LeftOut.NOT_SETTLED
    if item.passed:
        return Cell.TP if accepted else Cell.FP
    return Cell.FN if accepted else Cell.TN


def _is_disputed(item: JudgedItem) -> bool:
    return len(item.votes) > 1 and len(set(item.votes)) > 1


def filter_agreement(
    items: Iterable[JudgedItem], reading: Reading, *, confidence: float = 0.95
) -> FilterAgreement:
    """Accuracy, precision, recall, specificity, F1, κ and MCC of a filter against people in one reading.

    For items drawn with equal probability; a design with unequal probabilities wants
    :func:`annotation.estimation.weighted_table`.
    """
    cells = dict.fromkeys(Cell, 0)
    left_out: dict[LeftOut, int] = {}
    disputed = 0
    # Of many thousand items a few dozen kinds differ: each is looked at once.
    kinds = Counter((item.passed, tuple(item.votes), item.verdict) for item in items)
    for kind, count in kinds.items():
        item = Judged(*kind)
        disputed += count * _is_disputed(item)
        place = cell_of(item, reading)
        if isinstance(place, Cell):
            cells[place] += count
        else:
            left_out[place] = left_out.get(place, 0) + count
    table = binary_table(cells[Cell.TP], cells[Cell.FP], cells[Cell.FN], cells[Cell.TN], confidence)
    return FilterAgreement(reading, table, disputed, left_out)


def filter_readings(
    items: Iterable[JudgedItem], *, confidence: float = 0.95
) -> dict[Reading, FilterAgreement]:
    """All three readings of the same items, in the order agreed, adjudicated, disputes as errors."""
    kept = list(items)
    return {reading: filter_agreement(kept, reading, confidence=confidence) for reading in Reading}
