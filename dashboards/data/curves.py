"""Where to put one number: precision and recall over its possible values, and a value that judgments support."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.estimation import (
    CurvePoint,
    Direction,
    Measure,
    ScoredJudgment,
    Suggestion,
    Undefined,
    check_threshold,
    suggest_threshold,
    threshold_curve,
)
from annotation.sampling import Split
from curation.policies.rules import Operator, Rule
from dashboards.data.draft import sides_of
from dashboards.data.judged import Audit, Evidence, evidence_of, passes_others
from dashboards.data.stops import stops_of
from dashboards.data.thresholds import Desk

TARGET = 0.9
_LOWEST, _HIGHEST = 0.5, 0.999


@dataclass(frozen=True, slots=True)
class CurveQuestion:
    """Which number of the draft (``low3``: the lower bound of rule 3), and the precision that is wanted, in (0, 1)."""

    side: str
    ordinal: int
    target: float = TARGET

    @property
    def name(self) -> str:
        """As an address holds it."""
        return f"{self.side}{self.ordinal}"


@dataclass(frozen=True, slots=True)
class CurveView:
    """``points`` over the stops of the number; ``at`` where the draft has it, ``here`` its precision on certify items.

    ``checked`` is the precision of the suggestion on certify items; not defined where nothing is suggested. ``tune``
    and ``certify`` count judged clips that pass the tier's other rules; ``unmeasured`` ones have no value here.
    """

    question: CurveQuestion
    rule: Rule
    direction: Direction
    at: float
    points: tuple[CurvePoint, ...]
    suggestion: Suggestion | Undefined
    checked: Measure
    here: Measure
    tune: int
    certify: int
    unmeasured: int
    audit: Audit | None


def numbers_of(desk: Desk) -> list[CurveQuestion]:
    """Every number of the draft that has a curve: one side of a rule that keeps what lies inside."""
    return [
        CurveQuestion(side, ordinal)
        for ordinal, rule in enumerate(desk.draft.rules)
        if rule.operator is not Operator.OUTSIDE
        for side in sides_of(rule)
    ]


def curve_question(desk: Desk, asked: Mapping[str, str]) -> CurveQuestion | None:
    """The number and target that an address asks for; else the number that was changed last, else the first."""
    choices = {one.name: one for one in numbers_of(desk)}
    if not choices:
        return None
    changed = next((one for one in choices.values() if one.ordinal in desk.draft.changed[-1:]), None)
    chosen = choices.get(asked.get("curve", "")) or changed or next(iter(choices.values()))
    return CurveQuestion(chosen.side, chosen.ordinal, _target(asked.get("target", "")))


def curve_view(desk: Desk, question: CurveQuestion) -> CurveView | Undefined:
    """The curve of one number while all others stay as the draft has them, from clips that an audit drew.

    A value is suggested on tune items alone and checked on certify items. Not defined, with the reason, where no audit
    of the whole corpus was settled: other judgments have no known chance, so they speak for no corpus.
    """
    rule = desk.draft.rules.rules[question.ordinal]
    used = evidence_of(desk.draft.corpus, desk.now.index.table).drawn()
    if not len(used):
        return Undefined(used.why_none)
    direction, at = _bound(rule, question.side)
    values, others = used.column(rule.metric), _others(desk, question, used)
    accepted, sources = used.verdict >= int(rule.tier), used.column("source_id")
    measured = ~np.isnan(values)
    judgments = [
        ScoredJudgment(
            score=float(values[place]),
            accepted=bool(accepted[place]),
            passes_others=bool(others[place]),
            probability=float(used.probability[place]),
            split=used.split[place],
            source=str(sources[place]),
            item=str(used.clip_ids[place]),
            stratum=str(used.stratum[place]),
        )
        for place in np.flatnonzero(measured)
    ]
    # Scores are kept as float32, so thresholds are compared as float32.
    stops = [
        float(np.float32(stop))
        for stop in stops_of(desk.index.table, desk.draft.written.rules[question.ordinal])
    ]
    suggestion = suggest_threshold(judgments, stops, question.target, direction)
    counted = [row.split for row in judgments if row.passes_others]
    return CurveView(
        question=question,
        rule=rule,
        direction=direction,
        at=at,
        points=threshold_curve(judgments, stops, direction),
        suggestion=suggestion,
        checked=Undefined("nothing is suggested")
        if isinstance(suggestion, Undefined)
        else check_threshold(judgments, suggestion.threshold, direction),
        here=check_threshold(judgments, at, direction),
        tune=counted.count(Split.TUNE),
        certify=counted.count(Split.CERTIFY),
        unmeasured=int((~measured & others).sum()),
        audit=used.audit,
    )


def kept_at(
    desk: Desk, question: CurveQuestion, used: Evidence, at: float
) -> tuple[NDArray[np.bool_], Direction]:
    """Which of the judged clips a threshold ``at`` keeps, and on which side of it: what a point of the curve counts."""
    rule = desk.draft.rules.rules[question.ordinal]
    direction, values = _bound(rule, question.side)[0], used.column(rule.metric)
    inside = values >= np.float32(at) if direction is Direction.AT_LEAST else values <= np.float32(at)
    return inside & _others(desk, question, used), direction


def _others(desk: Desk, question: CurveQuestion, used: Evidence) -> NDArray[np.bool_]:
    """Which judged clips keep everything that the question does not ask about: the other rules, and this one's other side."""
    rule = desk.draft.rules.rules[question.ordinal]
    beside = _other_side(rule, question.side, used.column(rule.metric))
    return passes_others(used, desk.draft.rules, question.ordinal) & beside


def _bound(rule: Rule, side: str) -> tuple[Direction, float]:
    low = side == "low" or (side == "percentile" and rule.operator is Operator.PERCENTILE_AT_LEAST)
    value = rule.low if low else rule.high
    assert value is not None  # the draft's rules are resolved, and the side is one of theirs
    return (Direction.AT_LEAST if low else Direction.AT_MOST), float(np.float32(value))


def _other_side(rule: Rule, side: str, values: np.ndarray) -> np.ndarray:
    """Of a rule with two bounds, which clips keep the other one."""
    if side == "low" and rule.high is not None:
        return values <= np.float32(rule.high)
    if side == "high" and rule.low is not None:
        return values >= np.float32(rule.low)
    return np.ones(len(values), bool)


def _target(text: str) -> float:
    """A percentage as an address holds it; nonsense is the usual."""
    try:
        share = float(text[:20]) / 100.0
    except ValueError:
        return TARGET
    return min(_HIGHEST, max(_LOWEST, share)) if math.isfinite(share) else TARGET
