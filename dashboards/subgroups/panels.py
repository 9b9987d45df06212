"""The parts of the subgroups dashboard that depend on the answer."""

from __future__ import annotations

from typing import Any

from dash import html

from annotation.estimation import Undefined
from dashboards.data.subgroups import DIMENSIONS, Dimension, GroupRow, SubgroupView
from dashboards.figures.subgroups import GroupLine, groups, groups_height
from dashboards.figures.theme import Palette
from dashboards.parts import behind_address, card, graph, measure_cell, notice, number_cell, table
from dashboards.subgroups.layout import MEASURE_LABELS
from dashboards.subgroups.state import address_of

_SHOWN = 40


def answer(view: SubgroupView, colours: Palette) -> list[Any]:
    """The whole page below the controls."""
    csv = f"/corpora/{view.corpus.slug}/dashboards/subgroups/"
    chosen, label = view.chosen, DIMENSIONS[view.chosen.key]
    lines = [_line(view, row) for row in chosen.rows[:_SHOWN]]
    n = sum(row.counted.n for row in chosen.rows)
    accepted = sum(row.counted.accepted for row in chosen.rows)
    figure = groups(lines, accepted / n if n else None, colours)
    return [
        *_notices(view),
        html.Div(
            className="dash-columns",
            children=[
                card(
                    f"{MEASURE_LABELS[view.question.measure].capitalize()}, by {label}",
                    html.P(_worst(chosen), className="lead-sentence"),
                    graph("groups", figure, groups_height(lines), words=_worst(chosen))
                    if n
                    else _none_judged(),
                    name="groups",
                    csv=f"{csv}groups.csv",
                    has_figure=n > 0,
                ),
                card("The worst of each", _each(view), csv=f"{csv}worst.csv"),
            ],
        ),
        card(f"Every {label} against the rest", _groups_table(view), csv=f"{csv}groups.csv"),
    ]


def _none_judged() -> html.P:
    return html.P("No clip that counts here was judged.", className="muted")


def _notices(view: SubgroupView) -> list[Any]:
    found = []
    audit = view.evidence.audit
    if view.weighted and audit is not None:
        count = len(view.evidence)
        if not count or audit.left_out():
            link = html.A(audit.name, href=f"/review/{audit.queue}/")
            said = f"{count:,} clips count here" if count else view.evidence.why_none
            found.append(notice(["Of ", link, f", {said}. {audit.left_out()}"], warning=not count))
        if view.uneven:
            found.append(
                notice(
                    "The audit drew its strata with different probabilities; shares within a group are those of "
                    "the judged clips.",
                    warning=True,
                )
            )
    else:
        verify = int((~view.evidence.blind).sum())
        seen = f" {verify:,} of them were settled with the proposal in sight." if verify else ""
        found.append(
            notice(
                f"{len(view.evidence):,} judged clips, however they came to be judged: they do not stand for the "
                f"corpus.{seen}",
                warning=True,
            )
        )
    if view.chosen.known < 1:
        label = DIMENSIONS[view.chosen.key]
        found.append(
            notice(
                f"{label.capitalize()} is given for {view.chosen.known:.0%} of the clips; the others are the group "
                "“unknown”. It is never guessed."
            )
        )
    return found


def _worst(dimension: Dimension) -> str:
    if isinstance(dimension.worst, Undefined):
        return f"No group is named the worst: {dimension.worst.reason}."
    row = next(row for row in dimension.rows if row.name == dimension.worst)
    shown = f"{row.result.shrunken:.3f}" if isinstance(row.result.shrunken, float) else "not known"
    told = "differs from the rest beyond chance" if row.result.differs() else "does not differ beyond chance"
    return f"The worst is {row.name}, {shown} after shrinking ({row.counted.n:,} judged); it {told}."


def _line(view: SubgroupView, row: GroupRow) -> GroupLine:
    shrunken = row.result.shrunken if isinstance(row.result.shrunken, float) else None
    is_worst = view.chosen.worst == row.name
    return GroupLine(
        row.name, row.counted.n, row.result.share, shrunken, is_worst, lead_of(view, view.chosen, row)
    )


def lead_of(view: SubgroupView, dimension: Dimension, row: GroupRow, number: str = "judged") -> str:
    """The group's judged clips that its share is of; with ``clips`` all that the question is about."""
    state = {**address_of(view.question), "by": dimension.key}
    return behind_address(view.corpus.slug, "subgroups", number, state, group=row.name)


def _each(view: SubgroupView) -> html.Div:
    rows = []
    for dimension in view.all:
        name = DIMENSIONS[dimension.key]
        if isinstance(dimension.worst, Undefined):
            cells = [html.Td(dimension.worst.reason, className="muted small", colSpan=3)]
        else:
            row = next(row for row in dimension.rows if row.name == dimension.worst)
            lead = lead_of(view, dimension, row)
            cells = [
                html.Td(html.A(row.name, href=lead)),
                measure_cell(row.result.share),
                _p_cell(row),
            ]
        rows.append(html.Tr([html.Th(name, scope="row"), *cells]))
    heads: list[Any] = ["by", "worst", ("share", "number"), ("p (Holm)", "number")]
    return table(heads, rows, caption="The worst group of each dimension")


def _p_cell(row: GroupRow) -> html.Td:
    if not isinstance(row.result.p_value, float):
        return html.Td("–", className="number faint", title=str(row.result.p_value))
    text = "< 0.001" if row.result.p_value < 0.001 else f"{row.result.p_value:.3f}"
    return html.Td(text, className="number bad" if row.result.differs() else "number")


def _groups_table(view: SubgroupView) -> html.Div:
    rows = []
    for row in view.chosen.rows[: _SHOWN * 5]:
        lead = lead_of(view, view.chosen, row)
        shrunken = row.result.shrunken if isinstance(row.result.shrunken, float) else None
        rows.append(
            html.Tr(
                [
                    html.Th(row.name, scope="row"),
                    number_cell(row.population, href=lead_of(view, view.chosen, row, "clips")),
                    number_cell(row.counted.n, href=lead),
                    measure_cell(row.result.share),
                    measure_cell(row.result.difference),
                    _p_cell(row),
                    number_cell(shrunken, decimals=3, why="nothing of it was judged"),
                ]
            )
        )
    heads: list[Any] = [
        DIMENSIONS[view.chosen.key],
        ("clips", "number"),
        ("judged", "number"),
        ("share", "number"),
        ("difference from the rest", "number"),
        ("p (Holm)", "number"),
        ("shrunken", "number"),
    ]
    return table(heads, rows, caption="Every group against the rest")
