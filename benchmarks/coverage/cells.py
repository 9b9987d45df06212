"""What every section counts: tries, intervals that hold the truth, and the verdict on a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from annotation.agreement import Estimate, Interval, Undefined

EXACT, APPROXIMATE = 0.95, 0.93


@dataclass
class CellResult:
    """One line of the table."""

    method: str
    cell: str
    promised: float
    held: float
    shown: int | None
    replicates: int | None
    width: float | None = None

    @property
    def withheld(self) -> float:
        return 0.0 if self.replicates is None else 1 - (self.shown or 0) / self.replicates

    @property
    def wrong(self) -> float:
        """The share of all tries that gave an interval without the truth in it."""
        return (1 - self.held) * (1 - self.withheld)

    @property
    def verdict(self) -> str:
        if self.replicates is None:
            return "ok" if self.held >= self.promised - 1e-9 else "FAILS"
        if self.withheld > 0.5:
            return "mostly withheld" if self.wrong <= 1 - self.promised else "FAILS"
        hits = round(self.held * (self.shown or 0))
        if binom.cdf(hits, self.shown, self.promised) < 0.001:
            return "FAILS"
        return "ok"


@dataclass
class Scale:
    """How much to run."""

    replicates: int
    shares: tuple[float, ...]
    sizes: tuple[int, ...]


class Tally:
    """Counts intervals that hold the truth."""

    def __init__(self) -> None:
        self.held = self.shown = self.tried = 0
        self.width = 0.0

    def add(self, measure: object, truth: float) -> None:
        self.tried += 1
        interval = measure.interval if isinstance(measure, Estimate) else measure
        if isinstance(interval, Interval):
            self.shown += 1
            self.held += holds(interval, truth)
            self.width += interval.width

    def result(self, method: str, cell: str, promised: float) -> CellResult:
        shown = max(self.shown, 1)
        return CellResult(
            method, cell, promised, self.held / shown, self.shown, self.tried, self.width / shown
        )


def holds(interval: Interval | Undefined, truth: float) -> bool:
    """Whether the truth lies in the interval, give or take the last digit."""
    return isinstance(interval, Interval) and interval.lower - 1e-12 <= truth <= interval.upper + 1e-12


def cell_rng(*names: object) -> np.random.Generator:
    """A generator of its own for each cell, the same in every run."""
    return np.random.default_rng([ord(letter) for letter in " ".join(map(str, names))])
