"""Series: what was measured over a source's time, and the one compact columnar file a stage that keeps them.

The file is Parquet (zstd) with a single row: each column is one field of one series, a list over its samples,
so series of different rates share a file and reading one field touches no other. Times are float64 seconds of
presentation time; numbers are float32. Inside a series NaN means "not measured at this sample"; it never
leaves it as a number. The file's own metadata say which source, which builds, which statuses.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.scorers.base import Build, SourceFacts, Status

FORMAT = "rushes-series/1"
Stage = Literal["listen", "look"]
TIME = "time_s"
TRACK = "track"
Column = npt.NDArray[Any]
T = TypeVar("T")


class SeriesError(ValueError):
    """A series file cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Samples of one thing over time.

    ``columns`` maps a field's name to an array whose first axis is the sample: ``time_s`` (n,) float64,
    ascending (within a track, where there is a column ``track`` int32); others (n,) or (n, k) float32, ints,
    bools, or (n,) objects of ``str``. Spans carry ``time_s`` and ``end_s``. ``meta``: plain JSON values.
    """

    name: str
    columns: Mapping[str, Column]
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if "/" in self.name or not self.name:
            raise ValueError(f"a series' name holds no slash and isn't empty: {self.name!r}")
        if TIME not in self.columns:
            raise ValueError(f"series {self.name!r} has no column {TIME!r}")
        lengths = {key: len(value) for key, value in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns of series {self.name!r} differ in length: {lengths}")

    def __len__(self) -> int:
        return len(self.columns[TIME])

    def __getitem__(self, column: str) -> Column:
        return self.columns[column]

    @property
    def times_s(self) -> npt.NDArray[np.float64]:
        return self.columns[TIME]

    def where(self, mask: npt.NDArray[np.bool_]) -> Series:
        """The samples that ``mask`` (n,) keeps."""
        return Series(self.name, {key: value[mask] for key, value in self.columns.items()}, self.meta)

    def between(self, start_s: float, end_s: float) -> Series:
        """The samples with ``start_s ≤ time_s < end_s`` (half a microsecond of slack for rounded times)."""
        slack = 5e-7
        return self.where((self.times_s >= start_s - slack) & (self.times_s < end_s - slack))

    def overlapping(self, start_s: float, end_s: float) -> Series:
        """For series of spans: those that share any time with ``[start_s, end_s)``, uncut."""
        return self.where((self.times_s < end_s) & (self.columns["end_s"] > start_s))

    def of_track(self, track: int) -> Series:
        """The samples of one track."""
        return self.where(self.columns[TRACK] == track)


class SeriesReader(Protocol):
    """What an aggregation reads: series by name (``None``: there is none), whichever stage wrote it."""

    def get(self, name: str) -> Series | None: ...


def once(reader: SeriesReader, key: str, make: Callable[[], T]) -> T:
    """What ``make`` comes to for a whole source, worked out once a reader: thousands of clips may ask for it."""
    kept: dict[str, Any] = vars(reader).setdefault("_once", {})
    if key not in kept:
        kept[key] = make()
    return kept[key]


class SeriesInMemory:
    """A reader over series that were just measured."""

    def __init__(self, series: Iterable[Series]) -> None:
        self._by_name = {one.name: one for one in series}

    def get(self, name: str) -> Series | None:
        return self._by_name.get(name)


class SeriesFile:
    """A stage's file of one source; columns are read when first asked for.

    Raises ``SeriesError`` if ``path`` is missing, is no series file, or is of another format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = pq.ParquetFile(self.path)
            raw = self._file.schema_arrow.metadata or {}
            head = json.loads(raw[b"rushes"])
        except FileNotFoundError:
            raise SeriesError(f"no series at {self.path}: measure the source again") from None
        except (pa.ArrowException, KeyError, ValueError, OSError) as error:
            raise SeriesError(
                f"{self.path} is not a series file ({error}): delete it and measure again"
            ) from error
        if head.get("format") != FORMAT:
            raise SeriesError(
                f"{self.path} is in format {head.get('format')!r}, this code reads {FORMAT!r}: measure again"
            )
        self.stage: Stage = head["stage"]
        self.facts = SourceFacts(**head["facts"])
        self.builds: dict[str, Build] = {key: Build(**value) for key, value in head["builds"].items()}
        self.statuses: dict[str, Status] = {key: Status(**value) for key, value in head["statuses"].items()}
        self._series_meta: dict[str, dict[str, Any]] = head["series"]
        self._cache: dict[str, Series] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._series_meta)

    def get(self, name: str) -> Series | None:
        if name not in self._series_meta:
            return None
        if name not in self._cache:
            prefix = name + "/"
            wanted = [key for key in self._file.schema_arrow.names if key.startswith(prefix)]
            table = self._file.read(columns=wanted)
            columns = {key.removeprefix(prefix): _unpack(table.column(key)) for key in wanted}
            self._cache[name] = Series(name, columns, self._series_meta[name])
        return self._cache[name]


