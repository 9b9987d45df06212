"""The left side: every rule with its sliders, typed numbers and histogram."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from dash import dcc, html

from curation.metrics import GROUPS
from curation.policies.rules import Operator, Rule, shortest
from curation.policies.words import unit_of
from dashboards.data.draft import percentile_of, sides_of, state_of
from dashboards.data.stops import stops_of
from dashboards.data.thresholds import Desk, judged_on, table_for
from dashboards.figures.theme import Palette, palette
from dashboards.figures.thresholds import Bins, rule_histogram
from dashboards.parts import GRAPH, behind_address, tier_mark

GROUP_LABELS = {"file": "File", "picture": "Picture", "motion": "Motion", "head": "Head", "people": "People"}
GROUP_LABELS |= {"sound": "Sound", "speaking": "Speaking", "pairs": "Pairs"}
DRAWN = "data-drawn"
"""What a histogram that came with its card says of it: the theme it is drawn in."""
_AT_ONCE = 2  # cards that are in view before anyone scrolls
_PERCENTILES = tuple(float(number) for number in range(101))


def rule_cards(desk: Desk, theme: str) -> list[Any]:
    """A section per group of metrics, in the catalogue's order; the first cards with their histograms in ``theme``."""
    found: list[Any] = []
    ahead = _AT_ONCE
    for group in GROUPS:
        cards = []
        for ordinal, rule in enumerate(desk.draft.rules):
            if rule.spec.group == group:
                cards.append(_card(desk, ordinal, rule, theme if ahead > 0 else ""))
                ahead -= 1
        if cards:
            found.append(html.Section([html.H2(GROUP_LABELS[group]), *cards], className="tuning-group"))
    return found


def base_numbers(desk: Desk) -> dict[str, float]:
    """The base policy's numbers by side, as the page compares them with what is typed."""
    return {
        f"{side}{ordinal}": shortest(getattr(rule, side))
        for ordinal, rule in enumerate(desk.draft.written)
        for side in sides_of(rule)
    }


def _card(desk: Desk, ordinal: int, rule: Rule, theme: str) -> html.Article:
    """``theme``: draw the histogram in it at once; empty: its callback fills it."""
    spec, sides = rule.spec, [_Side(desk, ordinal, rule, side) for side in sides_of(rule)]
    ways = [
        html.Button(
            "PNG",
            type="button",
            className="btn btn-quiet btn-small",
            **{"data-picture": f"rule-{ordinal}", "aria-label": f"Keep {spec.label} as a picture"},
        ),
        html.A(
            "CSV",
            href=f"/corpora/{desk.draft.corpus.slug}/dashboards/thresholds/histograms.csv",
            className="btn btn-quiet btn-small",
            **{"data-with-state": "1", "aria-label": "Histograms as CSV"},
        ),
    ]
    head = [
        html.H3(spec.label, id=f"rule-{ordinal}", title=spec.formula),
        tier_mark(rule.tier),
        html.Span("changed", className="badge badge-active tuning-changed", hidden=True),
        html.Div([side.number() for side in sides], className="tuning-numbers"),
        html.Div(ways, className="card-ways"),
    ]
    # A figure that is drawn twice takes twice as long to be there: its callback leaves alone what came with the card.
    at_once = {"children": rule_figure(desk, ordinal, palette(theme)), DRAWN: theme} if theme else {}
    plot = html.Div(id={"figure": ordinal}, **at_once)
    return html.Article(
        className="card tuning-rule",
        **{"data-rule": str(ordinal), "aria-labelledby": f"rule-{ordinal}"},
        children=[
            html.Div(head, className="card-head"),
            html.Div(
                plot,
                className="figure-frame tuning-figure",
                **{"data-figure": f"rule-{ordinal}", "data-marks": str(ordinal)},
            ),
            *(side.slide() for side in sides),
        ],
    )


