"""What happens when a control of the subgroups dashboard moves. The address holds the state."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash import Input, Output, State
from dash.exceptions import PreventUpdate

from dashboards.data.nothing import NothingYet
from dashboards.data.subgroups import subgroup_view
from dashboards.figures.theme import palette
from dashboards.framed import FramedDash
from dashboards.parts import corpus_of, empty, said
from dashboards.subgroups.panels import answer
from dashboards.subgroups.state import address_of, question_of


def register(app: FramedDash) -> None:
    """Bind the callbacks to the app."""

    @app.callback(
        Output("dimension", "value"),
        Output("measure", "value"),
        Output("cut", "value"),
        Output("evidence", "value"),
        Input("address", "pathname"),
        State("address", "search"),
    )
    def arrive(path: str, search: str | None) -> tuple[Any, ...]:
        return tuple(address_of(question_of(corpus_of(path), said(search))).values())

    @app.callback(
        Output("answer", "children"),
        Output("address", "search"),
        Input("dimension", "value"),
        Input("measure", "value"),
        Input("cut", "value"),
        Input("evidence", "value"),
        Input("theme", "data"),
        State("address", "pathname"),
    )
    def ask(
        dimension: Any, measure: Any, cut: Any, evidence: Any, theme: str | None, path: str
    ) -> tuple[Any, ...]:
        if dimension is None:
            raise PreventUpdate
        asked = {"by": str(dimension), "share": str(measure), "kept": str(cut), "verdicts": str(evidence)}
        question = question_of(corpus_of(path), asked)
        view = subgroup_view(question)
        search = "?" + urlencode(address_of(question))
        if isinstance(view, NothingYet):
            return empty(view), search
        return answer(view, palette(theme or "dark")), search

    app.clientside_callback(
        "function(path) { return document.documentElement.dataset.theme || 'dark'; }",
        Output("theme", "data"),
        Input("address", "pathname"),
    )
