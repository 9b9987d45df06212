"""Taking a person out of a source's series: the samples of their tracks, and the words said while they were there.

A series file is Parquet with one row; each column ``series/field`` is a list over samples (see the series' writer).
Numbers of the whole frame (light, shake, loudness) name nobody and stay.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True, slots=True)
class Redacted:
    """A file beside the old one, to be renamed by the caller, and its sha256."""

    path: Path
    sha256: str


def series_without(
    path: Path, *, tracks: Collection[int], spans: Sequence[tuple[float, float]]
) -> Redacted | None:
    """Write ``path`` anew without the samples of ``tracks`` and without text within ``spans`` (seconds).

    None if there is nothing to take out, or no file. The old file stays as it is.
    """
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        return None
    changed, columns = False, dict(zip(table.column_names, table.columns, strict=True))
    for series in sorted({name.split("/", 1)[0] for name in columns if "/" in name}):
        own = [name for name in columns if name.startswith(f"{series}/")]
        keep = _kept({name.split("/", 1)[1]: columns[name] for name in own}, tracks, spans)
        if keep is None or keep.all():
            continue
        changed = True
        for name in own:
            columns[name] = pa.chunked_array([_filtered(columns[name], keep)])
    if not changed:
        return None
    whole = path.with_name(f".{path.name}.{os.getpid()}.redacted")
    smaller = pa.table(columns).replace_schema_metadata(table.schema.metadata)
    pq.write_table(
        smaller, whole, compression="zstd", compression_level=6, use_dictionary=False, store_schema=True
    )
    return Redacted(whole, hashlib.sha256(whole.read_bytes()).hexdigest())


def _kept(
    fields: dict[str, pa.ChunkedArray], tracks: Collection[int], spans: Sequence[tuple[float, float]]
) -> np.ndarray | None:
    """Which samples of one series stay; None where it is of the whole frame and without text."""
    times = _numbers(fields["time_s"])
    if "track" in fields:
        return ~np.isin(_numbers(fields["track"]), list(tracks))
    if not any(pa.types.is_string(field.type.value_type) for field in fields.values()):
        return None
    ends = _numbers(fields["end_s"]) if "end_s" in fields else times
    keep = np.ones(len(times), bool)
    for start, end in spans:
        keep &= ~((times < end) & (ends >= start))
    return keep


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return column.combine_chunks().flatten().to_numpy(zero_copy_only=False)


def _filtered(column: pa.ChunkedArray, keep: np.ndarray) -> pa.ListArray:
    values = column.combine_chunks()
    values = values.chunk(0) if isinstance(values, pa.ChunkedArray) else values
    inner = values.flatten().filter(pa.array(keep))
    return pa.ListArray.from_arrays(pa.array([0, len(inner)], pa.int32()), inner)
