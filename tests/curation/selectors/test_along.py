"""What goes along with a clip: exactly the spans that overlap it, in their order."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from curation.selectors.along import _during
from curation.selectors.exporting import _by_keys

_time = st.floats(0, 20).map(lambda value: round(value, 1))
_spans = st.lists(st.tuples(_time, _time).map(sorted), min_size=1, max_size=12)


@given(_spans, _time, _time, st.booleans())
def test_a_clip_gets_every_span_that_overlaps_it_and_no_other(
    spans: list[list[float]], one: float, other: float, in_order: bool
) -> None:
    start_s, end_s = sorted((one, other))
    told = [(begin, end, (n,)) for n, (begin, end) in enumerate(sorted(spans) if in_order else spans)]
    expected = [row for begin, end, row in told if begin < end_s and end > start_s]
    assert _during(told)(start_s, end_s) == expected


@pytest.mark.django_db
def test_asking_by_keys_leaves_the_transaction_around_it_as_it_was() -> None:
    def way() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW enable_hashjoin")
            return str(cursor.fetchone()[0])

    with transaction.atomic():
        with _by_keys():
            assert way() == "off"
        assert way() == "on"
