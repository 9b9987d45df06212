"""κ, the largest κ possible, and Matthews' correlation."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, matthews_corrcoef

from annotation.agreement import (
    Estimate,
    InputError,
    Undefined,
    cohen_kappa,
    kappa_ceiling,
    kappa_max,
    matthews,
)

cells = st.tuples(*[st.integers(0, 40)] * 4)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ([[20, 5], [10, 15]], 0.4),
        ([[45, 15], [25, 15]], 0.1304),
        ([[25, 35], [5, 35]], 0.2593),
        # The paradox of high agreement: 94.4 % alike, κ below 0.
        ([[118, 5], [2, 0]], -0.0234),
        # Cohen 1960, table 1 (shares of 200): κ = .492.
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.4915),
    ],
)
def test_worked_values(table: list[list[int]], kappa: float) -> None:
    found = cohen_kappa(table)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(kappa, abs=5e-5)
    assert found.interval.lower <= found.value <= found.interval.upper  # type: ignore[union-attr]


@given(cells)
def test_same_as_scikit_learn_wherever_it_is_defined(counts: tuple[int, int, int, int]) -> None:
    tp, fp, fn, tn = counts
    filter_says = [1] * tp + [1] * fp + [0] * fn + [0] * tn
    people_say = [1] * tp + [0] * fp + [1] * fn + [0] * tn
    kappa, mcc = cohen_kappa([[tp, fp], [fn, tn]]), matthews(tp, fp, fn, tn)
    if isinstance(kappa, Estimate):
        assert kappa.value == pytest.approx(cohen_kappa_score(filter_says, people_say), abs=1e-12)
        assert -1 <= kappa.interval.lower <= kappa.value <= kappa.interval.upper <= 1  # type: ignore[union-attr]
    else:
        assert len(set(filter_says)) < 2 and set(filter_says) == set(people_say)
    if isinstance(mcc, Estimate):
        assert mcc.value == pytest.approx(matthews_corrcoef(people_say, filter_says), abs=1e-12)
    else:
        assert len(set(filter_says)) < 2 or len(set(people_say)) < 2


@given(cells)
def test_kappa_stays_under_both_of_its_limits(counts: tuple[int, int, int, int]) -> None:
    tp, fp, fn, tn = counts
    table = [[tp, fp], [fn, tn]]
    kappa = cohen_kappa(table)
    if isinstance(kappa, Undefined):
        assert isinstance(kappa_max(table), Undefined)
        return
    largest, ceiling = kappa_max(table), kappa_ceiling(tp + tn, sum(counts))
    assert isinstance(largest, float) and isinstance(ceiling, float)
    assert kappa.value <= largest + 1e-12
    assert kappa.value <= ceiling + 1e-12


@pytest.mark.parametrize("n", [1, 4, 9])
def test_ceiling_is_the_best_of_every_table(n: int) -> None:
    for agreed in range(n + 1):
        kappas = []
        for a, b in itertools.product(range(agreed + 1), range(n - agreed + 1)):
            kappa = cohen_kappa([[a, b], [n - agreed - b, agreed - a]])
            if isinstance(kappa, Estimate):
                kappas.append(kappa.value)
        ceiling = kappa_ceiling(agreed, n)
        assert ceiling == pytest.approx(max(kappas)) if kappas else isinstance(ceiling, Undefined)


def test_one_answer_only_says_why_not() -> None:
    for table in ([[10, 0], [0, 0]], [[0, 0], [0, 3]]):
        kappa = cohen_kappa(table)
        assert isinstance(kappa, Undefined) and "same answer" in kappa.reason
    assert isinstance(matthews(5, 3, 0, 0), Undefined)
    assert isinstance(cohen_kappa([[0, 0], [0, 0]]), Undefined)


def test_tables_that_cannot_be_are_refused() -> None:
    for table in ([[1, 2, 3]], [[1, -2], [3, 4]], [[1.5, 2], [3, 4]], [[1]]):
        with pytest.raises(InputError):
            cohen_kappa(table)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        kappa_ceiling(5, 4)


@pytest.mark.parametrize("table", [[[21, 4], [9, 3]], [[7, 1, 2], [0, 5, 3], [4, 1, 6]]])
def test_neither_who_is_named_first_nor_the_order_of_answers_moves_an_interval(
    table: list[list[int]],
) -> None:
    swapped = [list(row) for row in zip(*table, strict=True)]
    turned = [row[::-1] for row in table[::-1]]
    assert cohen_kappa(table).interval == cohen_kappa(swapped).interval  # type: ignore[union-attr]
    assert cohen_kappa(table).interval == cohen_kappa(turned).interval  # type: ignore[union-attr]
    if len(table) == 2:
        (tp, fp), (fn, tn) = table
        assert matthews(tp, fp, fn, tn) == matthews(tp, fn, fp, tn) == matthews(tn, fn, fp, tp)


def test_the_ceiling_of_a_whole_corpus_is_known_too() -> None:
    huge = kappa_ceiling(5_000_000, 5_200_000)
    assert isinstance(huge, float) and 0.92 < huge < 0.93


@pytest.mark.parametrize("cell", [-1, 2.5, float("nan")])
def test_no_correlation_of_counts_that_cannot_be(cell: float) -> None:
    with pytest.raises(InputError, match="fp must be a whole number"):
        matthews(3, cell, 1, 1)  # type: ignore[arg-type]
