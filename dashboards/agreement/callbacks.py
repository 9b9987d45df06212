"""What happens when a control of the agreement dashboard moves. The address holds the state."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash import Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from curation.policies.tiers import tier_from_word
from dashboards.agreement.panels import answer
from dashboards.agreement.state import state_of
from dashboards.data.agreement import CUTS, MODES, Question, agreement_view, policy_choices
from dashboards.data.nothing import NothingYet
from dashboards.figures.theme import palette
from dashboards.framed import FramedDash
from dashboards.parts import corpus_of, empty, said


def register(app: FramedDash) -> None:
    """Bind the callbacks to the app."""

    @app.callback(
        Output("policy", "options"),
        Output("policy", "value"),
        Output("cut", "value"),
        Output("mode", "value"),
        Input("address", "pathname"),
        State("address", "search"),
    )
    def arrive(path: str, search: str | None) -> tuple[Any, ...]:
        state = state_of(said(search))
        choices = policy_choices(corpus_of(path))
        options = [
            {"label": f"{number} · {name}{' (active)' if active else ''}", "value": number}
            for number, name, active in choices
        ]
        numbers = [number for number, _, _ in choices]
        wanted = int(state["policy"]) if "policy" in state else None
        active = next((number for number, _, is_active in choices if is_active), None)
        chosen = wanted if wanted in numbers else active
        return options, chosen, state.get("passed", CUTS[0].word), state.get("judgments", MODES[0])

    @app.callback(
        Output("answer", "children"),
        Output("address", "search"),
        Input("policy", "value"),
        Input("cut", "value"),
        Input("mode", "value"),
        Input("theme", "data"),
        State("address", "pathname"),
    )
    def ask(policy: int | None, cut: str | None, mode: Any, theme: str | None, path: str) -> tuple[Any, ...]:
        if cut is None or mode not in MODES:
            raise PreventUpdate
        view = agreement_view(Question(corpus_of(path), policy, tier_from_word(cut), mode))
        if isinstance(view, NothingYet):
            return empty(view), no_update
        search = "?" + urlencode({"policy": view.policy.number, "passed": cut, "judgments": mode})
        return answer(view, palette(theme or "dark")), search

    app.clientside_callback(
        "function(path) { return document.documentElement.dataset.theme || 'dark'; }",
        Output("theme", "data"),
        Input("address", "pathname"),
    )
