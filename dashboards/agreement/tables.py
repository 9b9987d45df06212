"""The numbers of the agreement dashboard as tables."""

from __future__ import annotations

from collections.abc import Mapping

from annotation.estimation import Undefined
from dashboards.agreement.panels import PEOPLE_LABELS
from dashboards.agreement.state import question_of
from dashboards.csvfile import MEASURE_HEADS, Table, measure_columns
from dashboards.data.agreement import AgreementView, agreement_view


def _view(corpus: str, asked: Mapping[str, str]) -> AgreementView | None:
    found = agreement_view(question_of(corpus, asked))
    return found if isinstance(found, AgreementView) else None


def readings(corpus: str, asked: Mapping[str, str]) -> Table:
    """Every figure in every reading."""
    view = _view(corpus, asked)
    rows = [
        (reading.value, name, *measure_columns(measure))
        for reading, result in (view.readings if view else {}).items()
        for name, measure in result.table.metrics().items()
    ]
    return ("reading", "figure", *MEASURE_HEADS), rows


def matrix(corpus: str, asked: Mapping[str, str]) -> Table:
    """Clips by proposal and verdict."""
    view = _view(corpus, asked)
    counts = (view.matrix if view else {}).items()
    return ("proposed", "verdict", "clips"), [
        (row.word, column.word, count) for (row, column), count in counts
    ]


def people(corpus: str, asked: Mapping[str, str]) -> Table:
    """How far people agree among themselves."""
    view = _view(corpus, asked)
    found = view.people.metrics() if view and view.people.items else {}
    return ("figure", *MEASURE_HEADS), [
        (PEOPLE_LABELS[name], *measure_columns(measure)) for name, measure in found.items()
    ]


def rules(corpus: str, asked: Mapping[str, str]) -> Table:
    """Every figure of every rule, verdicts as the truth."""
    view = _view(corpus, asked)
    rows = [
        (row.ordinal, row.words, row.tier.word, row.untold, name, *measure_columns(measure))
        for row in (view.rules if view else ())
        for name, measure in row.adjudicated.table.metrics().items()
    ]
    return ("rule", "words", "tier", "not_told", "figure", *MEASURE_HEADS), rows


def anchoring(corpus: str, asked: Mapping[str, str]) -> Table:
    """How often people agree with the policy blind and with its proposal in sight."""
    view = _view(corpus, asked)
    if view is None:
        return ("answers", *MEASURE_HEADS), []
    gap = view.anchoring
    rows = (
        [("in sight, minus blind", *measure_columns(gap))]
        if isinstance(gap, Undefined)
        else [
            ("blind", *measure_columns(gap.gap.blind)),
            ("proposal in sight", *measure_columns(gap.gap.verify)),
            ("in sight, minus blind", *measure_columns(gap.gap.gap)),
        ]
    )
    return ("answers", *MEASURE_HEADS), rows
