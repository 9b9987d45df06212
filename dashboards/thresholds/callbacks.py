"""What happens when a number of the thresholds dashboard moves. The address holds the draft."""

from __future__ import annotations

import re
from typing import Any

from dash import ALL, MATCH, Input, Output, State, ctx
from dash.exceptions import PreventUpdate

from dashboards.data.curves import TARGET, curve_question, curve_view
from dashboards.data.judged import EVIDENCE, evidence_for
from dashboards.data.nothing import NothingYet
from dashboards.data.thresholds import answer, desk_of
from dashboards.figures.theme import palette
from dashboards.framed import FramedDash, theme_of_page
from dashboards.parts import corpus_of, empty, said
from dashboards.thresholds import scripts
from dashboards.thresholds.curves import choices_of, curve_parts
from dashboards.thresholds.panels import outcome
from dashboards.thresholds.rules import DRAWN, base_numbers, rule_cards, rule_figure

_SIDE = re.compile(r"(low|high|percentile)(\d{1,2})\Z")


def register(app: FramedDash) -> None:
    """Bind the callbacks to the app."""

    @app.callback(
        Output("rules", "children"),
        Output("base", "data"),
        Output("evidence", "value"),
        Output("pane", "value"),
        Output("curve-of", "options"),
        Output("curve-of", "value"),
        Output("target", "value"),
        Input("address", "pathname"),
        State("address", "search"),
    )
    def arrive(path: str, search: str | None) -> tuple[Any, ...]:
        asked = said(search)
        pane = "curve" if asked.get("pane") == "curve" else "outcome"
        desk = desk_of(corpus_of(path), asked)
        if isinstance(desk, NothingYet):
            return empty(desk), None, EVIDENCE[0], pane, [], None, TARGET * 100
        evidence = evidence_for(desk.draft.corpus, asked.get("verdicts"))
        base = {"policy": desk.draft.base.number, "numbers": base_numbers(desk)}
        chosen = curve_question(desk, asked)
        return (
            rule_cards(desk, theme_of_page()),
            base,
            evidence,
            pane,
            choices_of(desk),
            None if chosen is None else chosen.name,
            round(100 * (TARGET if chosen is None else chosen.target), 3),
        )

    @app.callback(
        Output("outcome", "children"),
        Input("draft", "data"),
        Input("theme", "data"),
        State("address", "pathname"),
    )
    def move(draft: Any, theme: str | None, path: str) -> Any:
        asked, moving = _asked(draft)
        desk = desk_of(corpus_of(path), asked)
        if isinstance(desk, NothingYet):
            return []
        ordinal = moving if moving is not None and moving < len(desk.draft.rules) else None
        found = answer(desk, ordinal, asked.get("verdicts"))
        return outcome(found, palette(theme or "dark"))

    @app.callback(
        Output("curve", "children"),
        Input("settled", "data"),
        Input("theme", "data"),
        State("address", "pathname"),
    )
    def put(draft: Any, theme: str | None, path: str) -> Any:
        asked, _ = _asked(draft)
        if asked.get("pane") != "curve":
            raise PreventUpdate
        desk = desk_of(corpus_of(path), asked)
        if isinstance(desk, NothingYet):
            return []
        question = curve_question(desk, asked)
        if question is None:
            return empty(
                NothingYet(
                    "No rule of this policy has a number with a curve.",
                    "Rules that keep what lies outside two bounds have none.",
                )
            )
        return curve_parts(desk, curve_view(desk, question), palette(theme or "dark"), asked)

    @app.callback(
        Output({"figure": MATCH}, "children"),
        Input({"figure": MATCH}, "id"),
        Input("theme", "data"),
        Input("redraw", "n_clicks"),
        State({"figure": MATCH}, DRAWN),
        State("draft", "data"),
        State("address", "pathname"),
        State("address", "search"),
    )
    def histogram(
        which: Any, theme: str | None, _clicks: Any, drawn: Any, draft: Any, path: str, search: str | None
    ) -> Any:
        if drawn == (theme or "dark") and ctx.triggered_id not in ("theme", "redraw"):
            raise PreventUpdate
        # Before the first draft is told, the address is the draft.
        asked = _asked(draft)[0] if draft else said(search)
        desk = desk_of(corpus_of(path), asked)
        ordinal = which.get("figure") if isinstance(which, dict) else None
        if isinstance(desk, NothingYet) or not isinstance(ordinal, int):
            raise PreventUpdate
        if not 0 <= ordinal < len(desk.draft.rules):
            raise PreventUpdate
        return rule_figure(desk, ordinal, palette(theme or "dark"))

    app.clientside_callback(
        scripts.FOLLOW,
        Output({"part": "slide", "side": MATCH}, "value"),
        Output({"part": "number", "side": MATCH}, "value"),
        Input({"part": "slide", "side": MATCH}, "value"),
        Input({"part": "number", "side": MATCH}, "value"),
        State({"part": "stops", "side": MATCH}, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        scripts.DRAFT,
        Output("draft", "data"),
        Input({"part": "number", "side": ALL}, "value"),
        Input("evidence", "value"),
        Input("pane", "value"),
        Input("curve-of", "value"),
        Input("target", "value"),
        State("base", "data"),
    )
    app.clientside_callback(scripts.SETTLED, Output("settled", "data"), Input("draft", "data"))
    app.clientside_callback(
        scripts.PANES,
        Output("pane-outcome", "hidden"),
        Output("pane-curve", "hidden"),
        Input("pane", "value"),
    )
    app.clientside_callback(scripts.THEME, Output("theme", "data"), Input("address", "pathname"))


def _asked(draft: Any) -> tuple[dict[str, str], int | None]:
    """The draft that the page tells: its parameters as in an address, and the rule that moves."""
    if not isinstance(draft, dict) or not isinstance(draft.get("asked"), dict):
        raise PreventUpdate
    asked = {
        str(key): str(value)
        for key, value in draft["asked"].items()
        if _SIDE.match(str(key)) or key in ("policy", "verdicts", "pane", "curve", "target")
    }
    moving = _SIDE.match(str(draft.get("moving") or ""))
    return asked, int(moving[2]) if moving else None
