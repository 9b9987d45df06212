"""The curve of one threshold, as plain dictionaries: precision, recall and what is kept, with their bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from annotation.estimation import CurvePoint, Estimate, Interval, Measure
from curation.policies.rules import shortest
from dashboards.figures.theme import FONT, Palette

HEIGHT = 232


@dataclass(frozen=True, slots=True)
class CurveMarks:
    """Where the draft has the threshold, and where judgments support one (None: nowhere)."""

    now: float
    suggested: float | None


def curve(
    points: Sequence[CurvePoint],
    leads: Sequence[str],
    marks: CurveMarks,
    target: float,
    unit: str,
    colours: Palette,
) -> dict[str, Any]:
    """One line a share over the thresholds, in [0, 1]; ``leads`` are the addresses of the judged clips kept there.

    Grey: no judged clip has a value nearby. A line breaks where its share is not defined.
    """
    lines = (
        ("kept", "share kept", colours.muted, "dot"),
        ("recall", "recall", colours.pretrain, "solid"),
        ("precision", "precision", colours.sft, "solid"),
    )
    data: list[dict[str, Any]] = []
    for name, words, colour, dash in lines:
        measures = [getattr(point, name) for point in points]
        if name == "precision":
            data += _bands(points, measures, colour)
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": words,
                "x": [point.threshold for point in points],
                "y": [one.value if isinstance(one, Estimate) else None for one in measures],
                "connectgaps": False,
                "line": {"color": colour, "width": 2, "dash": dash},
                "customdata": [
                    [f"{shortest(point.threshold):g} {unit}".rstrip(), _told(one), f"{point.judged:,}", lead]
                    for point, one, lead in zip(points, measures, leads, strict=True)
                ],
                "hovertemplate": f"%{{customdata[0]}}: {words} %{{customdata[1]}}<br>%{{customdata[2]}} judged clips kept<extra></extra>",
            }
        )
    return {"data": data, "layout": _layout(points, marks, target, colours)}


def _told(measure: Measure) -> str:
    if not isinstance(measure, Estimate):
        return str(measure)
    if not isinstance(measure.interval, Interval):
        return f"{measure.value:.3f}, no band: {measure.interval.reason}"
    about = "≈ " if measure.interval.approximate else ""
    return f"{measure.value:.3f} ({about}{measure.interval.lower:.3f}–{measure.interval.upper:.3f})"


def _bands(points: Sequence[CurvePoint], measures: Sequence[Measure], colour: str) -> list[dict[str, Any]]:
    """The interval as an area, one for each run of thresholds that has one."""
    rows = list(zip(points, measures, strict=True))
    found = []
    for shown, run in groupby(rows, key=lambda row: _interval(row[1]) is not None):
        if not shown:
            continue
        spans = [(point.threshold, _interval(one)) for point, one in run]
        there = [(at, band) for at, band in spans if band is not None]
        found.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [*(at for at, _ in there), *(at for at, _ in reversed(there))],
                "y": [*(band.upper for _, band in there), *(band.lower for _, band in reversed(there))],
                "fill": "toself",
                "fillcolor": _faint(colour),
                "line": {"width": 0},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    return found


def _interval(measure: Measure) -> Interval | None:
    if isinstance(measure, Estimate) and isinstance(measure.interval, Interval):
        return measure.interval
    return None


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.16)"


def _grey(points: Sequence[CurvePoint]) -> list[tuple[float, float]]:
    """Runs of thresholds that were drawn from afar, each up to half way to the next that was not."""
    at = [point.threshold for point in points]
    spans: list[tuple[float, float]] = []
    for place, point in enumerate(points):
        if not point.grey:
            continue
        low = at[place] if place == 0 else (at[place - 1] + at[place]) / 2
        high = at[place] if place == len(at) - 1 else (at[place] + at[place + 1]) / 2
        if spans and spans[-1][1] == low:
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return [span for span in spans if span[1] > span[0]]


def _layout(
    points: Sequence[CurvePoint], marks: CurveMarks, target: float, colours: Palette
) -> dict[str, Any]:
    def upright(at: float, colour: str, dash: str) -> dict[str, Any]:
        line = {"color": colour, "width": 2, "dash": dash}
        return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}

    shapes = [
        {
            "type": "rect",
            "name": "grey",
            "x0": low,
            "x1": high,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "fillcolor": colours.line,
            "line": {"width": 0},
            "layer": "below",
        }
        for low, high in _grey(points)
    ]
    shapes.append(
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": target,
            "y1": target,
            "line": {"color": colours.muted, "width": 1, "dash": "dash"},
        }
    )
    shapes.append(upright(marks.now, colours.accent, "solid"))
    if marks.suggested is not None:
        shapes.append(upright(marks.suggested, colours.sft, "dash"))
    axis = {"gridcolor": colours.line, "zerolinecolor": colours.line, "fixedrange": True}
    return {
        "height": HEIGHT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": colours.text},
        "margin": {"l": 32, "r": 8, "t": 24, "b": 20},
        "hoverlabel": {
            "font": {"family": FONT, "color": colours.text},
            "bgcolor": colours.raised,
            "bordercolor": colours.line,
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}},
        "dragmode": False,
        "hovermode": "closest",
        "shapes": shapes,
        "xaxis": {
            **axis,
            "range": [points[0].threshold, points[-1].threshold],
            "nticks": 8,
            "tickfont": {"size": 10, "color": colours.muted},
        },
        "yaxis": {**axis, "range": [0, 1.02], "nticks": 6, "tickfont": {"size": 10, "color": colours.muted}},
    }
