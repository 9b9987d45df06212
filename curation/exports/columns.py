"""Files of one table that grow by rows: lines of JSON, lines of CSV, or one part in Parquet."""

from __future__ import annotations

import csv
import io
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import orjson
from pydantic_core import to_json

from curation.exports.tables import Table
from curation.spreadsheets import harmless

Row = Sequence[Any]
BUFFER = 1 << 20  # bytes kept of a file that grows by small pieces, before the system is asked to take them


def canonical(value: Any) -> bytes:
    """JSON on one line, whoever tells lines apart, with keys in the order given; NaN is an error, not a word."""
    text = _one_line(to_json(value))
    if b"NaN" in text or b"Infinity" in text:
        json.dumps(value, allow_nan=False)  # raises, unless it is but a part of somebody's name
    return text


def canonical_of_json(value: Any) -> bytes:
    """As ``canonical``, in a third of the time, of what came out of JSON: no number in it can be NaN."""
    return _one_line(orjson.dumps(value))


# What ends a line for Unicode, and so for str.splitlines, and may stand in JSON as it is. Only text holds any of it.
_LINE_ENDS = tuple((end.encode(), b"\\u%04x" % ord(end)) for end in "\x85\u2028\u2029")


def _one_line(text: bytes) -> bytes:
    if not text.isascii():
        for end, escaped in _LINE_ENDS:
            if end[:1] in text and end in text:  # one byte is found ten times as quickly
                text = text.replace(end, escaped)
    return text


def csv_cell(value: Any) -> str:
    """A cell that no spreadsheet runs, and that gives its text back (``curation.spreadsheets``)."""
    kind = type(value)  # most cells are scores, and most of those that are text begin with a letter
    if kind is float:
        return repr(value)
    if value is None:
        return ""
    if kind is str:
        return value if value[:1].isalnum() else harmless(value)
    if kind is bool:
        return "true" if value else "false"
    return repr(value) if kind is int else harmless(str(value))


class RowFile(ABC):
    """Rows of ``table`` into a file that grows at its end, and can be gone on with at a length it had."""

    ending: ClassVar[str]

    def __init__(self, folder: Path, table: Table, *, append: bool = False) -> None:
        self.table, self.path = table, folder / f"{table.name}.{self.ending}"
        self.file = self.path.open("ab" if append else "wb", buffering=BUFFER)

    @abstractmethod
    def add(self, rows: Iterable[Row]) -> None:
        """Append rows, values in the order of the table's columns."""

    def add_of(self, key: str, rows: Iterable[Row]) -> None:
        """Append rows of the clip ``key``, their values from the second column on."""
        self.add((key, *row) for row in rows)

    def kept(self) -> int:
        """How many bytes lie on the disk for good."""
        self.file.flush()
        os.fsync(self.file.fileno())
        return os.fstat(self.file.fileno()).st_size

    def close(self) -> None:
        self.file.close()


class JsonRows(RowFile):
    """An object a line; what is unknown is null."""

    ending = "jsonl"
    _MOST = 10_000

    def __init__(self, folder: Path, table: Table, *, append: bool = False) -> None:
        super().__init__(folder, table, append=append)
        # Neighbouring clips share rows: by a row's identity (equal is not the same: -0.0), it and its text after the key.
        self._told: dict[int, tuple[Row, bytes]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        names = self.table.names
        self.file.writelines(canonical(dict(zip(names, row, strict=True))) + b"\n" for row in rows)

    def add_of(self, key: str, rows: Iterable[Row]) -> None:
        told, lines = self._told, []
        begin = b'{"id":' + canonical(key)
        for row in rows:
            known = told.get(id(row))
            if known is None:
                known = row, b"," + canonical(dict(zip(self.table.names[1:], row, strict=True)))[1:] + b"\n"
                told[id(row)] = known
            lines.append(begin + known[1])
        self.file.writelines(lines)
        if len(told) > self._MOST:
            told.clear()


class CsvRows(RowFile):
    """RFC 4180, UTF-8, a header line; an empty cell is unknown."""

    ending = "csv"

    def __init__(self, folder: Path, table: Table, *, append: bool = False) -> None:
        super().__init__(folder, table, append=append)
        self._text = io.TextIOWrapper(self.file, encoding="utf-8", newline="", write_through=True)
        self._csv = csv.writer(self._text, lineterminator="\r\n")
        if not append:
            self._csv.writerow(table.names)

    def add(self, rows: Iterable[Row]) -> None:
        self._csv.writerows([csv_cell(value) for value in row] for row in rows)


class ParquetPart:
    """One Parquet file of ``table``: zstd, row groups of 10,000."""

    _ROWS = 10_000

    def __init__(self, path: Path, table: Table) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {
            "text": pa.string(),
            "whole": pa.int64(),
            "number": pa.float64(),
            "flag": pa.bool_(),
            "score": pa.float32(),
        }
        self._floating = {kinds["number"], kinds["score"]}
        self._array, self._batch, self._refused = pa.array, pa.RecordBatch.from_arrays, pa.ArrowInvalid
        self._schema = pa.schema([pa.field(column.name, kinds[column.kind]) for column in table.columns])
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd", version="2.6")
        self._rows: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Append rows, values in the order of the table's columns."""
        self._rows += rows
        while len(self._rows) >= self._ROWS:
            self._write(self._rows[: self._ROWS])
            del self._rows[: self._ROWS]

    def close(self) -> None:
        if self._rows:
            self._write(self._rows)
            self._rows = []
        self._file.close()

    def _write(self, rows: Sequence[Row]) -> None:
        columns = zip(*rows, strict=True)
        arrays = [
            self._column(values, field.type) for values, field in zip(columns, self._schema, strict=True)
        ]
        self._file.write_batch(self._batch(arrays, schema=self._schema), row_group_size=self._ROWS)

    def _column(self, values: Sequence[Any], kind: Any) -> Any:
        try:
            return self._array(values, type=kind)
        except self._refused:
            if kind not in self._floating:
                raise
            return self._array(_floats(values), type=kind)


def _floats(values: Iterable[Any]) -> list[float | None]:
    """JSON knows whole numbers, and Arrow takes no large one for a float."""
    return [None if value is None else float(value) for value in values]
