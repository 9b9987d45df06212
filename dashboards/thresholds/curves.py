"""Where to put one number: the choice of it, what judgments support, and its curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np
from dash import html

from annotation.estimation import CurvePoint, Estimate, Suggestion, Undefined
from curation.policies.rules import shortest
from curation.policies.words import unit_of
from dashboards.data.curves import CurveView, numbers_of
from dashboards.data.draft import state_of
from dashboards.data.judged import evidence_of
from dashboards.data.thresholds import Desk
from dashboards.figures.curves import HEIGHT, CurveMarks, curve
from dashboards.figures.theme import Palette
from dashboards.parts import behind_address, card, graph, measure_parts, notice

_SIDES = {"low": "at least", "high": "at most", "percentile": "percentile"}


def choices_of(desk: Desk) -> list[dict[str, str]]:
    """The numbers that have a curve, as options."""
    return [
        {
            "label": f"{desk.draft.rules.rules[one.ordinal].spec.label}, {_SIDES[one.side]} "
            f"({desk.draft.rules.rules[one.ordinal].tier.word})",
            "value": one.name,
        }
        for one in numbers_of(desk)
    ]


def curve_parts(
    desk: Desk, view: CurveView | Undefined, colours: Palette, asked: Mapping[str, str]
) -> list[Any]:
    """What judgments support, and the curve; why not, where no audit speaks for the corpus."""
    slug = desk.draft.corpus.slug
    if isinstance(view, Undefined):
        return [card("Where to put it", *_why_none(desk, view))]
    unit = unit_of(view.rule.metric)
    suggested = view.suggestion.threshold if isinstance(view.suggestion, Suggestion) else None
    figure = curve(
        view.points,
        [point_lead(desk, view, point) for point in view.points],
        CurveMarks(view.at, suggested),
        view.question.target,
        unit,
        colours,
    )
    return [
        card(
            f"A precision of {view.question.target:.1%}".replace(".0%", "%"),
            *_suggested(desk, view, unit, asked),
            name="curve-suggestion",
        ),
        card(
            "Curve",
            graph("curve", figure, HEIGHT, words=_said(view)),
            *_rests_on(slug, view),
            name="curve",
            csv=f"/corpora/{slug}/dashboards/thresholds/curve.csv",
            has_figure=True,
        ),
    ]


def point_lead(desk: Desk, view: CurveView, point: CurvePoint) -> str:
    """The judged clips that a threshold keeps."""
    state = {**state_of(desk.draft), "curve": view.question.name}
    at = repr(shortest(point.threshold))
    return behind_address(desk.draft.corpus.slug, "thresholds", "curve", state, at=at)


def _suggested(desk: Desk, view: CurveView, unit: str, asked: Mapping[str, str]) -> list[Any]:
    found, words = view.suggestion, view.direction.value
    if isinstance(found, Undefined):
        parts: list[Any] = [notice(f"No value is suggested: {found.reason}.", warning=True)]
    else:
        number = f"{shortest(found.threshold):g} {unit}".rstrip()
        parts = [
            html.P(
                [
                    html.Strong(f"{words.capitalize()} {number}"),
                    f" is the loosest value that shows it with {found.confidence:.0%} confidence, on "
                    f"{found.judged:,} clips kept for tuning.",
                ],
                className="lead-sentence",
            ),
            html.P(
                [
                    "Checked on clips that no tuning sees: precision ",
                    *measure_parts(view.checked, 2),
                    *_reason(view.checked),
                ],
                className="small",
            ),
            *_use(desk, view, found, asked),
        ]
        parts += [html.P(f"Mind: {warning}.", className="small tuning-marked") for warning in found.warnings]
    at = f"{shortest(view.at):g} {unit}".rstrip()
    parts.append(
        html.P(
            [
                f"Now, {words} {at}: precision on certify clips ",
                *measure_parts(view.here, 2),
                *_reason(view.here),
            ],
            className="small muted",
        )
    )
    return parts


def _reason(measure: Any) -> list[Any]:
    """Why a figure or its band is missing, in sight and not only in a title."""
    if not isinstance(measure, Estimate):
        return [f" ({measure.reason})"]
    if isinstance(measure.interval, Undefined):
        return [f" ({measure.interval.reason})"]
    return []


def _use(desk: Desk, view: CurveView, found: Suggestion, asked: Mapping[str, str]) -> list[Any]:
    """A link that puts the suggested value into the draft; a percentile is not a value, so it has none."""
    if view.question.side == "percentile" or np.float32(found.threshold) == np.float32(view.at):
        return []
    state = {
        **state_of(desk.draft),
        view.question.name: repr(shortest(found.threshold)),
        "verdicts": asked.get("verdicts", "drawn"),
        "pane": "curve",
        "curve": view.question.name,
        "target": f"{view.question.target * 100:g}",
    }
    text = f"Put {shortest(found.threshold):g} into the draft"
    return [html.P(html.A(text, href=f"?{urlencode(state)}", className="btn btn-small"))]


def _why_none(desk: Desk, view: Undefined) -> list[Any]:
    """Why there is no curve, and the next step: the audit that is not far enough, else to draw one."""
    audit = evidence_of(desk.draft.corpus, desk.now.index.table).drawn().audit
    if audit is None:
        reason: list[Any] = [f"Not defined: {view.reason}."]
        way = html.A("Draw an audit", href=f"/review/new/?corpus={desk.draft.corpus.slug}")
    else:
        reason = [f"Of {audit.name}, {view.reason}. {audit.left_out()}"]
        way = html.A("Settle what is open", href=f"/review/{audit.queue}/")
    step = [
        "A curve and a suggestion need clips drawn at random from the whole corpus and settled blind. ",
        way,
        ", or try numbers on all judged clips under the other tab.",
    ]
    return [notice(reason, warning=True), html.P(step, className="small muted")]


def _rests_on(slug: str, view: CurveView) -> list[Any]:
    audit = view.audit
    assert audit is not None
    told: list[Any] = [
        f"{view.tune:,} tune and {view.certify:,} certify clips of ",
        html.A(audit.name, href=f"/review/{audit.queue}/estimates/"),
        " pass the tier’s other rules as the draft has them; by their chances of being drawn they speak for the corpus. Bands are pointwise.",
    ]
    if view.unmeasured:
        told.append(f" {view.unmeasured:,} without a value here are left out.")
    told.append(f" {audit.left_out()}")
    told.append(" Grey: nobody judged a clip near it. Dashed upright: the suggestion; full: the draft.")
    return [html.P(told, className="small muted")]


def _said(view: CurveView) -> str:
    known = [point for point in view.points if isinstance(point.precision, Estimate)]
    if not known:
        return "No judged clip passes the tier’s other rules."
    ends = [known[0], known[-1]]
    said = "; ".join(
        f"{view.direction.value} {shortest(point.threshold):g}: precision {point.precision.value:.2f}"
        for point in ends
        if isinstance(point.precision, Estimate)
    )
    return f"Precision, recall and share kept over thresholds. {said}."