class SeriesFiles:
    """Several files of one source, read as one; of what two hold, the earlier in the list wins.

    Raises ``SeriesError`` if they are of different sources.
    """

    def __init__(self, files: Sequence[SeriesFile]) -> None:
        if len({file.facts.sha256 for file in files}) > 1:
            raise SeriesError("series of different sources cannot be read together")
        self.files = tuple(files)

    def get(self, name: str) -> Series | None:
        for file in self.files:
            series = file.get(name)
            if series is not None:
                return series
        return None

    @property
    def statuses(self) -> dict[str, Status]:
        return {name: status for file in reversed(self.files) for name, status in file.statuses.items()}

    @property
    def builds(self) -> dict[str, Build]:
        return {name: build for file in reversed(self.files) for name, build in file.builds.items()}


def write_series(
    path: str | Path,
    *,
    stage: Stage,
    facts: SourceFacts,
    series: Sequence[Series],
    builds: Mapping[str, Build],
    statuses: Mapping[str, Status],
) -> Path:
    """Write ``path`` whole or not at all (a temporary file beside it, renamed). Returns the path.

    Raises ``ValueError`` when two series share a name.
    """
    path = Path(path)
    names = [one.name for one in series]
    if len(set(names)) != len(names):
        raise ValueError(f"two series share a name: {sorted(names)}")
    arrays: dict[str, pa.Array] = {}
    for one in series:
        for key, column in one.columns.items():
            arrays[f"{one.name}/{key}"] = _pack(column)
    head = {
        "format": FORMAT,
        "stage": stage,
        "facts": asdict(facts),
        "builds": {key: asdict(build) for key, build in builds.items()},
        "statuses": {key: asdict(status) for key, status in statuses.items()},
        "series": {one.name: dict(one.meta) for one in series},
    }
    table = pa.table(arrays or {"nothing": pa.array([None])}).replace_schema_metadata(
        {b"rushes": json.dumps(head).encode()}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        pq.write_table(
            table, temporary, compression="zstd", compression_level=6, use_dictionary=False, store_schema=True
        )
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _pack(column: Column) -> pa.Array:
    """A column as a list array of one row."""
    column = np.asarray(column)
    if column.dtype == np.float64 and column.ndim > 1:
        column = column.astype(np.float32)
    if column.dtype == object or column.dtype.kind == "U":
        values = pa.array([None if item is None else str(item) for item in column.tolist()], pa.string())
    elif column.ndim == 1:
        values = pa.array(np.ascontiguousarray(column))
    elif column.ndim == 2:
        flat = pa.array(np.ascontiguousarray(column).reshape(-1))
        values = pa.FixedSizeListArray.from_arrays(flat, column.shape[1]) if column.shape[1] else None
        if values is None:
            raise ValueError("a two-dimensional column needs at least one number a sample")
    else:
        raise ValueError(f"a column has one or two dimensions, not {column.ndim}")
    return pa.ListArray.from_arrays(pa.array([0, len(column)], pa.int32()), values)


def _unpack(column: pa.ChunkedArray) -> Column:
    values = column.combine_chunks()
    values = values.chunk(0) if isinstance(values, pa.ChunkedArray) else values
    inner = values.flatten()
    if pa.types.is_string(inner.type):
        return np.array(inner.to_pylist(), dtype=object)
    if pa.types.is_fixed_size_list(inner.type):
        width = inner.type.list_size
        return inner.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
    return inner.to_numpy(zero_copy_only=False)
