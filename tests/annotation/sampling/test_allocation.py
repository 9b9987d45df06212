"""Neyman allocation in whole numbers is the best there is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.estimation import InputError
from annotation.sampling import StratumKnowledge, neyman_allocation

strata = st.lists(
    st.tuples(st.integers(2, 12), st.integers(0, 2), st.integers(0, 2)).map(
        lambda row: StratumKnowledge("", row[0], max(row[1:]), min(row[1:]))
    ),
    min_size=1,
    max_size=3,
).map(lambda rows: [StratumKnowledge(str(i), r.population, r.judged, r.accepted) for i, r in enumerate(rows)])


def variance(rows: list[StratumKnowledge], sizes: tuple[int, ...]) -> float:
    return sum((r.population * r.deviation()) ** 2 / n for r, n in zip(rows, sizes, strict=True))


@given(strata, st.integers(0, 20))
def test_no_other_allocation_has_less_variance(rows: list[StratumKnowledge], extra: int) -> None:
    n = min(len(rows) + extra, sum(row.population for row in rows))
    sizes = neyman_allocation(rows, n, smallest=1)
    assert sum(sizes.values()) == n
    assert all(1 <= sizes[row.name] <= row.population for row in rows)
    others = itertools.product(*(range(1, row.population + 1) for row in rows))
    best = min(variance(rows, other) for other in others if sum(other) == n)
    assert variance(rows, tuple(sizes[row.name] for row in rows)) == pytest.approx(best)


def test_more_goes_where_more_is_unknown() -> None:
    sizes = neyman_allocation(
        [StratumKnowledge("sure", 1000, 100, 100), StratumKnowledge("unsure", 1000, 100, 50)], 100
    )
    assert sizes["unsure"] > 4 * sizes["sure"] > 0


def test_impossible_sizes_are_refused() -> None:
    rows = [StratumKnowledge("a", 10), StratumKnowledge("b", 10)]
    for n in (3, 21):
        with pytest.raises(InputError):
            neyman_allocation(rows, n)
    with pytest.raises(InputError):
        neyman_allocation([StratumKnowledge("a", 10), StratumKnowledge("a", 10)], 10)
