import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.recipes import intervals as iv

pieces = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda p: (p[0], p[0] + p[1])), max_size=8
)


def points(intervals):
    return {p for a, b in intervals for p in range(a, b)}


@given(pieces, pieces)
def test_set_arithmetic_is_that_of_sets_of_points(a, b):
    assert points(iv.union([*a, *b])) == points(a) | points(b)
    assert points(iv.intersect(a, b)) == points(a) & points(b)
    assert points(iv.subtract(a, b)) == points(a) - points(b)
    assert iv.length(a) == len(points(a))


def test_gaps_up_to_the_join_are_closed():
    assert iv.union([(0, 10), (15, 20), (30, 40)], 5) == [(0, 20), (30, 40)]


@given(st.integers(1, 10_000), st.integers(1, 500))
def test_even_parts_cover_the_whole_and_none_is_too_long(length, longest):
    parts = list(iv.split_evenly((7, 7 + length), longest))
    assert parts[0][0] == 7 and parts[-1][1] == 7 + length
    assert all(a[1] == b[0] for a, b in itertools.pairwise(parts))
    assert all(0 < b - a <= longest for a, b in parts)


def test_a_long_part_is_cut_in_its_longest_silence():
    assert iv.split_at_silences((0, 20), [(8, 9), (12, 14)], 14) == [(0, 13), (13, 20)]


@given(st.integers(20, 400), pieces)
def test_parts_cut_at_silences_cover_the_whole_and_none_is_too_short(length, silences):
    parts = iv.split_at_silences((0, length), silences, 14, 5)
    assert points(parts) == set(range(length))
    assert all(5 <= b - a <= 14 for a, b in parts)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_time_that_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        iv.to_us(bad)


@given(pieces, st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda p: (p[0], p[0] + p[1])))
def test_the_parts_inside_bounds_are_those_of_an_intersection(a, bounds):
    assert iv.inside(iv.union(a), bounds) == iv.intersect(a, [bounds])
