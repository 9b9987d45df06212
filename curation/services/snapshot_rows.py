"""Rows for the analytic snapshot, read by binary COPY: every field of fixed width, so NumPy parses millions at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from curation.analytics.schema import HOW, METRIC_COLUMNS, WORD_COLUMNS
from curation.analytics.segments import Columns
from curation.analytics.store import Words
from curation.selectors.verdicts import stands

_HEADER = 19  # signature, flags, length of the header's extension
_TRAILER = b"\xff\xff"

# Where each word column's word is found; "" is 'not known'.
_WORDS = {
    "branch": "c.branch",
    "language": "coalesce(nullif(c.language, ''), src.language)",
    "gender": "coalesce(p.gender, '')",
    "age_group": "coalesce(p.age_group, '')",
    "ethnicity": "coalesce(p.ethnicity, '')",
    "category": "src.category",
    "verdict": "coalesce(v.answer, '')",
}
# Each distinct word of a corpus, looked for where it is written rather than in every clip.
_DISTINCT = {
    "branch": "SELECT DISTINCT branch FROM curation_clip WHERE corpus_id = %s",
    "language": "SELECT DISTINCT language FROM curation_clip WHERE corpus_id = %s UNION "
    "SELECT DISTINCT language FROM curation_source WHERE corpus_id = %s",
    "gender": "SELECT DISTINCT gender FROM curation_person WHERE corpus_id = %s",
    "age_group": "SELECT DISTINCT age_group FROM curation_person WHERE corpus_id = %s",
    "ethnicity": "SELECT DISTINCT ethnicity FROM curation_person WHERE corpus_id = %s",
    "category": "SELECT DISTINCT category FROM curation_source WHERE corpus_id = %s",
    "verdict": "SELECT DISTINCT answer FROM curation_verdict WHERE corpus_id = %s AND question = 'tier'",
}
_PG_TYPES = {"i8": "bigint", "f8": "double precision", "i2": "smallint", "f4": "real"}


def read_words(corpus_id: int, words: Words) -> None:
    """Give every word that the corpus uses a code."""
    with connection.cursor() as cursor:
        for column, sql in _DISTINCT.items():
            cursor.execute(sql, [corpus_id] * sql.count("%s"))
            for word in sorted(row[0] or "" for row in cursor.fetchall()):
                words.code(column, word)


def read_ids(corpus_id: int, origin: str, words: Words, ids: Sequence[int]) -> Columns:
    """Columns of these clips of the corpus, sorted by id."""
    return _read(corpus_id, origin, words, "c.id = ANY(%s)", [list(ids)])


def read_ranges(
    corpus_id: int, origin: str, words: Words, ranges: Iterable[tuple[int, int]]
) -> Iterator[Columns]:
    """Columns of the corpus's clips with ids in each (low, high]; ranges without clips are left out."""
    for low, high in ranges:
        columns = _read(corpus_id, origin, words, "c.id > %s AND c.id <= %s", [low, high])
        if len(columns["clip_id"]):
            yield columns


@lru_cache(maxsize=1)
def _fields() -> tuple[tuple[str, str, str], ...]:
    """``(name, type, SQL)`` of each field, in order."""
    fields = [
        ("clip_id", "i8", "c.id"),
        ("length_us", "f8", "round((c.end_s - c.start_s) * 1e6)"),
        ("usable", "i2", "CASE WHEN c.is_current AND c.withdrawn_at IS NULL THEN 1 ELSE 0 END"),
        ("source_id", "i8", "c.source_id"),
        ("person_id", "i8", "coalesce(c.person_id, 0)"),
        (HOW, "i8", "CASE WHEN s.clip_id IS NULL THEN 0 ELSE coalesce(s.provenance_id, -1) END"),
    ]
    fields += [
        (name, "i2", f"coalesce(array_position(%s::text[], {_WORDS[name]}) - 1, 0)") for name in WORD_COLUMNS
    ]
    # No scorecard holds NaN (a CHECK sees to it), so it can stand for NULL on the way.
    fields += [(name, "f4", f's."{name}"') for name in METRIC_COLUMNS]
    return tuple(fields)


def _read(corpus_id: int, origin: str, words: Words, where: str, params: list[Any]) -> Columns:
    lists = words.as_dict()
    selected = ", ".join(
        f"coalesce({sql}, 'NaN'::real)" if kind == "f4" else f"({sql})::{_PG_TYPES[kind]}"
        for _, kind, sql in _fields()
    )
    sql = (
        f"COPY (SELECT {selected} FROM curation_clip c JOIN curation_source src ON src.id = c.source_id "
        "LEFT JOIN curation_person p ON p.id = c.person_id "
        "LEFT JOIN curation_scorecard s ON s.clip_id = c.id AND s.origin = %s "
        "LEFT JOIN curation_verdict v ON v.clip_id = c.id AND v.question = 'tier' "
        f"AND {stands('v')} "
        f"WHERE c.corpus_id = %s AND {where} ORDER BY c.id) TO STDOUT (FORMAT BINARY)"
    )
    everything = [list(lists[name]) for name in WORD_COLUMNS]
    connection.ensure_connection()
    # The driver's own cursor: Django's, while DEBUG is on, copies without parameters only.
    with connection.connection.cursor() as cursor:
        copying = cursor.copy(sql, [*everything, origin, corpus_id, *params])
        with copying as copy:
            data = b"".join(bytes(block) for block in copy)
    return _parsed(data)


def _parsed(data: bytes) -> Columns:
    row = _row_type()
    body = memoryview(data)[_HEADER:]
    if bytes(body[-2:]) == _TRAILER:
        body = body[:-2]
    rows = np.frombuffer(body, row)
    if len(rows) and not (rows["fields"] == len(_fields())).all():
        raise RuntimeError("PostgreSQL's COPY did not send the fields asked for")
    return {name: _native(rows[name]) for name, _, _ in _fields()}


@lru_cache(maxsize=1)
def _row_type() -> np.dtype:
    """One row of binary COPY: count of fields, then length and big-endian value of each."""
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind, _ in _fields():
        parts += [(f"{name} length", ">i4"), (name, f">{kind}")]
    return np.dtype(parts)


def _native(values: NDArray) -> NDArray:
    return values.astype(values.dtype.newbyteorder("="))
