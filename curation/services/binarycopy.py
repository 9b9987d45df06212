"""Columns as PostgreSQL's binary COPY, encoded by NumPy: for loads of millions of rows.

All rows of one call have the same width: a text column is given as bytes of one length, and a column is either
wholly there or wholly NULL. Rows of other patterns go into another call on the same COPY.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_KINDS = {
    "bigint": ">i8",
    "integer": ">i4",
    "smallint": ">i2",
    "float8": ">f8",
    "real": ">f4",
    "boolean": "i1",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its PostgreSQL ``kind`` (``text`` too), and its values: an array, one value for all, or None."""

    name: str
    kind: str
    values: NDArray | int | float | bool | str | bytes | None


def encode_rows(count: int, fields: Sequence[Field]) -> bytes:
    """``count`` rows of ``fields`` as the body of a binary COPY (without signature and trailer).

    Raises ``ValueError`` for a text array whose texts are not all of one length.
    """
    parts: list[tuple[str, Any]] = [("fields", ">i2")]
    encoded: list[Any] = []
    for place, field in enumerate(fields):
        parts.append((f"length {place}", ">i4"))
        values = _encoded(field)
        encoded.append(values)
        if values is not None and _width(field, values):
            parts.append((f"value {place}", _kind(field, values)))
    rows = np.zeros(count, np.dtype(parts))
    rows["fields"] = len(fields)
    for place, (field, values) in enumerate(zip(fields, encoded, strict=True)):
        if values is None:
            rows[f"length {place}"] = -1
            continue
        width = _width(field, values)
        rows[f"length {place}"] = width
        if width:
            rows[f"value {place}"] = values
    return rows.tobytes()


def _encoded(field: Field) -> Any:
    if field.kind != "text" or field.values is None:
        return field.values
    if isinstance(field.values, str):
        return field.values.encode()
    if (
        isinstance(field.values, np.ndarray)
        and (np.char.str_len(field.values) != field.values.dtype.itemsize).any()
    ):
        raise ValueError(f"{field.name}: texts of one load must have one length")
    return field.values


def _width(field: Field, values: Any) -> int:
    if field.kind == "text":
        return values.dtype.itemsize if isinstance(values, np.ndarray) else len(values)
    return np.dtype(_KINDS[field.kind]).itemsize


def _kind(field: Field, values: Any) -> Any:
    return f"S{_width(field, values)}" if field.kind == "text" else _KINDS[field.kind]
