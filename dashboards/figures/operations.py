"""Figures of the operations dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import plotly.graph_objects as go

from annotation.estimation import Drift
from dashboards.figures.theme import Palette, styled


def rate(
    hours: Sequence[tuple[datetime, str, int, int]],
    span: tuple[datetime, datetime],
    lead: str,
    colours: Palette,
) -> go.Figure:
    """Pieces of scoring work an hour, stacked by stage; failures below the line. ``lead``: the failures page."""
    figure = go.Figure()
    inks = (colours.pretrain, colours.accent, colours.sft, colours.undecided)
    stages = list(dict.fromkeys(stage for _, stage, _, _ in hours))
    for ink, stage in zip(inks, stages, strict=False):
        own = [(start, done) for start, name, done, _ in hours if name == stage]
        figure.add_trace(
            go.Bar(
                x=[start for start, _ in own],
                y=[done for _, done in own],
                name=stage,
                marker={"color": ink, "line": {"width": 0}},
                hovertemplate="%{x|%a %H:%M}: %{y} " + stage + "<extra></extra>",
            )
        )
    failed = [(start, count) for start, _, _, count in hours if count]
    if failed:
        figure.add_trace(
            go.Bar(
                x=[start for start, _ in failed],
                y=[-count for _, count in failed],
                text=[str(count) for _, count in failed],
                textposition="none",
                name="failed",
                marker={"color": colours.reject, "line": {"width": 0}},
                customdata=[[lead]] * len(failed),
                hovertemplate="%{x|%a %H:%M}: %{text} failed<extra></extra>",
            )
        )
    styled(figure, colours, height=240, barmode="relative", bargap=0.1)
    figure.update_xaxes(range=list(span), type="date", showgrid=False)
    figure.update_yaxes(
        title={"text": "an hour", "font": {"size": 12, "color": colours.muted}}, rangemode="tozero"
    )
    return figure


def chart(drift: Drift, leads: Sequence[str], colours: Palette) -> go.Figure:
    """The CUSUM's height by period and build, with its alarm line; ``leads`` are the addresses of each point's clips."""
    names = [f"{point.period} · {point.build}" for point in drift.points]
    figure = go.Figure(
        go.Scatter(
            x=list(range(len(names))),
            y=[point.height for point in drift.points],
            mode="lines+markers",
            line={"color": colours.accent, "width": 2},
            marker={
                "size": 9,
                "color": [colours.reject if point.alarm else colours.accent for point in drift.points],
                "symbol": ["x" if point.alarm else "circle" for point in drift.points],
            },
            customdata=[
                [name, point.errors, point.n, lead]
                for name, point, lead in zip(names, drift.points, leads, strict=True)
            ],
            hovertemplate="%{customdata[0]}: %{customdata[1]} of %{customdata[2]} differ<extra></extra>",
        )
    )
    styled(figure, colours, height=240, showlegend=False)
    figure.add_hline(y=drift.design.threshold, line={"color": colours.reject, "dash": "dash", "width": 1})
    every = max(1, len(names) // 4)
    figure.update_xaxes(tickvals=list(range(0, len(names), every)), ticktext=names[::every], tickangle=0)
    figure.update_yaxes(
        range=[0, drift.design.threshold * 1.1], title={"text": "height", "font": {"size": 12}}
    )
    return figure


def speeds(rows: Sequence[tuple[str, float, float, float]], colours: Palette) -> go.Figure:
    """Median seconds a judgment by rater, with the span from the fastest to the slowest tenth."""
    figure = go.Figure(
        go.Scatter(
            x=[median for _, median, _, _ in rows],
            y=list(range(len(rows))),
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [slow - median for _, median, _, slow in rows],
                "arrayminus": [median - fast for _, median, fast, _ in rows],
                "color": colours.accent,
                "thickness": 2,
                "width": 4,
            },
            mode="markers",
            marker={"color": colours.accent, "size": 9},
            customdata=[[name] for name, _, _, _ in rows],
            hovertemplate="%{customdata[0]}: %{x:.1f} s<extra></extra>",
        )
    )
    styled(figure, colours, height=speeds_height(len(rows)), showlegend=False)
    figure.update_xaxes(rangemode="tozero", ticksuffix=" s")
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[row[0] for row in rows], range=[len(rows) - 0.5, -0.5]
    )
    return figure


def speeds_height(count: int) -> int:
    """Pixels that so many raters want."""
    return 28 * count + 48
