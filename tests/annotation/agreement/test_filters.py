"""The same judgments read three ways, so that no reading can hide behind another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement import (
    Cell,
    Estimate,
    Judged,
    LeftOut,
    Reading,
    Undefined,
    cell_of,
    filter_agreement,
    filter_readings,
)

items = st.lists(
    st.builds(
        Judged,
        passed=st.booleans(),
        votes=st.lists(st.booleans(), max_size=3).map(tuple),
        verdict=st.none() | st.booleans(),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("item", "agreed", "adjudicated", "as_errors"),
    [
        (Judged(True, (True, True)), Cell.TP, Cell.TP, Cell.TP),
        (Judged(False, (False, False)), Cell.TN, Cell.TN, Cell.TN),
        (Judged(True, (True, False)), LeftOut.DISPUTED, LeftOut.NOT_SETTLED, Cell.FP),
        (Judged(False, (True, False)), LeftOut.DISPUTED, LeftOut.NOT_SETTLED, Cell.FN),
        (Judged(True, (True, False), True), LeftOut.DISPUTED, Cell.TP, Cell.FP),
        (Judged(False, (True, False), False), LeftOut.DISPUTED, Cell.TN, Cell.FN),
        # The panel overturned an agreed item: only the adjudicated reading follows it.
        (Judged(True, (True, True), False), Cell.TP, Cell.FP, Cell.TP),
        (Judged(True, (True,)), LeftOut.TOO_FEW_VOTES, LeftOut.TOO_FEW_VOTES, LeftOut.TOO_FEW_VOTES),
        (Judged(True, (), True), LeftOut.TOO_FEW_VOTES, Cell.TP, LeftOut.TOO_FEW_VOTES),
    ],
)
def test_cells(item: Judged, agreed: object, adjudicated: object, as_errors: object) -> None:
    assert cell_of(item, Reading.AGREED) is agreed
    assert cell_of(item, Reading.ADJUDICATED) is adjudicated
    assert cell_of(item, Reading.DISPUTES_AS_ERRORS) is as_errors


@given(items)
def test_no_item_is_lost_and_disputes_only_cost(judged: list[Judged]) -> None:
    readings = filter_readings(judged)
    for reading in readings.values():
        assert reading.n + sum(reading.left_out.values()) == len(judged)
    agreed, as_errors = readings[Reading.AGREED].table, readings[Reading.DISPUTES_AS_ERRORS].table
    assert (agreed.tp, agreed.tn) == (as_errors.tp, as_errors.tn)
    if isinstance(agreed.accuracy, Estimate) and isinstance(as_errors.accuracy, Estimate):
        assert as_errors.accuracy.value <= agreed.accuracy.value


def test_one_rater_gives_reasons_not_numbers() -> None:
    reading = filter_agreement([Judged(True, (True,)), Judged(False, (False,))], Reading.AGREED)
    assert reading.left_out == {LeftOut.TOO_FEW_VOTES: 2}
    assert all(isinstance(metric, Undefined) for metric in reading.table.metrics().values())


def test_anything_with_the_three_attributes_will_do() -> None:
    class Row:
        passed, votes, verdict = True, (True, True), None

    assert filter_agreement([Row()], Reading.AGREED).table.tp == 1
