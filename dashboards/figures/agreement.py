"""Figures of the agreement dashboard."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from annotation.agreement import Estimate, FilterAgreement, Interval, Measure, Reading
from curation.policies.tiers import Tier
from dashboards.figures.theme import Palette, styled

SHOWN: tuple[tuple[str, str], ...] = (
    ("precision", "precision"),
    ("recall", "recall"),
    ("specificity", "specificity"),
    ("accuracy", "accuracy"),
    ("f1", "F1"),
    ("kappa", "κ"),
    ("mcc", "MCC"),
)
TIERS: tuple[Tier, ...] = (Tier.SFT, Tier.PRETRAIN, Tier.REJECT)
_SPREAD = 0.22  # of a row, between the readings


def forest(readings: Mapping[Reading, FilterAgreement], colours: Palette) -> go.Figure:
    """Each figure with its interval, in the three readings side by side; one that is not defined is left out."""
    figure = go.Figure()
    inks = dict(zip(Reading, (colours.pretrain, colours.accent, colours.reject), strict=True))
    lowest = 0.0
    for shift, (reading, result) in enumerate(readings.items()):
        measures = result.table.metrics()
        points = [
            (row, label, measure)
            for row, (name, label) in enumerate(SHOWN)
            if isinstance(measure := measures[name], Estimate)
        ]
        bounds = [_bounds(measure) for _, _, measure in points]
        lowest = min([lowest, *(low for low, _ in bounds)])
        figure.add_trace(
            go.Scatter(
                x=[measure.value for _, _, measure in points],
                y=[row + (shift - 1) * _SPREAD for row, _, _ in points],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [high - point[2].value for point, (_, high) in zip(points, bounds, strict=True)],
                    "arrayminus": [
                        point[2].value - low for point, (low, _) in zip(points, bounds, strict=True)
                    ],
                    "color": inks[reading],
                    "thickness": 2,
                    "width": 4,
                },
                mode="markers",
                marker={"color": inks[reading], "size": 9},
                name=f"{reading.value} (n = {result.n})",
                customdata=[(label, words(measure)) for _, label, measure in points],
                hovertemplate="%{customdata[0]} %{customdata[1]}<extra></extra>",
            )
        )
    styled(figure, colours, height=330)
    figure.update_xaxes(range=[lowest - 0.02, 1.02], tickformat=".1f")
    figure.update_yaxes(
        tickvals=list(range(len(SHOWN))),
        ticktext=[label for _, label in SHOWN],
        range=[len(SHOWN) - 0.5, -0.5],
    )
    return figure


def matrix(
    counts: Mapping[tuple[Tier, Tier], int], leads: Mapping[tuple[Tier, Tier], str], colours: Palette
) -> go.Figure:
    """How many clips of each proposal (rows) got each verdict (columns); ``leads`` are the cells' addresses."""
    undecided = (Tier.UNDECIDED,) if any(key[0] == Tier.UNDECIDED for key in counts) else ()
    rows = [*TIERS, *undecided]
    table = [[counts.get((row, column), 0) for column in TIERS] for row in rows]
    figure = go.Figure(
        go.Heatmap(
            z=table,
            x=[tier.word for tier in TIERS],
            y=[tier.word for tier in rows],
            text=table,
            texttemplate="%{text}",
            textfont={"size": 16},
            customdata=[[[leads.get((row, column), "")] for column in TIERS] for row in rows],
            hovertemplate="proposed %{y}, people said %{x}: %{z} clips<extra></extra>",
            colorscale=[[0, colours.steps[0]], [1, colours.steps[1]]],
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    styled(figure, colours, height=300)
    title = {"size": 12, "color": colours.muted}
    figure.update_xaxes(side="top", showgrid=False, title={"text": "people said", "font": title})
    figure.update_yaxes(autorange="reversed", showgrid=False, title={"text": "proposed", "font": title})
    return figure


def words(measure: Measure) -> str:
    """A figure as text: value and interval; or why there is none."""
    if not isinstance(measure, Estimate):
        return str(measure)
    if isinstance(measure.interval, Interval):
        return f"{measure.value:.3f} [{measure.interval.lower:.3f}, {measure.interval.upper:.3f}]"
    return f"{measure.value:.3f} (interval {measure.interval})"


def _bounds(measure: Estimate) -> tuple[float, float]:
    if isinstance(measure.interval, Interval):
        return measure.interval.lower, measure.interval.upper
    return measure.value, measure.value
