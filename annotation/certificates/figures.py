"""Every figure that a drawn, blind sample gives: one computation for the page, the certificate and its verification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from annotation.certificates.probabilities import prefix_probabilities
from annotation.certificates.procedure import Procedure, Reading, read
from annotation.certificates.records import Design, DrawnRecord
from annotation.estimation import (
    Certification,
    CheckedItem,
    Estimate,
    Interval,
    Measure,
    Outcome,
    RaterAnswer,
    RaterSensitivity,
    SettledPrefix,
    StratumCount,
    TwoPhase,
    Undefined,
    certify,
    hajek,
    hours_share,
    prefix_sequence,
    prefix_share,
    rater_sensitivity,
    settled_prefix,
    stratified_bounds,
    stratified_exact,
    two_phase,
)
from annotation.estimation.betting import sequence_estimate
from annotation.estimation.stratified_sequence import STRATIFIED_BETTING

NOTHING = "no item at the head of the drawn order is settled yet"
NO_SEQUENCE = "a draw with unequal probabilities has no form here that may be looked at while it grows"
UNKNOWN_SIZE = "how many clips this part of the list holds is not known for this draw"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was read: ``drawn`` items, of which the first ``prefix`` are settled, and what became of those.

    ``beyond``: settled items after the first open one, which wait. ``overruled``: agreed items that the panel
    checked and answered otherwise.
    """

    drawn: int
    prefix: int
    accepted: int
    refused: int
    unplayable: int
    skipped: int
    disputed: int
    checked: int
    overruled: int
    beyond: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``share``: exact for a size fixed beforehand; ``sequence``: may be looked at at any time; ``hours``: share of

    hours; ``corrected``: two-phase, what the panel would accept; ``state``: certify, refuse or go on at ``target``.
    """

    counts: Counts
    share: Measure
    sequence: Measure
    hours: Measure
    corrected: TwoPhase | Undefined
    state: Certification | Undefined
    raters: RaterSensitivity | Undefined
    readings: tuple[Reading, ...]
    prefix: SettledPrefix


def figures(
    records: Sequence[DrawnRecord],
    procedure: Procedure,
    design: Design,
    *,
    target: float,
    confidence: float = 0.95,
) -> Figures:
    """All figures of ``records``, which stand in the drawn order, from their longest settled prefix."""
    readings = tuple(read(record, procedure) for record in records)
    prefix = settled_prefix([one.outcome for one in readings])
    seen, said = records[: prefix.n], readings[: prefix.n]
    chances = prefix_probabilities(records, prefix.n, design)
    return Figures(
        counts=_counts(len(records), prefix, said),
        share=_share(seen, prefix, design, chances, confidence),
        sequence=_sequence(seen, prefix, design, confidence),
        hours=_worst_and_best(
            prefix,
            lambda accepted: _hours(seen, accepted, design, chances, confidence),
        ),
        corrected=_corrected(prefix, said, chances, confidence),
        state=_state(seen, prefix, design, target, confidence),
        raters=_raters(seen, said, procedure, confidence),
        readings=readings,
        prefix=prefix,
    )


def _counts(drawn: int, prefix: SettledPrefix, said: Sequence[Reading]) -> Counts:
    return Counts(
        drawn=drawn,
        prefix=prefix.n,
        accepted=prefix.count(Outcome.ACCEPTED),
        refused=prefix.count(Outcome.REFUSED),
        unplayable=prefix.count(Outcome.UNPLAYABLE),
        skipped=prefix.count(Outcome.SKIPPED),
        disputed=sum(one.disputed for one in said),
        checked=sum(one.checked for one in said),
        overruled=sum(one.checked and one.panel != one.accepted for one in said),
        beyond=prefix.beyond,
    )


def _share(
    seen: Sequence[DrawnRecord],
    prefix: SettledPrefix,
    design: Design,
    chances: tuple[float, ...] | Undefined,
    confidence: float,
) -> Measure:
    if not seen:
        return Undefined(NOTHING)
    if design.kind in ("simple", "census"):
        return prefix_share(prefix, design.population, confidence)
    if design.kind == "stratified":
        names = [record.stratum for record in seen]
        return _worst_and_best(
            prefix, lambda accepted: stratified_exact(_tally(design, names, accepted), confidence)
        )
    if isinstance(chances, Undefined):
        return chances
    return _worst_and_best(
        prefix, lambda accepted: hajek([bool(x) for x in accepted], chances, confidence=confidence)
    )


def _tally(design: Design, names: Sequence[str], accepted: Sequence[int]) -> list[StratumCount]:
    rows = list(zip(names, accepted, strict=True))
    return [
        StratumCount(
            stratum.population,
            sum(name == stratum.name for name in names),
            sum(x for name, x in rows if name == stratum.name),
            stratum.name,
        )
        for stratum in design.strata
    ]


def _worst_and_best(prefix: SettledPrefix, estimate: Callable[[Sequence[int]], Measure]) -> Measure:
    """``estimate`` with skipped items refused for the lower bound and accepted for the upper one; the value leans low."""
    if prefix.n == 0 or prefix.n == prefix.count(Outcome.SKIPPED):
        return Undefined(NOTHING)
    low, notes = estimate(prefix.worst), _notes(prefix)
    if isinstance(low, Undefined):
        return low
    if not prefix.count(Outcome.SKIPPED):
        return Estimate(low.value, low.interval, prefix.n, (*low.notes, *notes))
    high = estimate(prefix.best)
    if isinstance(high, Undefined):
        return high
    bounds: Interval | Undefined
    if isinstance(low.interval, Undefined):
        bounds = low.interval
    elif isinstance(high.interval, Undefined):
        bounds = high.interval
    else:
        bounds = Interval(
            low.interval.lower,
            high.interval.upper,
            low.interval.confidence,
            low.interval.method,
            low.interval.approximate,
        )
    return Estimate(low.value, bounds, prefix.n, (*low.notes, *notes))


def _notes(prefix: SettledPrefix) -> tuple[str, ...]:
    return tuple(
        f"{prefix.count(outcome)} {text}"
        for outcome, text in (
            (
                Outcome.SKIPPED,
                "could not be judged: counted as refused in the value and the lower bound, as accepted in the upper one",
            ),
            (Outcome.UNPLAYABLE, "could not be played and count as refused"),
        )
        if prefix.count(outcome)
    )


def _sequence(
    seen: Sequence[DrawnRecord], prefix: SettledPrefix, design: Design, confidence: float
) -> Measure:
    if not seen:
        return Undefined(NOTHING)
    if design.kind == "poisson":
        return Undefined(NO_SEQUENCE)
    if design.population is None:
        return Undefined(UNKNOWN_SIZE)
    if design.kind != "stratified":
        return prefix_sequence(prefix, design.population, confidence)
    sizes = {stratum.name: stratum.population for stratum in design.strata}
    names = [record.stratum for record in seen]
    low = float(stratified_bounds(prefix.worst, names, sizes, confidence)[0][-1])
    high = float(stratified_bounds(prefix.best, names, sizes, confidence)[1][-1])
    value = 0.0
    for row in _tally(design, names, prefix.worst):
        if row.population and not row.n:
            return Undefined(f"nothing was judged in stratum {row.name}")
        if row.n:
            value += row.population / sum(sizes.values()) * row.successes / row.n
    return sequence_estimate(
        min(value, 1.0), low, high, prefix.n, STRATIFIED_BETTING, confidence, _notes(prefix)
    )


def _hours(
    seen: Sequence[DrawnRecord],
    accepted: Sequence[int],
    design: Design,
    chances: tuple[float, ...] | Undefined,
    confidence: float,
) -> Measure:
    if isinstance(chances, Undefined):
        return chances
    strata = [record.stratum for record in seen] if design.kind == "stratified" else None
    return hours_share(
        [bool(x) for x in accepted],
        [record.seconds / 3600.0 for record in seen],
        chances,
        strata=strata,
        confidence=confidence,
    )


def _corrected(
    prefix: SettledPrefix,
    said: Sequence[Reading],
    chances: tuple[float, ...] | Undefined,
    confidence: float,
) -> TwoPhase | Undefined:
    if not said:
        return Undefined(NOTHING)
    if isinstance(chances, Undefined):
        return chances

    def rows(accepted: Sequence[int]) -> list[CheckedItem]:
        # What was not judged has its final answer: the panel never sees it, so it stands with the settled disputes.
        return [
            CheckedItem(
                bool(x),
                one.disputed or one.outcome in (Outcome.SKIPPED, Outcome.UNPLAYABLE),
                one.panel,
                chance,
            )
            for x, one, chance in zip(accepted, said, chances, strict=True)
        ]

    found = two_phase(rows(prefix.worst), confidence)
    if isinstance(found, Undefined) or not prefix.count(Outcome.SKIPPED):
        return found
    best = two_phase(rows(prefix.best), confidence)
    assert isinstance(best, TwoPhase)
    corrected = _worst_and_best(
        prefix, lambda accepted: found.corrected if tuple(accepted) == prefix.worst else best.corrected
    )
    return TwoPhase(found.uncorrected, corrected, found.groups)


def _state(
    seen: Sequence[DrawnRecord], prefix: SettledPrefix, design: Design, target: float, confidence: float
) -> Certification | Undefined:
    if design.kind == "poisson":
        return Undefined(NO_SEQUENCE)
    if design.population is None:
        return Undefined(UNKNOWN_SIZE)
    if design.drawn == 0:
        return Undefined(NOTHING)
    if design.kind != "stratified":
        return certify(
            prefix,
            population=design.population,
            target=target,
            largest_n=design.drawn,
            confidence=confidence,
        )
    return certify(
        prefix,
        population=design.population,
        target=target,
        largest_n=design.drawn,
        strata=[record.stratum for record in seen],
        populations={stratum.name: stratum.population for stratum in design.strata},
        confidence=confidence,
    )


def _raters(
    seen: Sequence[DrawnRecord], said: Sequence[Reading], procedure: Procedure, confidence: float
) -> RaterSensitivity | Undefined:
    """From the blind votes of the overlap on settled items; the panel's are not among them."""
    rows = [
        RaterAnswer(str(record.item), cast.rater, cast.answer in procedure.accepts[record.level])
        for record, one in zip(seen, said, strict=True)
        if one.answer is not None
        for cast in record.votes
        if cast.answer is not None
    ]
    return rater_sensitivity(rows, confidence=confidence) if rows else Undefined(NOTHING)
