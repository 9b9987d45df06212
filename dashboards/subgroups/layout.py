"""What stands where on the subgroups dashboard."""

from __future__ import annotations

from dash import dcc, html

from curation.policies.tiers import Tier
from dashboards.data.subgroups import CUTS, DIMENSIONS
from dashboards.parts import labelled

MEASURE_LABELS = {"accepted": "kept clips that people accept", "agreement": "filter and people agree"}
CUT_LABELS = {Tier.SFT: "sft", Tier.PRETRAIN: "pretrain or better"}
EVIDENCE_LABELS = {"drawn": "drawn at random", "all": "all judged"}


def _radio(name: str, options: dict[str, str]) -> dcc.RadioItems:
    choices = [{"label": label, "value": value} for value, label in options.items()]
    return dcc.RadioItems(id=name, options=choices, inline=True)


def layout() -> html.Div:
    """The frame; the answer comes by callback, once the address is known."""
    return html.Div(
        className="dash-page",
        children=[
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="theme"),
            html.Div(
                className="dash-controls",
                children=[
                    labelled("By", _radio("dimension", dict(DIMENSIONS)), name="dimension"),
                    labelled("Share of", _radio("measure", MEASURE_LABELS), name="measure"),
                    labelled(
                        "Counts as kept", _radio("cut", {c.word: CUT_LABELS[c] for c in CUTS}), name="cut"
                    ),
                    labelled("People’s verdicts", _radio("evidence", EVIDENCE_LABELS), name="evidence"),
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