class _Side:
    """One number of a rule: typed in the head of its card, dragged below its histogram."""

    def __init__(self, desk: Desk, ordinal: int, rule: Rule, side: str) -> None:
        self.name, self.side, self.rule = f"{side}{ordinal}", side, rule
        self.value = shortest(getattr(rule, side))
        self.table = desk.index.table
        grid = stops_of(self.table, desk.draft.written.rules[ordinal])
        self.stops = _PERCENTILES if side == "percentile" else grid

    def number(self) -> html.Div:
        unit = "" if self.side == "percentile" else unit_of(self.rule.metric)
        words = _words(self.rule, self.side)
        typed = dcc.Input(
            id={"part": "number", "side": self.name},
            type="number",
            value=self.value,
            step="any",
            debounce=True,
            className="tuning-number",
        )
        name = json.dumps({"part": "number", "side": self.name}, separators=(",", ":"))
        return html.Div(
            [html.Label(words, htmlFor=name), typed, html.Span(unit, className="muted small")],
            className="tuning-side",
        )

    def slide(self) -> html.Div:
        attributes: dict[str, Any] = {}
        if self.side == "percentile":
            values = [percentile_of(self.table, self.rule.metric, at) for at in self.stops]
            attributes["data-values"] = json.dumps(values)
        else:
            # The first and last stop stand where the histogram has them: one bin in from its ends.
            step = self.stops[1] - self.stops[0]
            pad = f"calc({step / (self.stops[-1] - self.stops[0] + 2 * step):.4%} - 8px)"
            attributes["style"] = {"marginLeft": pad, "marginRight": pad}
        drag = dcc.Input(
            id={"part": "slide", "side": self.name},
            type="range",
            min=0,
            max=len(self.stops) - 1,
            step=1,
            value=int(np.argmin(np.abs(np.asarray(self.stops) - self.value))),
            className="tuning-slide",
        )
        label = f"{self.rule.spec.label}, {_words(self.rule, self.side)}"
        stops = dcc.Store(id={"part": "stops", "side": self.name}, data=list(self.stops))
        return html.Div(
            [html.Label([html.Span(label, className="visually-hidden"), drag]), stops],
            className="tuning-drag",
            **attributes,
        )


def _words(rule: Rule, side: str) -> str:
    if side == "percentile":
        at = "least" if rule.operator is Operator.PERCENTILE_AT_LEAST else "most"
        return f"at {at} percentile"
    if rule.operator is Operator.OUTSIDE:
        return "below" if side == "low" else "or above"
    return "at least" if side == "low" else "at most"


def rule_bins(desk: Desk, ordinal: int) -> Bins:
    """The rule's histogram with the draft's other numbers, and what people said in each bin."""
    draft = desk.draft
    found = table_for(desk, draft.rules, ordinal)
    between, on = found.deciding()
    inner = np.asarray(stops_of(desk.index.table, draft.written.rules[ordinal]), np.float32)
    # Clips below each stop; those beyond the ends go to a bin of their own.
    below = np.cumsum(between[:-1]) + np.concatenate([[0], np.cumsum(on)[:-1]])
    at = np.searchsorted(found.stops, inner)
    total = int(between.sum() + on.sum())
    counts = np.diff(np.concatenate([[0], below[at], [total]]))
    step = float(inner[1] - inner[0]) if len(inner) > 1 else 1.0
    edges = [float(inner[0]) - step, *inner.tolist(), float(inner[-1]) + step]
    values, accepted, _ = judged_on(desk, ordinal)
    place = np.searchsorted(inner, values, "right")
    up = np.bincount(place[accepted], minlength=len(counts))
    down = np.bincount(place[~accepted], minlength=len(counts))
    slug, state = draft.corpus.slug, state_of(draft)
    bars = behind_address(slug, "thresholds", "bin", state, rule=ordinal)
    judged = behind_address(slug, "thresholds", "said", state, rule=ordinal)
    numbers = range(len(counts))
    leads = (
        [f"{bars}&bin={at}" for at in numbers],
        [f"{judged}&said=accepted&bin={at}" for at in numbers],
        [f"{judged}&said=rejected&bin={at}" for at in numbers],
    )
    return Bins([shortest(edge) for edge in edges], counts.tolist(), up.tolist(), down.tolist(), leads)


def rule_figure(desk: Desk, ordinal: int, colours: Palette) -> dcc.Graph:
    """``rule_bins`` drawn, with the draft's bounds marked as the page would mark them."""
    rule = desk.draft.rules.rules[ordinal]
    # The page looks a percentile up among the metric's values, and marks it by itself.
    bounds = () if rule.operator.is_percentile else (rule.low, rule.high)
    marks = [shortest(bound) for bound in bounds if bound is not None]
    figure = rule_histogram(rule_bins(desk, ordinal), unit_of(rule.metric), colours, marks)
    return dcc.Graph(figure=figure, config=GRAPH, style={"height": 104})
