"""What stands where on the agreement dashboard."""

from __future__ import annotations

from dash import dcc, html

from curation.policies.tiers import Tier
from dashboards.data.agreement import CUTS
from dashboards.parts import labelled

MODE_LABELS = {"all": "all", "blind": "blind only", "verify": "proposal in sight"}
CUT_LABELS = {Tier.SFT: "sft", Tier.PRETRAIN: "pretrain or better"}


def layout() -> html.Div:
    """The frame; everything in it comes by callback, once the address is known."""
    cuts = [{"label": CUT_LABELS[cut], "value": cut.word} for cut in CUTS]
    modes = [{"label": text, "value": mode} for mode, text in MODE_LABELS.items()]
    return html.Div(
        className="dash-page",
        children=[
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="theme"),
            html.Div(
                className="dash-controls",
                children=[
                    labelled(
                        "Policy", dcc.Dropdown(id="policy", clearable=False, searchable=False), name="policy"
                    ),
                    labelled(
                        "Counts as passed", dcc.RadioItems(id="cut", options=cuts, inline=True), name="cut"
                    ),
                    labelled("Judgments", dcc.RadioItems(id="mode", options=modes, inline=True), name="mode"),
                ],
            ),
            html.Div(
                id="answer",
                className="dash-answer",
                **{"aria-live": "polite"},
                children=html.Div(className="skeleton dash-skeleton"),
            ),
        ],
    )
