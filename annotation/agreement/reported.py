"""Reading a reported table backwards: which counts could have printed these figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from annotation.estimation.values import InputError


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """Percentages as they were printed, each with its own number of digits: "86.87", "100"."""

    agreement: str
    accuracy: str
    precision: str
    recall: str
    f1: str


@dataclass(frozen=True, slots=True)
class FittingCounts:
    """``n`` items judged by two people, and the table over the items on which they agreed."""

    n: int
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def agreed(self) -> int:
        """Items on which both gave the same answer."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def right(self) -> int:
        """Agreed items on which the filter said the same as people."""
        return self.tp + self.tn

    @property
    def disputed(self) -> int:
        """Items on which the two people differ."""
        return self.n - self.agreed


def fitting_counts(row: ReportedRow, sizes: Iterable[int]) -> tuple[FittingCounts, ...]:
    """Every table over agreed items, for every study size in ``sizes``, that prints exactly ``row``."""
    return tuple(found for n in sizes for found in _fitting(row, n))


def printed(part: int, whole: int, like: str) -> str:
    """``part / whole`` as a percentage with as many decimals as ``like`` has, halves rounded up."""
    if whole <= 0:
        raise InputError(f"a percentage of {whole} items cannot be printed")
    digits = Decimal(1).scaleb(-len(like.partition(".")[2]))
    return str((Decimal(100 * part) / Decimal(whole)).quantize(digits, rounding=ROUND_HALF_UP))


def _fitting(row: ReportedRow, n: int) -> Iterator[FittingCounts]:
    for agreed in range(1, n + 1):
        if printed(agreed, n, row.agreement) != row.agreement:
            continue
        for right in range(agreed + 1):
            if printed(right, agreed, row.accuracy) != row.accuracy:
                continue
            wrong = agreed - right
            for tp in range(1, right + 1):
                for fp in range(wrong + 1):
                    fn = wrong - fp
                    if (
                        printed(tp, tp + fp, row.precision) == row.precision
                        and printed(tp, tp + fn, row.recall) == row.recall
                        and printed(2 * tp, 2 * tp + fp + fn, row.f1) == row.f1
                    ):
                        yield FittingCounts(n, tp, fp, fn, right - tp)
