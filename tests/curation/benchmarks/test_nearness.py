"""The banded search finds exactly what comparing all pairs finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.benchmarks import nearness
from curation.benchmarks.nearness import NearIndex, distances

words = st.integers(0, 2**63 - 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(words, max_size=12), st.lists(words, max_size=12), st.integers(0, 16), st.data())
def test_nothing_near_is_missed_and_nothing_far_is_found(
    ours: list[int], theirs: list[int], near: int, data: st.DataObject
) -> None:
    # Some that are near: a few bits of one of ours turned over.
    for one in data.draw(st.lists(st.sampled_from(ours), max_size=6)) if ours else []:
        bits = data.draw(st.sets(st.integers(0, 62), max_size=18))
        theirs.append(one ^ sum(1 << bit for bit in bits))
    found = NearIndex(np.array(ours, np.int64), near).find(np.array(theirs, np.int64))
    expected = [
        (a, b, (one ^ other).bit_count())
        for a, one in enumerate(ours)
        for b, other in enumerate(theirs)
        if (one ^ other).bit_count() <= near
    ]
    assert sorted(zip(*(each.tolist() for each in found), strict=True)) == expected


def test_pictures_that_are_all_alike_are_found_a_piece_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearness, "_PAIRS", 7)
    ours, theirs, bits = NearIndex(np.array([3] * 5), 2).find(np.array([3, 2, 12] * 4))
    assert len(ours) == 5 * 8 and set(zip(theirs % 3, bits, strict=True)) == {(0, 0), (1, 1)}


def test_distances_count_bits() -> None:
    assert distances(np.array([0, 5, 2**62]), np.array([0, 6, 0])).tolist() == [0, 2, 1]
