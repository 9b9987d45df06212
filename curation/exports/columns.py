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

from pydantic_core import to_json

from curation.exports.tables import Table

Row = Sequence[Any]
# What a spreadsheet would take for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def canonical(value: Any) -> bytes:
    """JSON on one line with keys in the order given; NaN is an error, not a word."""
    text = to_json(value)
    if b"NaN" in text or b"Infinity" in text:
        json.dumps(value, allow_nan=False)  # raises, unless it is but a part of somebody's name
    return text


def csv_cell(value: Any) -> str:
    """A cell that no spreadsheet runs: text that looks like a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


class RowFile(ABC):
    """Rows of ``table`` into a file that grows at its end, and can be gone on with at a length it had."""

    ending: ClassVar[str]

    def __init__(self, folder: Path, table: Table, *, append: bool = False) -> None:
        self.table, self.path = table, folder / f"{table.name}.{self.ending}"
        self.file = self.path.open("ab" if append else "wb")

    @abstractmethod
    def add(self, rows: Iterable[Row]) -> None:
        """Append rows, values in the order of the table's columns."""

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

    def add(self, rows: Iterable[Row]) -> None:
        names = self.table.names
        self.file.writelines(canonical(dict(zip(names, row, strict=True))) + b"\n" for row in rows)


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
        self._array, self._batch = pa.array, pa.RecordBatch.from_arrays
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
            self._array(_floats(values) if field.type in self._floating else values, type=field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        self._file.write_batch(self._batch(arrays, schema=self._schema), row_group_size=self._ROWS)


def _floats(values: Iterable[Any]) -> list[float | None]:
    """JSON knows whole numbers, and Arrow takes no large one for a float."""
    return [None if value is None else float(value) for value in values]
