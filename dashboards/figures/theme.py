"""The look of every figure, dark and light, in the stylesheet's own colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by purpose; ``steps`` runs from the ground to the accent."""

    ground: str
    raised: str
    text: str
    muted: str
    line: str
    accent: str
    sft: str
    pretrain: str
    reject: str
    undecided: str
    steps: tuple[str, str]


DARK = Palette(
    ground="#15181b",
    raised="#1d2125",
    text="#e8eaed",
    muted="#a4acb7",
    line="#282d33",
    accent="#f0b75a",
    sft="#58c994",
    pretrain="#6db3f2",
    reject="#f0807a",
    undecided="#b3a8d6",
    steps=("#1d2125", "#8a6a35"),
)
LIGHT = Palette(
    ground="#ffffff",
    raised="#ffffff",
    text="#1b1e22",
    muted="#525a64",
    line="#dcdcd5",
    accent="#8f5c00",
    sft="#12714a",
    pretrain="#155c9e",
    reject="#ad2f29",
    undecided="#594c8c",
    steps=("#f4f4f1", "#e2bf84"),
)


def palette(theme: str) -> Palette:
    """The palette of ``dark`` or ``light``; anything else is dark, as on the pages."""
    return LIGHT if theme == "light" else DARK


def styled(figure: go.Figure, colours: Palette, *, height: int, **layout: Any) -> go.Figure:
    """Give a figure the site's ground, type and lines."""
    figure.update_layout(
        height=height,
        paper_bgcolor=colours.ground,
        plot_bgcolor=colours.ground,
        font={"family": FONT, "size": 13, "color": colours.text},
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        hoverlabel={
            "font": {"family": FONT, "color": colours.text},
            "bgcolor": colours.raised,
            "bordercolor": colours.line,
        },
        legend={
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "font": {"size": 12, "color": colours.muted},
        },
        dragmode=False,
        **layout,
    )
    lines = {
        "gridcolor": colours.line,
        "zerolinecolor": colours.line,
        "linecolor": colours.line,
        "automargin": True,
    }
    figure.update_xaxes(**lines)
    figure.update_yaxes(**lines)
    return figure
