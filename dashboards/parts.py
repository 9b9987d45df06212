"""Pieces that every dashboard is made of: cards with downloads, numbers that lead to their clips, empty states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

import plotly.graph_objects as go
from dash import dcc, html
from dash.exceptions import PreventUpdate

from annotation.estimation import Estimate, Interval, Measure
from curation.policies.tiers import Tier
from dashboards.data.nothing import NothingYet

GRAPH: dict[str, Any] = {"displayModeBar": False, "responsive": True}


def corpus_of(path: str) -> str:
    """The corpus' slug in ``/corpora/<slug>/…``; no update for any other address."""
    parts = [part for part in path.split("/") if part]
    if len(parts) < 2 or parts[0] != "corpora":
        raise PreventUpdate
    return parts[1]


def said(search: str | None) -> dict[str, str]:
    """The parameters of an address, the last one of each name."""
    return {key: values[-1] for key, values in parse_qs((search or "").lstrip("?")).items()}


def clips_address(slug: str, **filters: Any) -> str:
    """The clip browser with the clips behind a number; lists become repeated parameters."""
    return f"/corpora/{slug}/clips/?{urlencode(filters, doseq=True)}"


def behind_address(slug: str, dashboard: str, number: str, state: Mapping[str, str], **which: Any) -> str:
    """The very clips behind a number of a dashboard: ``state`` is the view's, ``which`` what names the number in it."""
    return f"/corpora/{slug}/behind/{dashboard}/{number}/?{urlencode({**state, **which})}"


def empty(nothing: NothingYet) -> html.Div:
    """Why there is nothing, and what to do."""
    way = [html.A(nothing.label, href=nothing.address, className="btn")] if nothing.address else []
    return html.Div(className="empty", children=[html.H2(nothing.reason), html.P(nothing.step), *way])


def labelled(label: str, control: Any, *, name: str) -> html.Div:
    """A control under its label, as one group for those who hear the page."""
    return html.Div(
        className="dash-control",
        role="group",
        **{"aria-labelledby": f"label-{name}"},
        children=[html.Span(label, className="dash-label", id=f"label-{name}"), control],
    )


def card(
    title: str,
    *children: Any,
    name: str = "",
    csv: str = "",
    has_figure: bool = False,
    note: str = "",
    className: str = "",
) -> html.Section:
    """A titled part. ``csv`` is the address of its numbers (the view's state is added); a figure can be kept as PNG."""
    ways: list[Any] = []
    if has_figure:
        label = f"Keep {title} as a picture"
        ways.append(
            html.Button(
                "PNG",
                type="button",
                className="btn btn-quiet btn-small",
                **{"data-picture": name, "aria-label": label},
            )
        )
    if csv:
        ways.append(
            html.A(
                "CSV",
                href=csv,
                className="btn btn-quiet btn-small",
                **{"data-with-state": "1", "aria-label": f"{title} as CSV"},
            )
        )
    head = html.Div(
        className="card-head",
        children=[
            html.H2(title),
            *([html.P(note, className="small muted")] if note else []),
            html.Div(ways, className="card-ways"),
        ],
    )
    return html.Section(className=f"card {className}".strip(), children=[head, *children])


def graph(name: str, figure: go.Figure, height: int, *, words: str) -> html.Div:
    """A figure in a place of its own height, so that nothing jumps; ``words`` for those who hear the page."""
    return html.Div(
        className="figure-frame",
        role="img",
        **{"data-figure": name, "aria-label": words},
        children=dcc.Graph(id=f"figure-{name}", figure=figure, config=GRAPH, style={"height": height}),
    )


def tier_mark(tier: Tier) -> html.Span:
    """A tier as everywhere: colour, letter and word."""
    return html.Span(
        [html.B(tier.letter, **{"aria-hidden": "true"}), tier.word], className=f"tier tier-{tier.word}"
    )


def number_cell(value: float | None, *, href: str = "", decimals: int = 0, why: str = "") -> html.Td:
    """A number at the right; a link to its clips where ``href`` is given and there are any."""
    if value is None:
        return html.Td(_dash(why or "not measured"), className="number")
    text = f"{value:,.{decimals}f}"
    return html.Td(html.A(text, href=href) if href and value else text, className="number")


def measure_parts(measure: Measure, decimals: int = 3, href: str = "") -> list[Any]:
    """A figure with its band, or a dash that says why there is none; a link to its clips where ``href`` is given."""
    if not isinstance(measure, Estimate):
        return [_dash(str(measure))]
    text = _signed(measure.value, decimals)
    parts: list[Any] = [html.Span(html.A(text, href=href) if href else text, className="value")]
    if isinstance(measure.interval, Interval):
        band, about = measure.interval, "≈ " if measure.interval.approximate else ""
        title = f"{band.confidence:.0%} {band.method}, n = {measure.n}"
        between = " to " if band.lower < 0 else "–"
        text = f" {about}{_signed(band.lower, decimals)}{between}{_signed(band.upper, decimals)}"
        parts.append(html.Span(text, className="interval", title=title))
    else:
        parts.append(html.Span(" no band", className="interval", title=measure.interval.reason))
    return parts


def _signed(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", "−")


def _dash(reason: str) -> html.Span:
    """No number: the reason is there for the pointer and for who hears the page."""
    return html.Span(
        ["–", html.Span(f" {reason}", className="visually-hidden")], className="faint", title=reason
    )


def measure_cell(measure: Measure, href: str = "", *, in_words: bool = False) -> html.Td:
    """``measure_parts`` in a table; ``in_words``: where there is room, why there is no figure, instead of a dash."""
    if in_words and not isinstance(measure, Estimate):
        return html.Td(measure.reason, className="small muted right")
    return html.Td(measure_parts(measure, href=href), className="number")


def table(
    heads: Sequence[str | tuple[str, str]], rows: Sequence[Any], *, caption: str = "", className: str = ""
) -> html.Div:
    """A table in its frame. A head is a label, or (label, class): ``("clips", "number")``."""
    cells = [
        html.Th(head, scope="col")
        if isinstance(head, str)
        else html.Th(head[0], scope="col", className=head[1])
        for head in heads
    ]
    children: list[Any] = [html.Caption(caption, className="visually-hidden")] if caption else []
    children += [html.Thead(html.Tr(cells)), html.Tbody(list(rows))]
    return html.Div(
        html.Table(children, className=f"table table-tight {className}".strip()), className="table-frame"
    )


def facts(rows: Sequence[tuple[str, str, str]]) -> html.Dl:
    """Headline numbers: (label, number, address or "")."""
    return html.Dl(
        className="figures",
        children=[
            html.Div([html.Dt(label), html.Dd(html.A(text, href=href) if href else text)])
            for label, text, href in rows
        ],
    )


def notice(text: str | list[Any], *, warning: bool = False) -> html.P:
    """A sentence that must be read before the numbers."""
    return html.P(text, className=f"notice notice-{'warning' if warning else 'info'}")


def hours(seconds: float) -> str:
    """A length as people read it: 41 s, 12 min, 3.4 h, 1,204 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.1f} h" if seconds < 360_000 else f"{seconds / 3600:,.0f} h"
