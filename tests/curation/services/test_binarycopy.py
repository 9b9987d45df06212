from __future__ import annotations

import numpy as np
import pytest
from django.db import connection

from curation.services.binarycopy import SIGNATURE, TRAILER, Field, encode_rows


@pytest.mark.django_db
def test_what_is_encoded_is_what_postgresql_reads():
    fields = [
        Field("a", "bigint", np.array([1, -(2**60)])),
        Field("b", "real", np.array([0.1, -3.5], np.float32)),
        Field("c", "text", np.array(["één".encode(), b"four!"])),
        Field("d", "text", ""),
        Field("e", "boolean", True),
        Field("f", "float8", None),
        Field("g", "smallint", 7),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE loaded (a bigint, b real, c text, d text, e boolean, f float8, g smallint)"
        )
        with cursor.copy("COPY loaded FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(SIGNATURE + encode_rows(2, fields) + TRAILER)
        cursor.execute("SELECT * FROM loaded ORDER BY a DESC")
        rows = cursor.fetchall()
    assert rows == [
        (1, pytest.approx(0.1), "één", "", True, None, 7),
        (-(2**60), -3.5, "four!", "", True, None, 7),
    ]


def test_texts_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        encode_rows(2, [Field("c", "text", np.array([b"a", b"bb"]))])
