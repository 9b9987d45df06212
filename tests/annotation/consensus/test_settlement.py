"""Two blind raters, a blind third on dispute, the panel over all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.consensus import Basis, Vote, majority, panel_due, settle
from annotation.estimation import InputError, Undefined


def votes(*answers: bool | None) -> list[Vote]:
    return [Vote(f"r{place}", answer) for place, answer in enumerate(answers)]


@pytest.mark.parametrize(
    ("answers", "basis", "answer"),
    [
        ((), Basis.WAITING_FOR_VOTES, None),
        ((True,), Basis.WAITING_FOR_VOTES, None),
        ((True, True), Basis.AGREED, True),
        ((True, True, False), Basis.AGREED, True),
        ((True, False), Basis.WAITING_FOR_THIRD, None),
        ((True, False, False), Basis.THIRD_VOTE, False),
        ((None, True, True), Basis.AGREED, True),
        ((None, True, False, None, True), Basis.THIRD_VOTE, True),
        ((None, None, None, True), Basis.CANNOT_JUDGE, None),
    ],
)
def test_procedure(answers: tuple[bool | None, ...], basis: Basis, answer: bool | None) -> None:
    found = settle(votes(*answers))
    assert found.basis is basis
    assert found.settled is (answer is not None)
    if answer is not None:
        assert found.answer is answer


def test_panel_overrides_and_is_waited_for() -> None:
    assert settle(votes(True, True), panel=False).answer is False
    assert settle(votes(True, True), panel=False).basis is Basis.PANEL
    waiting = settle(votes(True, True), panel_asked=True)
    assert waiting.basis is Basis.WAITING_FOR_PANEL and isinstance(waiting.answer, Undefined)
    assert settle(votes(True, False), panel=True).disputed


def test_more_than_two_answers_may_need_more_votes() -> None:
    split = [Vote("a", "A"), Vote("b", "B"), Vote("c", "none")]
    assert settle(split).basis is Basis.WAITING_FOR_THIRD
    assert settle([*split, Vote("d", "B")]).answer == "B"


def test_same_rater_twice_is_refused() -> None:
    with pytest.raises(InputError):
        settle([Vote("a", True), Vote("a", True)])


@given(st.lists(st.booleans(), max_size=7))
def test_a_settled_item_is_not_unsettled_by_late_votes(answers: list[bool]) -> None:
    found = None
    for end in range(len(answers) + 1):
        now = settle(votes(*answers[:end]))
        if found is not None:
            assert now.answer == found
        elif now.settled:
            found = now.answer


def test_majority() -> None:
    assert majority(["a", "b", "a"]) == "a"
    assert isinstance(majority(["a", "b"]), Undefined)
    assert isinstance(majority([]), Undefined)


def test_a_tenth_goes_to_the_panel_always_the_same() -> None:
    due = [panel_due(str(item), seed="s") for item in range(5000)]
    assert due == [panel_due(str(item), seed="s") for item in range(5000)]
    assert 0.085 < sum(due) / 5000 < 0.115
