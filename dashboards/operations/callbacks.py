"""What happens when the operations dashboard's clock strikes."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State

from dashboards.data.drift import drift_of
from dashboards.data.nothing import NothingYet
from dashboards.data.operations import operations_view
from dashboards.figures.theme import palette
from dashboards.framed import FramedDash
from dashboards.operations.panels import answer
from dashboards.parts import corpus_of, empty


def register(app: FramedDash) -> None:
    """Bind the callbacks to the app."""

    @app.callback(
        Output("answer", "children"),
        Input("clock", "n_intervals"),
        Input("theme", "data"),
        State("address", "pathname"),
    )
    def look(_strikes: int | None, theme: str | None, path: str) -> Any:
        view = operations_view(corpus_of(path))
        if view is None:
            return empty(
                NothingYet("No such corpus.", "Choose one from the list of corpora.", "/", "Corpora")
            )
        return answer(view, drift_of(view.corpus), palette(theme or "dark"))

    app.clientside_callback(
        "function(path) { return document.documentElement.dataset.theme || 'dark'; }",
        Output("theme", "data"),
        Input("address", "pathname"),
    )
