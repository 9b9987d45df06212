"""Reading measured series of a source for pages: the columns asked for, within a span, as plain arrays.

The files are Parquet with a single row; each column is named ``series/field`` and holds a list over the samples, times
in seconds of the source's presentation time (written by ``scoring.runner.series``, which says more of the format).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from curation.models import SeriesFile, Source
from curation.storage import stored

Columns = dict[str, npt.NDArray[Any]]


def series_between(
    *, source: Source, start_s: float, end_s: float, wanted: Mapping[str, Sequence[str]]
) -> dict[str, Columns]:
    """``{series: {field: array}}`` of the samples (or spans) that lie in or touch [start_s, end_s).

    ``wanted`` maps a series to its fields; ``time_s``, ``end_s`` and ``track`` come along where there are any. A series
    that was never measured, or whose file is gone, is simply not in the answer.
    """
    found: dict[str, Columns] = {}
    newest: dict[str, SeriesFile] = {}
    for file in SeriesFile.objects.filter(source=source).order_by("made_at"):
        newest[file.stage] = file
    for file in newest.values():
        try:
            parquet = pq.ParquetFile(stored("series", file.path))
        except (OSError, ValueError, pa.ArrowException):
            continue
        names = set(parquet.schema_arrow.names)
        for series, fields in wanted.items():
            if series in found or f"{series}/time_s" not in names:
                continue
            columns = [
                field
                for field in dict.fromkeys(("time_s", "end_s", "track", *fields))
                if f"{series}/{field}" in names
            ]
            table = parquet.read(columns=[f"{series}/{field}" for field in columns])
            values = {field: column_array(table.column(f"{series}/{field}")) for field in columns}
            found[series] = _within(values, start_s, end_s)
    return found


def _within(values: Columns, start_s: float, end_s: float) -> Columns:
    times = values["time_s"]
    keep = (times < end_s) & (values["end_s"] > start_s if "end_s" in values else times >= start_s)
    return {field: column[keep] for field, column in values.items()}


def column_array(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """The samples of one column (a list in a single row), as the measure left them."""
    inner = column.combine_chunks()
    inner = inner.chunk(0) if isinstance(inner, pa.ChunkedArray) else inner
    inner = inner.flatten()
    if pa.types.is_string(inner.type):
        return np.array(inner.to_pylist(), dtype=object)
    if pa.types.is_fixed_size_list(inner.type):
        return inner.flatten().to_numpy(zero_copy_only=False).reshape(-1, inner.type.list_size)
    return inner.to_numpy(zero_copy_only=False)
