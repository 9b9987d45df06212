"""The parts of the agreement dashboard that depend on the answer."""

from __future__ import annotations

from typing import Any

from dash import html

from annotation.agreement import FilterAgreement
from annotation.estimation import Undefined
from curation.policies.tiers import Tier
from dashboards.agreement.layout import CUT_LABELS
from dashboards.data.agreement import AgreementView, RuleRow
from dashboards.figures import agreement as figures
from dashboards.figures.theme import Palette
from dashboards.parts import (
    behind_address,
    card,
    facts,
    graph,
    measure_cell,
    notice,
    number_cell,
    table,
    tier_mark,
)

PEOPLE_LABELS = {
    "raw": "raw agreement",
    "positive": "on “accept”",
    "negative": "on “refuse”",
    "kappa": "Cohen’s κ",
    "alpha": "Krippendorff’s α",
    "ac1": "Gwet’s AC1",
}
_RULE_MEASURES = ("precision", "recall", "specificity", "accuracy")


def address_of(view: AgreementView, number: str, **which: Any) -> str:
    """The clips behind a number of the view."""
    question = view.question
    state = {
        "policy": str(view.policy.number),
        "passed": question.cut.word,
        "judgments": question.mode,
    }
    return behind_address(view.corpus.slug, "agreement", number, state, **which)


def answer(view: AgreementView, colours: Palette) -> list[Any]:
    """The whole page below the controls."""
    csv = f"/corpora/{view.corpus.slug}/dashboards/agreement/"
    return [
        _facts(view),
        *_warnings(view),
        html.Div(
            className="dash-columns",
            children=[
                card(
                    f"Policy {view.policy.number} against people",
                    graph(
                        "forest",
                        figures.forest(view.readings, colours),
                        300,
                        words="Each figure with its interval, in three readings; the table below holds the numbers.",
                    ),
                    _readings_table(view),
                    name="forest",
                    csv=f"{csv}readings.csv",
                    has_figure=True,
                ),
                html.Div(
                    className="stack-wide",
                    children=[
                        card(
                            "Proposed tier and verdict",
                            graph(
                                "matrix",
                                figures.matrix(view.matrix, _leads(view), colours),
                                300,
                                words=_said(view),
                            ),
                            html.P("A cell leads to its clips.", className="small muted"),
                            name="matrix",
                            csv=f"{csv}matrix.csv",
                            has_figure=True,
                        ),
                        card("People among themselves", *_people(view), csv=f"{csv}people.csv"),
                        card("What seeing the proposal does", *_anchoring(view), csv=f"{csv}anchoring.csv"),
                    ],
                ),
            ],
        ),
        card("Rule by rule, with people’s verdicts as the truth", _rules_table(view), csv=f"{csv}rules.csv"),
    ]


def _leads(view: AgreementView) -> dict[tuple[Tier, Tier], str]:
    tiers = (*figures.TIERS, Tier.UNDECIDED)
    return {
        (row, column): address_of(view, "cell", proposed=row.word, verdict=column.word)
        for row in tiers
        for column in figures.TIERS
    }


def _said(view: AgreementView) -> str:
    return "; ".join(
        f"proposed {row.word}, people said {column.word}: {count}"
        for (row, column), count in view.matrix.items()
    )


def _facts(view: AgreementView) -> html.Dl:
    return facts(
        [
            ("clips judged", f"{view.judged:,}", address_of(view, "judged")),
            ("settled", f"{view.settled:,}", address_of(view, "settled") if view.settled else ""),
            ("judgments counted", f"{view.answers:,}", ""),
            ("of them blind", f"{view.blind_answers:,}", ""),
            (
                "judged, but policy undecided",
                f"{view.undecided:,}",
                address_of(view, "undecided") if view.undecided else "",
            ),
        ]
    )


def _warnings(view: AgreementView) -> list[html.P]:
    said = []
    if view.blind_answers < view.answers:
        share = view.answers - view.blind_answers
        said.append(
            notice(
                f"{share:,} of {view.answers:,} judgments were given with the proposal in sight. They draw people "
                "towards the filter, so these figures say how reviewed clips stand, not how good the corpus is.",
                warning=True,
            )
        )
    said.append(
        notice(
            "Figures describe the clips that were judged. Only a drawn sample (an audit queue) speaks for the "
            "whole corpus."
        )
    )
    return said


