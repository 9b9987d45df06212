"""Persons joined by answers: the same in any order of what agrees, and never across what people called different."""

from __future__ import annotations

from itertools import permutations

from curation.pairing.identities import identities


def test_a_chain_of_same_is_one_group_in_any_order() -> None:
    for same in permutations([(1, 2), (2, 3), (5, 3)]):
        found = identities({1, 2, 3, 4, 5}, same=same)
        assert found.root == {1: 1, 2: 1, 3: 1, 4: 4, 5: 1} and found.refused == ()


def test_a_link_across_different_is_refused_and_named() -> None:
    found = identities({1, 2, 3, 4}, same=[(1, 2), (3, 4), (2, 4)], different=[(3, 1)])
    assert found.root == {1: 1, 2: 1, 3: 3, 4: 3}
    assert found.refused == ((2, 4),)
