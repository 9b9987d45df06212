"""Correcting for items on which people agreed and were wrong.

Phase one: every sampled item has the answer of the two-rater procedure. Phase two: a random part of them
goes to the panel too, whose answer is the reference. Within each group (agreed yes, agreed no, disputed)
the panel's answers on the checked items stand for the unchecked ones: the difference estimator p̂ = ȳ + Σ_g
W_g · mean_g(z − y).

Source: C.-E. Särndal, B. Swensson, J. Wretman, "Model Assisted Survey Sampling" (1992), §9.3 and §9.6; W.
G. Cochran, "Sampling Techniques" (1977), §12.2 (double sampling for stratification). Interval: exact limits
of each part put together as G. Y. Zou and A. Donner, "Construction of confidence limits about effect
measures", Stat. Med. 27 (2008) (MOVER). With no error among the checked items the interval still allows for
as many as the check could have missed, where a variance of zero would not; as the bound on the other side cannot be
missed then, all of α goes to this one (J. A. Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all
right?", JAMA 249 (1983)). How wide the interval is hangs on how many agreed items the panel saw: of 5 without an error
up to 45 % may be wrong, of 50 up to 6 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from annotation.estimation.binomial import binomial_lower, binomial_upper
from annotation.estimation.values import Estimate, InputError, Interval, Measure, Undefined, check_confidence

TWO_PHASE = "two-phase difference estimator, exact parts combined (MOVER)"
MAX_UNCHECKED = 0.10


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """A sampled item: what the procedure said, and what the panel said if it was asked.

    ``disputed`` items form their own group. ``panel`` is None when the item was not drawn for the panel.
    ``probability`` is the item's inclusion probability, in (0, 1]; the same constant for all is fine.
    """

    answer: bool
    disputed: bool
    panel: bool | None = None
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """One group: its weight among the sampled items, how many were checked and what the panel said."""

    name: str
    n: int
    checked: int
    panel_accepts: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class TwoPhase:
    """The uncorrected share, the corrected one with its interval, and the groups that it rests on."""

    uncorrected: float
    corrected: Measure
    groups: tuple[GroupCheck, ...]


def two_phase(items: Iterable[CheckedItem], confidence: float = 0.95) -> TwoPhase | Undefined:
    """The share that the panel would accept, from few panel answers and many of two raters.

    Within a group the items for the panel must have been drawn at random. Disputed items that the panel did
    not see keep their settled answer only if no disputed item was seen by it; the caller states by that
    that the procedure's third vote is itself the reference. Not defined while an agreed group is unchecked.
    """
    check_confidence(confidence)
    rows = list(items)
    if not rows:
        return Undefined("nothing was judged")
    for place, row in enumerate(rows):
        if not 0.0 < row.probability <= 1.0:
            raise InputError(f"row {place}: inclusion probability {row.probability} is not in (0, 1]")
    weights = [1.0 / row.probability for row in rows]
    total = math.fsum(weights)
    uncorrected = math.fsum(w for w, row in zip(weights, rows, strict=True) if row.answer) / total
    size = _effective(weights, [row.answer for row in rows])
    groups, value, below, above = [], 0.0, 0.0, 0.0
    tail = (1.0 - confidence) / 2.0
    unchecked, unknown_low, unknown_high = 0.0, 0.0, 0.0
    for name, group in _groups(rows, weights).items():
        if not group:
            continue
        share = math.fsum(w for w, _ in group) / total
        seen = [(w, row.panel) for w, row in group if row.panel is not None]
        if not seen and name.startswith("disputed"):
            # The third vote is the reference for disputes: every answer in the group is final.
            seen = [(w, row.answer) for w, row in group]
        if not seen:
            # Unknown, so anything from none to all of it may be acceptable; that adds up, not in quadrature.
            answered = float(group[0][1].answer)
            groups.append(GroupCheck(name, len(group), 0, None, share))
            unchecked += share
            value += share * answered
            unknown_low += share * answered
            unknown_high += share * (1.0 - answered)
            continue
        seen_weight = math.fsum(w for w, _ in seen)
        rate = math.fsum(w for w, panel in seen if panel) / seen_weight
        groups.append(GroupCheck(name, len(group), len(seen), rate, share))
        value += share * rate
        if len(seen) < len(group):
            effective = seen_weight**2 / math.fsum(w * w for w, _ in seen)
            remaining = math.sqrt(1.0 - len(seen) / len(group))
            # Where every check came out alike, only one of the two bounds can be missed: it gets both tails.
            each = 2.0 * tail if rate in (0.0, 1.0) else tail
            low = binomial_lower(rate * effective, effective, each)
            high = binomial_upper(rate * effective, effective, each)
            below += (share * remaining * (rate - low)) ** 2
            above += (share * remaining * (high - rate)) ** 2
    if unchecked > MAX_UNCHECKED:
        reason = f"groups with {unchecked:.0%} of the weight have no item checked by the panel"
        return TwoPhase(uncorrected, Undefined(reason), tuple(groups))
    value = min(max(value, 0.0), 1.0)
    below += (value - binomial_lower(value * size, size, tail)) ** 2
    above += (binomial_upper(value * size, size, tail) - value) ** 2
    interval = Interval(
        max(0.0, value - math.sqrt(below) - unknown_low),
        min(1.0, value + math.sqrt(above) + unknown_high),
        confidence,
        TWO_PHASE,
        approximate=True,
    )
    return TwoPhase(uncorrected, Estimate(value, interval, len(rows)), tuple(groups))


def _effective(weights: list[float], answers: list[bool]) -> float:
    """The number of plain draws that would know the share as well: Kish's, or fewer where the answer goes with the weight.

    Kish's takes weights as having nothing to do with answers; where the clips that seldom came are the ones that fail,
    the linearised variance of Hájek's share says how much less is known.
    """
    total, squares = math.fsum(weights), math.fsum(w * w for w in weights)
    share = math.fsum(w for w, answer in zip(weights, answers, strict=True) if answer) / total
    plain = share * (1.0 - share) * squares
    spread = math.fsum((w * (answer - share)) ** 2 for w, answer in zip(weights, answers, strict=True))
    size = total**2 / squares
    return size * plain / spread if spread > plain * (1.0 + 1e-9) else size


def _groups(rows: list[CheckedItem], weights: list[float]) -> dict[str, list[tuple[float, CheckedItem]]]:
    groups: dict[str, list[tuple[float, CheckedItem]]] = {
        "agreed: accept": [],
        "agreed: refuse": [],
        "disputed": [],
    }
    for weight, row in zip(weights, rows, strict=True):
        name = "disputed" if row.disputed else "agreed: accept" if row.answer else "agreed: refuse"
        groups[name].append((weight, row))
    return groups