def _readings_table(view: AgreementView) -> html.Div:
    heads: list[Any] = ["", *((reading.value, "number") for reading in view.readings)]
    rows = []
    for name, label in figures.SHOWN:
        cells = [measure_cell(result.table.metrics()[name]) for result in view.readings.values()]
        rows.append(html.Tr([html.Th(label, scope="row"), *cells]))
    counts = [html.Td(_counts(view, result), className="number") for result in view.readings.values()]
    rows.append(html.Tr([html.Th("TP · FP · FN · TN", scope="row", className="nowrap-head"), *counts]))
    left = [
        html.Td(_left_out(result.left_out), className="muted small right")
        for result in view.readings.values()
    ]
    rows.append(html.Tr([html.Th("left out", scope="row"), *left]))
    return table(heads, rows, caption="The figures in three readings", className="readings")


def _counts(view: AgreementView, result: FilterAgreement) -> list[Any]:
    """True and false positives and negatives, each a link to its clips."""
    parts: list[Any] = []
    for cell in ("tp", "fp", "fn", "tn"):
        count = getattr(result.table, cell)
        lead = address_of(view, "count", reading=result.reading.name.lower(), cell=cell)
        parts += [" · " if parts else "", html.A(f"{count}", href=lead) if count else f"{count}"]
    return parts


def _left_out(reasons: dict[Any, int]) -> str:
    return "; ".join(f"{count} × {reason.value}" for reason, count in reasons.items()) or "none"


def _rules_table(view: AgreementView) -> html.Div:
    heads: list[Any] = [
        "rule",
        "tier",
        ("n", "number"),
        *((name, "number") for name in _RULE_MEASURES),
        ("not told", "number"),
    ]
    return table(heads, [_rule_row(view, row) for row in view.rules], caption="Each rule against people")


def _rule_row(view: AgreementView, row: RuleRow) -> html.Tr:
    measures = row.adjudicated.table.metrics()
    link = address_of(view, "rule", rule=str(row.ordinal))
    return html.Tr(
        [
            html.Th(row.words, scope="row"),
            html.Td(tier_mark(row.tier)),
            number_cell(row.adjudicated.n, href=link),
            *(measure_cell(measures[name]) for name in _RULE_MEASURES),
            number_cell(row.untold),
        ]
    )


def _people(view: AgreementView) -> list[Any]:
    if view.people.items == 0:
        text = "No clip has two answers yet. A queue with overlap 2 or more shows how far people agree."
        return [html.P(text, className="muted")]
    cut = CUT_LABELS[view.question.cut]
    rows = [
        html.Tr([html.Th(PEOPLE_LABELS[name], scope="row"), measure_cell(measure, in_words=True)])
        for name, measure in view.people.metrics().items()
    ]
    text = f"{view.people.items:,} clips with two or more answers, {view.people.disputed:,} disputed; “{cut}” or not."
    return [html.P(text, className="small muted"), table(["", ("", "number")], rows, className="bare")]


def _anchoring(view: AgreementView) -> list[Any]:
    found = view.anchoring
    if isinstance(found, Undefined):
        return [html.P(f"Not defined: {found.reason}.", className="small muted")]
    measures = (
        ("blind", found.gap.blind),
        ("proposal in sight", found.gap.verify),
        ("in sight, minus blind", found.gap.gap),
    )
    rows = [
        html.Tr([html.Th(label, scope="row"), measure_cell(measure, in_words=True)])
        for label, measure in measures
    ]
    said = [
        "The share of answers that agree with the policy’s tier, on clips that chance gave to one way or the other: ",
        html.A(found.queue.name, href=f"/review/{found.queue.pk}/estimates/"),
        " and queues to verify from the same list, by other people.",
    ]
    return [html.P(said, className="small muted"), table(["", ("", "number")], rows, className="bare")]
