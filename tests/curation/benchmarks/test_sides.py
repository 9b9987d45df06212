"""Splits: no person and no source on two sides, the same from the same seed, sizes as near as groups allow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.benchmarks.errors import BadPlan
from curation.benchmarks.sides import SourceFacts, SplitPlan, assign, groups

links = st.lists(st.tuples(st.integers(0, 30), st.integers(100, 115)), max_size=40)
clips = st.dictionaries(st.integers(0, 30), st.integers(1, 9), min_size=1)


def _facts(sizes: dict[int, int]) -> list[SourceFacts]:
    return [SourceFacts(source, f"sha-{source}", size) for source, size in sizes.items()]


@settings(max_examples=60, deadline=None)
@given(clips, links, st.text(max_size=4), st.randoms())
def test_no_person_and_no_source_is_on_two_sides(
    sizes: dict[int, int], shown: list[tuple[int, int]], seed: str, random: object
) -> None:
    plan, facts = SplitPlan(), _facts(sizes)
    side = assign(facts, groups(sizes, shown), plan, seed=seed)
    assert set(side) == set(sizes)
    by_person: dict[int, set[str]] = {}
    for source, person in shown:
        if source in side:
            by_person.setdefault(person, set()).add(side[source])
    assert all(len(sides) == 1 for sides in by_person.values())
    random.shuffle(facts)
    random.shuffle(shown)
    assert assign(facts, groups(sizes, shown), plan, seed=seed) == side


@settings(max_examples=60, deadline=None)
@given(clips, links)
def test_sources_without_a_common_person_are_free_of_each_other(
    sizes: dict[int, int], shown: list[tuple[int, int]]
) -> None:
    group = groups(sizes, shown)
    reached = {source: {source} for source in sizes}
    for _ in sizes:
        for source in sizes:
            persons = {p for s, p in shown if s in reached[source]}
            reached[source] |= {s for s, p in shown if p in persons and s in sizes}
    assert all((group[a] == group[b]) == (b in reached[a]) for a in sizes for b in sizes)


def test_many_small_groups_come_near_to_the_shares() -> None:
    sizes = dict.fromkeys(range(200), 5)
    side = assign(_facts(sizes), groups(sizes, []), SplitPlan(), seed="s")
    assert [sum(s == name for s in side.values()) for name in ("train", "validation", "test")] == [
        160,
        20,
        20,
    ]


def test_a_person_seen_nearly_everywhere_goes_to_train() -> None:
    sizes = dict.fromkeys(range(100), 5)
    side = assign(_facts(sizes), groups(sizes, [(source, 7) for source in range(60)]), SplitPlan(), seed="s")
    assert {side[source] for source in range(60)} == {"train"}
    assert sorted(sum(s == name for s in side.values()) for name in ("validation", "test")) == [10, 10]


def test_another_seed_splits_otherwise() -> None:
    sizes = dict.fromkeys(range(60), 1)
    first, second = (assign(_facts(sizes), groups(sizes, []), SplitPlan(), seed=seed) for seed in "ab")
    assert first != second


def test_shares_that_make_no_split_are_refused() -> None:
    for shares in (
        {"train": 1.0},
        {"train": 0, "validation": 1, "test": 1},
        {"train": 1, "validation": 0, "test": 0},
        {"train": float("nan"), "validation": 1, "test": 1},
    ):
        with pytest.raises(BadPlan):
            SplitPlan(shares=shares)
