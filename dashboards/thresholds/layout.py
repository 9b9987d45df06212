"""What stands where on the thresholds dashboard."""

from __future__ import annotations

from dash import dcc, html

from dashboards.parts import labelled


def layout() -> html.Div:
    """The frame; rules and outcome come by callback, once the address is known."""
    return html.Div(
        className="dash-page",
        children=[
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="theme"),
            dcc.Store(id="base"),
            dcc.Store(id="draft"),
            html.Div(
                className="tuning",
                children=[
                    html.Div(id="rules", className="tuning-rules", children=_waiting(3)),
                    html.Div(
                        className="tuning-outcome",
                        children=[
                            html.Div(
                                className="dash-controls",
                                children=[
                                    labelled(
                                        "People’s verdicts",
                                        dcc.RadioItems(
                                            id="evidence",
                                            options=[
                                                {"label": "drawn at random", "value": "drawn"},
                                                {"label": "all judged", "value": "all"},
                                            ],
                                            inline=True,
                                        ),
                                        name="evidence",
                                    ),
                                    html.Button(
                                        "Redraw histograms",
                                        id="redraw",
                                        type="button",
                                        className="btn btn-small tuning-redraw",
                                        title="Show the clips that pass every other rule with the present numbers",
                                    ),
                                ],
                            ),
                            html.Div(id="outcome", children=_waiting(2), **{"aria-live": "polite"}),
                        ],
                    ),
                ],
            ),
        ],
    )


def everything() -> html.Div:
    """The layout with one of each repeated part."""
    return html.Div(
        [
            layout(),
            dcc.Input(id={"part": "number", "side": "low0"}),
            dcc.Input(id={"part": "slide", "side": "low0"}),
            dcc.Store(id={"part": "stops", "side": "low0"}),
            dcc.Graph(id={"figure": 0}),
        ]
    )


def _waiting(count: int) -> list[html.Div]:
    return [html.Div(className="skeleton tuning-skeleton") for _ in range(count)]
