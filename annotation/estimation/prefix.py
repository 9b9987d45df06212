"""The longest settled prefix of a drawn order.

Short, easy clips settle first; an estimate over whatever has settled so far would flatter the corpus. So
only the items up to the first unsettled one count, in the order in which they were drawn. Items inside it
that nobody could judge count as refused for the lower bound and as accepted for the upper one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from annotation.estimation.betting import BETTING, betting_bounds, sequence_estimate
from annotation.estimation.binomial import clopper_pearson
from annotation.estimation.finite import hypergeometric_interval
from annotation.estimation.values import Estimate, Interval, Measure, Undefined, check_confidence


class Outcome(Enum):
    """What became of a drawn item."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNPLAYABLE = "unplayable"
    SKIPPED = "cannot judge"
    PENDING = "not settled yet"


@dataclass(frozen=True, slots=True)
class SettledPrefix:
    """The settled outcomes in drawn order, up to the first pending one; ``beyond`` settled ones lie after
    it.
    """

    outcomes: tuple[Outcome, ...]
    beyond: int

    @property
    def n(self) -> int:
        """Items in the prefix, skipped ones included."""
        return len(self.outcomes)

    @property
    def worst(self) -> tuple[int, ...]:
        """1 for accepted, 0 for all else: skipped items taken as refused."""
        return tuple(int(outcome is Outcome.ACCEPTED) for outcome in self.outcomes)

    @property
    def best(self) -> tuple[int, ...]:
        """As ``worst``, but skipped items taken as accepted."""
        return tuple(int(outcome in (Outcome.ACCEPTED, Outcome.SKIPPED)) for outcome in self.outcomes)

    def count(self, outcome: Outcome) -> int:
        """How many items of the prefix came out so."""
        return self.outcomes.count(outcome)


def settled_prefix(drawn: Sequence[Outcome]) -> SettledPrefix:
    """Cut ``drawn`` (in the drawn order) at the first pending item."""
    end = next((place for place, outcome in enumerate(drawn) if outcome is Outcome.PENDING), len(drawn))
    beyond = sum(outcome is not Outcome.PENDING for outcome in drawn[end:])
    return SettledPrefix(tuple(drawn[:end]), beyond)


def prefix_share(prefix: SettledPrefix, population: int | None = None, confidence: float = 0.95) -> Measure:
    """The share accepted, unplayable items being refusals, with skipped items worst-case in both bounds.

    ``population``: length of the list drawn from, without replacement; None for independent draws. Valid
    for a prefix whose length was fixed beforehand; for stopping early see :func:`prefix_sequence`.
    """
    check_confidence(confidence)
    judged = prefix.n - prefix.count(Outcome.SKIPPED)
    if judged == 0:
        return Undefined("no item at the head of the drawn order is settled yet")
    low, high = sum(prefix.worst), sum(prefix.best)
    if population is None:
        lower, upper = clopper_pearson(low, prefix.n, confidence), clopper_pearson(high, prefix.n, confidence)
    else:
        lower = hypergeometric_interval(low, prefix.n, population, confidence)
        upper = hypergeometric_interval(high, prefix.n, population, confidence)
    if isinstance(lower, Undefined) or isinstance(upper, Undefined):
        return Undefined("nothing was judged")
    interval = Interval(lower.lower, upper.upper, confidence, lower.method)
    return Estimate(low / judged, interval, prefix.n, _notes(prefix))


def prefix_sequence(prefix: SettledPrefix, population: int, confidence: float = 0.95) -> Measure:
    """As :func:`prefix_share`, by a confidence sequence: valid whenever one looks or stops."""
    judged = prefix.n - prefix.count(Outcome.SKIPPED)
    if judged == 0:
        return Undefined("no item at the head of the drawn order is settled yet")
    low = float(betting_bounds(prefix.worst, population, confidence)[0][-1])
    high = float(betting_bounds(prefix.best, population, confidence)[1][-1])
    value = sum(prefix.worst) / judged
    return sequence_estimate(value, low, high, prefix.n, BETTING, confidence, _notes(prefix))


def _notes(prefix: SettledPrefix) -> tuple[str, ...]:
    notes = []
    for outcome, text in (
        (Outcome.SKIPPED, "could not be judged and count worst-case in each bound"),
        (Outcome.UNPLAYABLE, "could not be played and count as refused"),
    ):
        if prefix.count(outcome):
            notes.append(f"{prefix.count(outcome)} {text}")
    if prefix.beyond:
        notes.append(f"{prefix.beyond} settled after the first open item wait for it")
    return tuple(notes)
