"""Quotas: they add up whatever there is, and nothing is taken that is not there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.benchmarks.allocation import quotas, refilled
from curation.benchmarks.errors import BadPlan

strata = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 50), min_size=1)
sizes = st.integers(1, 300)
how = st.sampled_from(["equal", "proportional"])


@settings(max_examples=60, deadline=None)
@given(strata, sizes, how, st.text(max_size=5))
def test_quotas_add_up_to_what_is_wanted(available: dict[str, int], size: int, how: str, seed: str) -> None:
    wanted = quotas(available, size, how=how, seed=seed)
    assert sum(wanted.values()) == size and set(wanted) == set(available)
    assert quotas(dict(reversed(available.items())), size, how=how, seed=seed) == wanted


@settings(max_examples=60, deadline=None)
@given(strata, sizes)
def test_equal_quotas_differ_by_one_at_most(available: dict[str, int], size: int) -> None:
    wanted = quotas(available, size, how="equal", seed="s").values()
    assert max(wanted) - min(wanted) <= 1


@settings(max_examples=60, deadline=None)
@given(strata.filter(lambda each: sum(each.values()) > 0), sizes)
def test_proportional_quotas_are_the_share_rounded_up_or_down(available: dict[str, int], size: int) -> None:
    total = sum(available.values())
    for name, wanted in quotas(available, size, how="proportional", seed="s").items():
        assert abs(wanted - size * available[name] / total) < 1


@settings(max_examples=60, deadline=None)
@given(strata, sizes, how)
def test_refilling_takes_all_it_can_and_never_more_than_there_is(
    available: dict[str, int], size: int, how: str
) -> None:
    wanted = quotas(available, size, how=how, seed="s")
    taken = refilled(wanted, available, seed="s")
    assert all(taken[name] <= available[name] for name in taken)
    assert sum(taken.values()) == min(size, sum(available.values()))
    assert all(taken[name] >= min(wanted[name], available[name]) for name in taken)


def test_what_cannot_be_shared_out_is_refused() -> None:
    for available, size, way in (({"a": 1}, 0, "equal"), ({"a": 1}, 1, "fair"), ({}, 1, "equal")):
        with pytest.raises(BadPlan):
            quotas(available, size, how=way, seed="s")
