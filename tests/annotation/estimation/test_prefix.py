"""Only the settled head of the drawn order counts, and skipped items count against every claim."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotation.estimation import (
    Estimate,
    Interval,
    Outcome,
    Undefined,
    clopper_pearson,
    prefix_sequence,
    prefix_share,
    settled_prefix,
)

A, R, U, S, P = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNPLAYABLE, Outcome.SKIPPED, Outcome.PENDING


def test_cut_at_the_first_open_item() -> None:
    prefix = settled_prefix([A, R, A, P, A, A, P])
    assert prefix.outcomes == (A, R, A)
    assert prefix.beyond == 2
    assert settled_prefix([P, A]).n == 0


def test_unplayable_is_refused_and_skipped_is_worst_case() -> None:
    prefix = settled_prefix([A] * 90 + [U] * 5 + [S] * 5)
    found = prefix_share(prefix)
    assert isinstance(found, Estimate) and isinstance(found.interval, Interval)
    assert found.value == 90 / 95
    assert found.interval.lower == clopper_pearson(90, 100).lower  # type: ignore[union-attr]
    assert found.interval.upper == clopper_pearson(95, 100).upper  # type: ignore[union-attr]
    assert len(found.notes) == 2


def test_nothing_settled_is_not_defined() -> None:
    for drawn in ([], [P, A], [S, S]):
        assert isinstance(prefix_share(settled_prefix(drawn)), Undefined)
        assert isinstance(prefix_sequence(settled_prefix(drawn), 10), Undefined)


@given(st.lists(st.sampled_from([A, R, U, S]), min_size=1, max_size=50))
def test_resolving_a_skipped_item_never_leaves_the_bounds(drawn: list[Outcome]) -> None:
    wide = prefix_share(settled_prefix(drawn), 200)
    if isinstance(wide, Undefined):
        return
    for answer in (A, R):
        found = prefix_share(settled_prefix([answer if outcome is S else outcome for outcome in drawn]), 200)
        assert isinstance(found, Estimate)
        assert isinstance(found.interval, Interval) and isinstance(wide.interval, Interval)
        assert wide.interval.lower <= found.interval.lower and found.interval.upper <= wide.interval.upper


def test_any_time_bounds_are_wider_than_those_for_one_look() -> None:
    prefix = settled_prefix(([A] * 19 + [R]) * 10)
    look, always = prefix_share(prefix, 5000), prefix_sequence(prefix, 5000)
    assert isinstance(look, Estimate) and isinstance(always, Estimate)
    assert always.interval.width > look.interval.width  # type: ignore[union-attr]
