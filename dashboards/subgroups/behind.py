"""The clips behind each number of the subgroups dashboard."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dashboards.data.behind import Behind, NoSuchNumber, behind_rows
from dashboards.data.nothing import NothingYet
from dashboards.data.subgroups import (
    DIMENSIONS,
    GroupRow,
    SubgroupView,
    group_of,
    lowest_tier,
    subgroup_view,
)
from dashboards.subgroups.state import question_of


def judged(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The judged clips of a group that its share is of."""
    view, row = _group(corpus, asked)
    used, question = view.evidence, view.question
    here, _ = group_of(view.explorer, view.corpus, used, view.chosen.key, row.word)
    good = "people accept" if question.measure == "accepted" else "filter and people agree on"
    whence = "drawn at random and settled" if view.weighted else "judged"
    words = f"{_name(view, row)}: {whence}, {_about(view)}; {good} {row.counted.accepted:,} of them"
    return behind_rows(used.table, used.rows[view.base & here], words)


def clips(corpus: str, asked: Mapping[str, str]) -> Behind:
    """All clips of a group that the question is about."""
    view, row = _group(corpus, asked)
    index = view.explorer.index
    _, there = group_of(view.explorer, view.corpus, view.evidence, view.chosen.key, row.word)
    wanted = there & (index.tier >= int(lowest_tier(view.question)))
    return behind_rows(index.table, np.flatnonzero(wanted), f"{_name(view, row)}: {_about(view)}")


def _group(corpus: str, asked: Mapping[str, str]) -> tuple[SubgroupView, GroupRow]:
    view = subgroup_view(question_of(corpus, asked))
    if isinstance(view, NothingYet):
        raise NoSuchNumber(view.reason)
    for row in view.chosen.rows:
        if row.name == asked.get("group"):
            return view, row
    raise NoSuchNumber("group")


def _name(view: SubgroupView, row: GroupRow) -> str:
    return f"{DIMENSIONS[view.chosen.key]} {row.name}"


def _about(view: SubgroupView) -> str:
    if view.question.measure == "agreement":
        return "decided by the policy"
    return f"kept as {view.question.cut.word}" + ("" if view.question.cut.word == "sft" else " or better")
