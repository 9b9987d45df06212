"""Certify, refuse, or say that it is undecided."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.estimation import Decision, InputError, Interval, Outcome, Undefined, certify, settled_prefix

A, R, S, P = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.SKIPPED, Outcome.PENDING


def run(drawn: list[Outcome], target: float = 0.9, largest: int = 400, population: int = 5000):  # type: ignore[no-untyped-def]
    return certify(settled_prefix(drawn), population=population, target=target, largest_n=largest)


def test_good_bad_and_in_between() -> None:
    assert run([A] * 100).decision is Decision.CERTIFY
    assert run([A, R] * 30).decision is Decision.REFUSE
    assert run([*([A] * 9), R] * 40).decision is Decision.UNDECIDED
    assert run([*([A] * 9), R] * 10).decision is Decision.CONTINUE
    assert run([]).decision is Decision.CONTINUE and isinstance(run([]).interval, Undefined)


def test_the_first_decision_stands_and_says_when_it_fell() -> None:
    found = run([A] * 100 + [R] * 100)
    assert found.decision is Decision.CERTIFY
    assert found.decided_at is not None and found.decided_at < 100
    assert run([A] * found.decided_at).decision is Decision.CERTIFY
    assert run([A] * (found.decided_at - 1)).decision is Decision.CONTINUE


def test_skipped_items_can_only_delay() -> None:
    sure, doubtful = run([A] * 60), run([A, A, A, S] * 15)
    assert sure.decision is Decision.CERTIFY
    assert doubtful.decision is Decision.CONTINUE


def test_pending_items_end_the_evidence() -> None:
    assert run([P] + [A] * 300).n == 0


def test_a_census_decides_exactly() -> None:
    order = [A, A, R, *([A] * 8), R, *([A] * 8)]
    assert run(order, target=0.9, largest=20, population=20).decision is Decision.CERTIFY
    found = run(order, target=0.91, largest=20, population=20)
    assert found.decision is Decision.REFUSE
    assert isinstance(found.interval, Interval) and found.interval.lower == found.interval.upper == 0.9


def test_a_share_just_under_the_target_is_seldom_certified() -> None:
    rng = np.random.default_rng(2)
    population, good = 1000, 899
    deck = np.array([A] * good + [R] * (population - good))
    certified = sum(
        run(rng.permutation(deck)[:300].tolist(), largest=300, population=population).decision
        is Decision.CERTIFY
        for _ in range(300)
    )
    assert certified / 300 <= 0.05


def test_bad_input() -> None:
    for target, largest in ((0.0, 10), (1.0, 10), (0.9, 0), (0.9, 6000)):
        with pytest.raises(InputError):
            run([A], target=target, largest=largest)
