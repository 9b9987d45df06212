"""Figures of the subgroups dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from annotation.estimation import Estimate, Interval, Measure
from dashboards.figures.theme import Palette, styled


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group: its share with band, the shrunken share, and where its clips are."""

    name: str
    n: int
    share: Measure
    shrunken: float | None
    is_worst: bool
    lead: str


def groups_height(lines: Sequence[GroupLine]) -> int:
    """Pixels that so many groups want."""
    return max(160, 28 * len(lines) + 72)


def groups(lines: Sequence[GroupLine], common: float | None, colours: Palette) -> go.Figure:
    """Each group's share with its interval; a diamond where it lies after shrinking, a line at the common share."""
    figure = go.Figure()
    drawn = [
        (place, line, line.share) for place, line in enumerate(lines) if isinstance(line.share, Estimate)
    ]
    for worst, ink, name in ((False, colours.accent, "share, 95 %"), (True, colours.reject, "the worst")):
        some = [(place, line, share) for place, line, share in drawn if line.is_worst is worst]
        if not some:
            continue
        bands = [_band(share) for _, _, share in some]
        figure.add_trace(
            go.Scatter(
                x=[share.value for _, _, share in some],
                y=[place for place, _, _ in some],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [
                        high - share.value for (_, _, share), (_, high) in zip(some, bands, strict=True)
                    ],
                    "arrayminus": [
                        share.value - low for (_, _, share), (low, _) in zip(some, bands, strict=True)
                    ],
                    "color": ink,
                    "thickness": 2,
                    "width": 4,
                },
                mode="markers",
                marker={"color": ink, "size": 9},
                name=name,
                customdata=[[line.name, line.n, line.lead] for _, line, _ in some],
                hovertemplate="%{customdata[0]}: %{x:.3f}, %{customdata[1]} judged<extra></extra>",
            )
        )
    pulled = [(place, line) for place, line in enumerate(lines) if line.shrunken is not None]
    figure.add_trace(
        go.Scatter(
            x=[line.shrunken for _, line in pulled],
            y=[place for place, _ in pulled],
            mode="markers",
            marker={"symbol": "diamond-open", "color": colours.text, "size": 9},
            name="shrunken",
            customdata=[[line.name, line.lead] for _, line in pulled],
            hovertemplate="%{customdata[0]} shrunken: %{x:.3f}<extra></extra>",
        )
    )
    styled(figure, colours, height=groups_height(lines))
    if common is not None:
        figure.add_vline(x=common, line={"color": colours.muted, "dash": "dot", "width": 1})
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".1f")
    figure.update_yaxes(
        tickvals=list(range(len(lines))),
        ticktext=[f"{_short(line.name)}  {line.n}" for line in lines],
        range=[len(lines) - 0.5, -0.5],
    )
    return figure


def _short(name: str) -> str:
    return name if len(name) <= 32 else f"{name[:30]}…"


def _band(share: Estimate) -> tuple[float, float]:
    if isinstance(share.interval, Interval):
        return share.interval.lower, share.interval.upper
    return share.value, share.value
