"""The numbers of the subgroups dashboard as tables."""

from __future__ import annotations

from collections.abc import Mapping

from annotation.estimation import Undefined
from dashboards.csvfile import MEASURE_HEADS, Table, measure_columns
from dashboards.data.nothing import NothingYet
from dashboards.data.subgroups import Dimension, subgroup_view
from dashboards.subgroups.state import question_of

_HEADS = ("by", "group", "clips", "judged", "accepted_or_agreed", "p_holm", "shrunken")
_DIFFERENCE = ("difference", "difference_lower", "difference_upper")


def groups(corpus: str, asked: Mapping[str, str]) -> Table:
    """Every group of the chosen dimension."""
    view = subgroup_view(question_of(corpus, asked))
    return _table([] if isinstance(view, NothingYet) else [view.chosen], only_worst=False)


def worst(corpus: str, asked: Mapping[str, str]) -> Table:
    """The worst group of each dimension, where one is named."""
    view = subgroup_view(question_of(corpus, asked))
    return _table([] if isinstance(view, NothingYet) else list(view.all), only_worst=True)


def _table(dimensions: list[Dimension], *, only_worst: bool) -> Table:
    rows = []
    for dimension in dimensions:
        for row in dimension.rows:
            if only_worst and row.name != dimension.worst:
                continue
            p = None if isinstance(row.result.p_value, Undefined) else row.result.p_value
            shrunken = None if isinstance(row.result.shrunken, Undefined) else row.result.shrunken
            start = (
                dimension.key,
                row.name,
                row.population,
                row.counted.n,
                row.counted.accepted,
                p,
                shrunken,
            )
            rows.append(
                (*start, *measure_columns(row.result.share), *measure_columns(row.result.difference)[:3])
            )
    return (*_HEADS, *MEASURE_HEADS, *_DIFFERENCE), rows
