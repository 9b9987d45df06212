"""A segment: a folder with one raw file per column (in this machine's byte order), written once and never changed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from curation.analytics.errors import BadSegment
from curation.analytics.schema import DTYPES, KEY, METRIC_COLUMNS, REQUIRED, absent_value

Columns = Mapping[str, NDArray]


class SegmentWriter:
    """Writes a segment part by part; as a context manager, the folder appears only when all went well.

    A metric without any value, and a word or id column of zeros, takes no space.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = 0
        self._draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
        self._files: dict[str, BinaryIO] = {}
        self._last: int | None = None

    def append(self, columns: Columns) -> None:
        """Add rows whose clip ids ascend and lie above all before. Raises ``BadSegment``."""
        count = _checked_rows(columns)
        if not count:
            return
        first, last = int(columns[KEY][0]), int(columns[KEY][-1])
        if self._last is not None and first <= self._last:
            raise BadSegment(f"clip ids must ascend, each once: {first} comes after {self._last}")
        for name in {*columns, *self._files}:
            if name in columns:
                column = np.ascontiguousarray(columns[name], DTYPES[name])
            else:
                column = np.full(count, absent_value(name), DTYPES[name])
            if name not in self._files:
                if name not in REQUIRED and _says_nothing(column):
                    continue
                self._files[name] = (self._draft / name).open("wb")
                np.full(self.rows, absent_value(name), DTYPES[name]).tofile(self._files[name])
            column.tofile(self._files[name])
        self.rows += count
        self._last = last

    def __enter__(self) -> Self:
        self._draft.mkdir(parents=True)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for file in self._files.values():
            file.close()
        if kind is not None:
            shutil.rmtree(self._draft, ignore_errors=True)
            return
        about = {"rows": self.rows, "columns": sorted(self._files)}
        (self._draft / "segment.json").write_text(json.dumps(about))
        self._draft.rename(self.folder)


def open_segment(folder: Path) -> tuple[int, dict[str, NDArray]]:
    """``(rows, columns)`` of a segment, memory-mapped copy-on-write: pages that nobody patches are shared by all.

    Raises ``FileNotFoundError`` if the segment was pruned, ``BadSegment`` if a file has the wrong size.
    """
    about = json.loads((folder / "segment.json").read_text())
    rows = int(about["rows"])
    columns: dict[str, NDArray] = {}
    for name in about["columns"]:
        dtype = DTYPES.get(name)
        if dtype is None:
            continue  # a column of a release that knew more
        size = (folder / name).stat().st_size
        if size != rows * dtype.itemsize:
            raise BadSegment(f"{folder.name}/{name} holds {size} bytes, not {rows} rows of {dtype.itemsize}")
        columns[name] = np.memmap(folder / name, dtype, "c", shape=(rows,)) if rows else np.empty(0, dtype)
    return rows, columns


def _checked_rows(columns: Columns) -> int:
    unknown = [name for name in columns if name not in DTYPES]
    absent = [name for name in REQUIRED if name not in columns]
    if unknown or absent:
        raise BadSegment(f"unknown columns: {unknown}; absent columns: {absent}")
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise BadSegment(f"columns of different lengths: {sorted(lengths)}")
    ids = np.asarray(columns[KEY])
    if np.any(ids[1:] <= ids[:-1]):
        raise BadSegment("clip ids must ascend, each once")
    for name in METRIC_COLUMNS:
        if name in columns and np.isinf(columns[name]).any():
            raise BadSegment(f"{name} holds an infinity: a metric is finite, or NaN where not measured")
    return lengths.pop()


def _says_nothing(column: NDArray) -> bool:
    return bool(np.isnan(column).all()) if column.dtype.kind == "f" else not column.any()
