"""What a policy throws away, from clips drawn on both of its sides: recall, good clips lost, good hours lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.certificates import Design, Figures
from annotation.certificates.probabilities import prefix_probabilities
from annotation.estimation import (
    Estimate,
    Interval,
    Measure,
    Outcome,
    StratumCount,
    Undefined,
    hypergeometric_interval,
    stratified_exact,
    weighted_share,
)
from annotation.selectors.audits import AuditItem

WHOLE, KEPT, LEFT_OUT = "all", "kept", "left"
BOTH_SIDES = "exact per side at α/2, combined"
ONE_SIDE = "only one side of the policy was drawn from, so what it loses is unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the list: its items in the drawn order, how they were drawn, and what follows."""

    key: str
    items: tuple[AuditItem, ...]
    design: Design
    found: Figures

    @property
    def population(self) -> int | None:
        """Clips of this part in the list; None where the draw does not say."""
        return self.design.population


@dataclass(frozen=True, slots=True)
class Lost:
    """``recall``: share of the clips that people accept which the policy keeps, in [0, 1]; ``clips`` and ``hours``:

    how many good ones lie among what it leaves out.
    """

    recall: Measure
    clips: Measure
    hours: Measure


def losses(
    whole: Part, kept: Part, left: Part, kept_flags: Sequence[bool], left_seconds: float | Undefined
) -> Lost:
    """``kept_flags``: whether the policy keeps each item of ``whole``; ``left_seconds``: all that it leaves out."""
    if not kept.items or not left.items:
        return Lost(Undefined(ONE_SIDE), Undefined(ONE_SIDE), Undefined(ONE_SIDE))
    hours = (
        left_seconds
        if isinstance(left_seconds, Undefined)
        else scaled(left.found.hours, left_seconds / 3600.0)
    )
    if kept.population is not None and left.population is not None:
        return Lost(_recall_of_sides(kept, left), scaled(left.found.share, left.population), hours)
    return Lost(_recall_weighted(whole, kept_flags), _lost_of_whole(whole, kept_flags), hours)


def _recall_of_sides(kept: Part, left: Part, confidence: float = 0.95) -> Measure:
    """K / (K + L), which rises with K and falls with L: bounds of both sides at α/2 hold together."""
    each = 1.0 - (1.0 - confidence) / 2.0
    found = []
    for part in (kept, left):
        bounds = _good_clips(part, each)
        if isinstance(bounds, Undefined):
            return bounds
        found.append(bounds)
    (k, k_low, k_high), (l, l_low, l_high) = found  # noqa: E741 - kept and lost
    if k + l == 0:
        return Undefined("nobody accepted any judged clip")
    low = k_low / (k_low + l_high) if k_low + l_high else 0.0
    high = k_high / (k_high + l_low)
    n = kept.found.prefix.n + left.found.prefix.n
    value = k / (k + l)
    return Estimate(value, Interval(min(low, value), max(high, value), confidence, BOTH_SIDES), n)


def _good_clips(part: Part, confidence: float) -> tuple[float, float, float] | Undefined:
    """``(value, lower, upper)`` of the number of acceptable clips, from the exact intervals of its strata."""
    prefix = part.found.prefix
    names = [item.record.stratum for item in part.items[: prefix.n]]
    found = []
    for accepted in (prefix.worst, prefix.best):
        rows = list(zip(names, accepted, strict=True))
        measure = stratified_exact(
            [
                StratumCount(
                    one.population,
                    names.count(one.name),
                    sum(x for name, x in rows if name == one.name),
                    one.name,
                )
                for one in part.design.strata
            ],
            confidence,
        )
        if isinstance(measure, Undefined):
            return measure
        assert isinstance(measure.interval, Interval)
        found.append(measure)
    size = part.population or 0
    low, high = found[0].interval, found[1].interval
    assert isinstance(low, Interval) and isinstance(high, Interval)
    return found[0].value * size, low.lower * size, high.upper * size


def _recall_weighted(whole: Part, kept_flags: Sequence[bool]) -> Measure:
    n = whole.found.prefix.n
    chances = prefix_probabilities([item.record for item in whole.items], n, whole.design)
    if isinstance(chances, Undefined):
        return chances
    rows = [
        (float(kept), chance)
        for kept, one, chance in zip(kept_flags[:n], whole.found.readings[:n], chances, strict=True)
        if one.outcome is Outcome.ACCEPTED
    ]
    if not rows:
        return Undefined("nobody accepted any judged clip")
    return weighted_share([kept for kept, _ in rows], [1.0] * len(rows), [chance for _, chance in rows])


def _lost_of_whole(whole: Part, kept_flags: Sequence[bool], confidence: float = 0.95) -> Measure:
    """For clips drawn with equal chances from the whole list: each judged one is lost or not."""
    n, size = whole.found.prefix.n, whole.population
    if size is None or whole.design.kind == "poisson":
        return Undefined("how many clips lie on this side is not known for this draw")
    if not n:
        return Undefined("no item at the head of the drawn order is settled yet")
    left = [
        one.outcome for kept, one in zip(kept_flags[:n], whole.found.readings[:n], strict=True) if not kept
    ]
    lost, unknown = left.count(Outcome.ACCEPTED), left.count(Outcome.SKIPPED)
    low = hypergeometric_interval(lost, n, size, confidence)
    high = hypergeometric_interval(lost + unknown, n, size, confidence)
    assert isinstance(low, Interval) and isinstance(high, Interval)
    interval = Interval(low.lower * size, high.upper * size, confidence, low.method)
    return Estimate(lost / n * size, interval, n)


def scaled(measure: Measure, amount: float) -> Measure:
    """A share of a known amount, in that amount's unit."""
    if isinstance(measure, Undefined):
        return measure
    bounds = measure.interval
    interval = (
        bounds
        if isinstance(bounds, Undefined)
        else Interval(
            bounds.lower * amount, bounds.upper * amount, bounds.confidence, bounds.method, bounds.approximate
        )
    )
    return Estimate(measure.value * amount, interval, measure.n, measure.notes)
