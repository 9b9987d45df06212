"""What stands where on the operations dashboard."""

from __future__ import annotations

from dash import dcc, html

EVERY_MS = 30_000


def layout() -> html.Div:
    """The frame; it asks again every half minute while it is open."""
    return html.Div(
        className="dash-page",
        children=[
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="theme"),
            dcc.Interval(id="clock", interval=EVERY_MS),
            html.Div(
                id="answer", className="dash-answer", children=html.Div(className="skeleton dash-skeleton")
            ),
        ],
    )
