"""What stands where on the thresholds dashboard."""

from __future__ import annotations

from dash import dcc, html

from dashboards.parts import labelled

PANES = {"outcome": "What it would keep", "curve": "Where to put it"}
EVIDENCE_LABELS = {"drawn": "drawn at random", "all": "all judged"}


def layout() -> html.Div:
    """The frame; rules and outcome come by callback, once the address is known."""
    return html.Div(
        className="dash-page",
        children=[
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="theme"),
            dcc.Store(id="base"),
            dcc.Store(id="draft"),
            dcc.Store(id="settled"),
            html.Div(
                className="tuning",
                children=[
                    html.Div(id="rules", className="tuning-rules", children=_waiting(3)),
                    html.Div(
                        className="tuning-outcome",
                        children=[
                            dcc.RadioItems(
                                id="pane",
                                options=[{"label": text, "value": pane} for pane, text in PANES.items()],
                                inline=True,
                            ),
                            html.Div(id="pane-outcome", className="tuning-pane", children=_outcome_pane()),
                            html.Div(
                                id="pane-curve", className="tuning-pane", hidden=True, children=_curve_pane()
                            ),
                        ],
                    ),
                ],
            ),
        ],
    )


def _outcome_pane() -> list[html.Div]:
    evidence = [{"label": text, "value": kind} for kind, text in EVIDENCE_LABELS.items()]
    return [
        html.Div(
            className="dash-controls",
            children=[
                labelled(
                    "People’s verdicts",
                    dcc.RadioItems(id="evidence", options=evidence, inline=True),
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
    ]


def _curve_pane() -> list[html.Div]:
    number = dcc.Dropdown(id="curve-of", clearable=False, searchable=False)
    # Between half and all but one in a thousand: below, a coin would do; above, no sample shows it.
    target = dcc.Input(
        id="target",
        type="number",
        min=50,
        max=99.9,
        step="any",
        debounce=True,
        className="tuning-number tuning-target",
    )
    return [
        html.Div(
            className="dash-controls",
            children=[
                labelled("Number", number, name="curve-of"),
                labelled("Wanted precision, %", target, name="target"),
            ],
        ),
        html.Div(id="curve", className="tuning-curve", children=_waiting(2), **{"aria-live": "polite"}),
    ]


def everything() -> html.Div:
    """The layout with one of each repeated part."""
    return html.Div(
        [
            layout(),
            dcc.Input(id={"part": "number", "side": "low0"}),
            dcc.Input(id={"part": "slide", "side": "low0"}),
            dcc.Store(id={"part": "stops", "side": "low0"}),
            html.Div(id={"figure": 0}),
        ]
    )


def _waiting(count: int) -> list[html.Div]:
    return [html.Div(className="skeleton tuning-skeleton") for _ in range(count)]
