"""Figures of the thresholds dashboard, as plain dictionaries: a slider that moves has no time for validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.theme import FONT, Palette


@dataclass(frozen=True, slots=True)
class Bins:
    """A rule's bins: ``edges`` (n + 1), ``clips`` that hang on the rule, ``accepted`` and ``rejected`` by people.

    ``leads`` are the addresses of each bar's clips, in that order.
    """

    edges: Sequence[float]
    clips: Sequence[int]
    accepted: Sequence[int]
    rejected: Sequence[int]
    leads: tuple[Sequence[str], Sequence[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class FunnelLine:
    """What no rule so far has failed, now and then, in hours; ``lead`` is the address of what is left."""

    words: str
    now_hours: float | None
    then_hours: float
    then_clips: int
    lead: str


def rule_histogram(bins: Bins, unit: str, colours: Palette, marks: Sequence[float] = ()) -> dict[str, Any]:
    """Above, the clips whose tier hangs on the rule; below them what people said, accepted up and rejected down.

    A bin in which nobody looked is grey. ``marks`` are the thresholds as they are; the page moves them with the slider.
    """
    middles = [(low + high) / 2 for low, high in zip(bins.edges, bins.edges[1:], strict=False)]
    widths = [(high - low) * 0.92 for low, high in zip(bins.edges, bins.edges[1:], strict=False)]
    spans = [
        f"{low:g} to {high:g} {unit}".rstrip() for low, high in zip(bins.edges, bins.edges[1:], strict=False)
    ]
    most = max([*bins.accepted, *bins.rejected, 1])
    looked = [up + down > 0 for up, down in zip(bins.accepted, bins.rejected, strict=True)]

    def bars(
        values: Sequence[int],
        colour: str,
        axis: str,
        name: str,
        leads: Sequence[str],
        said: Sequence[int] = (),
    ) -> dict[str, Any]:
        return {
            "type": "bar",
            "x": middles,
            "y": list(values),
            "width": widths,
            "yaxis": axis,
            "name": name,
            "marker": {"color": colour, "line": {"width": 0}},
            "customdata": [[span, lead] for span, lead in zip(spans, leads, strict=True)],
            "text": [str(value) for value in said],
            "textposition": "none",
            "hovertemplate": f"%{{customdata[0]}}: {'%{text}' if said else '%{y:,}'} {name}<extra></extra>",
        }

    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "fixedrange": True}
    all_, up, down = bins.leads
    return {
        "data": [
            bars(bins.clips, colours.muted, "y", "clips", all_),
            bars(bins.accepted, colours.sft, "y2", "accepted", up, bins.accepted),
            bars([-n for n in bins.rejected], colours.reject, "y2", "rejected", down, bins.rejected),
        ],
        "layout": {
            **_base(colours, 104),
            "margin": {"l": 0, "r": 0, "t": 2, "b": 18},
            "barmode": "overlay",
            "showlegend": False,
            "xaxis": {
                "range": [bins.edges[0], bins.edges[-1]],
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
                "anchor": "y2",
                "tickfont": {"size": 10, "color": colours.muted},
                "nticks": 8,
            },
            "yaxis": {**axis, "domain": [0.42, 1], "rangemode": "tozero"},
            "yaxis2": {
                **axis,
                "domain": [0, 0.36],
                "range": [-most * 1.1, most * 1.1],
                "zeroline": True,
                "zerolinecolor": colours.line,
            },
            "shapes": [
                {
                    "type": "rect",
                    "name": "grey",
                    "x0": low,
                    "x1": high,
                    "yref": "y2 domain",
                    "y0": 0,
                    "y1": 1,
                    "fillcolor": colours.line,
                    "line": {"width": 0},
                    "layer": "below",
                }
                for low, high in _runs(bins.edges, looked)
            ]
            + [
                {
                    "type": "line",
                    "name": "mark",
                    "x0": at,
                    "x1": at,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": colours.accent, "width": 2},
                }
                for at in marks
            ],
        },
    }


def _runs(edges: Sequence[float], looked: Sequence[bool]) -> list[tuple[float, float]]:
    """Neighbouring bins in which nobody looked, as one."""
    found: list[tuple[float, float]] = []
    for place, seen in enumerate(looked):
        if seen:
            continue
        if found and found[-1][1] == edges[place]:
            found[-1] = (found[-1][0], edges[place + 1])
        else:
            found.append((edges[place], edges[place + 1]))
    return found


def funnel_height(lines: Sequence[FunnelLine]) -> int:
    """Pixels that a funnel of so many rules wants."""
    return 20 * len(lines) + 28


def funnel(lines: Sequence[FunnelLine], colours: Palette, ink: str) -> dict[str, Any]:
    """Hours that are left after each rule: now as a mark, then as a bar."""
    places = list(range(len(lines)))
    leads = [[line.words, f"{line.then_clips:,}", line.lead] for line in lines]
    now = [
        (place, line.now_hours)
        for place, line in zip(places, lines, strict=True)
        if line.now_hours is not None
    ]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [line.then_hours for line in lines],
                "y": places,
                "marker": {"color": ink, "opacity": 0.75},
                "customdata": leads,
                "hovertemplate": "after %{customdata[0]}: %{x:,.1f} h, %{customdata[1]} clips left<extra>then</extra>",
                "name": "then",
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": [hours for _, hours in now],
                "y": [place for place, _ in now],
                "marker": {"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": colours.text}},
                "hovertemplate": "%{x:,.1f} h<extra>now</extra>",
                "name": "now",
            },
        ],
        "layout": {
            **_base(colours, funnel_height(lines)),
            "margin": {"l": 4, "r": 8, "t": 0, "b": 20},
            "showlegend": False,
            "bargap": 0.35,
            "xaxis": {
                "gridcolor": colours.line,
                "zerolinecolor": colours.line,
                "rangemode": "tozero",
                "fixedrange": True,
                "ticksuffix": " h",
                "nticks": 5,
                "tickfont": {"size": 10, "color": colours.muted},
            },
            "yaxis": {
                "tickvals": places,
                "ticktext": [line.words for line in lines],
                "range": [len(lines) - 0.5, -0.5],
                "automargin": True,
                "fixedrange": True,
                "showgrid": False,
                "zeroline": False,
                "tickfont": {"size": 11},
            },
        },
    }


def _base(colours: Palette, height: int) -> dict[str, Any]:
    return {
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": colours.text},
        "hoverlabel": {
            "font": {"family": FONT, "color": colours.text},
            "bgcolor": colours.raised,
            "bordercolor": colours.line,
        },
        "dragmode": False,
        "hovermode": "closest",
    }
