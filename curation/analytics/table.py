"""A table: one consistent reading of a snapshot. Chunks of rows, each clip in exactly one of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curation.analytics.errors import NoSnapshot
from curation.analytics.schema import DTYPES, KEY, LENGTH, USABLE, absent_value
from curation.analytics.segments import open_segment
from curation.analytics.store import Manifest, SnapshotStore

BLOCK = 1 << 16  # rows whose columns and masks fit the processor's cache


@dataclass(slots=True)
class Chunk:
    """Rows sorted by clip id. ``offset`` is the place of its first row in whole-table arrays."""

    offset: int
    rows: int
    columns: dict[str, NDArray]

    def column(self, name: str) -> NDArray:
        """The values of ``name``; one that nobody filled is made of absent values on first use."""
        if name not in self.columns:
            blank = np.full(1, absent_value(name), DTYPES[name])
            self.columns[name] = np.broadcast_to(blank, (self.rows,))
        return self.columns[name]


class Table:
    """All rows of a snapshot. Immutable to its users; safe to share between threads."""

    def __init__(self, manifest: Manifest, chunks: list[Chunk]) -> None:
        self.manifest = manifest
        self.chunks = chunks
        self.rows = sum(chunk.rows for chunk in chunks)

    @property
    def generation(self) -> int:
        """Counts publications; equal generations of one store hold equal rows."""
        return self.manifest.generation

    @property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """The words behind the codes of the word columns."""
        return self.manifest.words

    def age_s(self) -> float:
        """Seconds since the snapshot was published."""
        return max(0.0, time.time() - self.manifest.made_at)

    def blocks(self) -> Iterator[tuple[Chunk, slice, slice]]:
        """``(chunk, rows within the chunk, rows within the table)`` for each block."""
        for chunk in self.chunks:
            for start in range(0, chunk.rows, BLOCK):
                stop = min(start + BLOCK, chunk.rows)
                yield chunk, slice(start, stop), slice(chunk.offset + start, chunk.offset + stop)

    def whole(self, name: str) -> NDArray:
        """Values of ``name`` for every row, in whole-table order, as an array of its own."""
        return np.concatenate([np.empty(0, DTYPES[name]), *(chunk.column(name) for chunk in self.chunks)])

    def take(self, name: str, rows: NDArray[np.int64]) -> NDArray:
        """Values of ``name`` at whole-table row numbers ``rows``."""
        if len(self.chunks) == 1:
            column = self.chunks[0].column(name)
            return np.array(column) if len(rows) == self.rows else column[rows]
        found = np.empty(len(rows), DTYPES[name])
        for chunk in self.chunks:
            here = (rows >= chunk.offset) & (rows < chunk.offset + chunk.rows)
            if here.any():
                found[here] = chunk.column(name)[rows[here] - chunk.offset]
        return found

    def counts(self, name: str) -> dict[int, int]:
        """How many usable rows hold each value of ``name``, a column of ids; empty if whoever wrote it kept none."""
        if name not in self.manifest.watermark.get("columns", ()):
            return {}
        found: Counter[int] = Counter()
        for chunk, inside, _ in self.blocks():
            usable = chunk.column(USABLE)[inside] != 0
            values, times = np.unique(chunk.column(name)[inside][usable], return_counts=True)
            found.update(dict(zip(values.tolist(), times.tolist(), strict=True)))
        return dict(found)


def open_table(store: SnapshotStore) -> Table:
    """Read the published state of ``store``; raises ``NoSnapshot``."""
    for _ in range(5):
        manifest = store.manifest()
        try:
            return Table(
                manifest, _merge([open_segment(store.root / entry.name) for entry in manifest.segments])
            )
        except FileNotFoundError:
            time.sleep(0.01)  # pruned between the two readings: a newer manifest is there
    raise NoSnapshot(f"the segments of {store.root.name} vanish faster than they can be read")


def _merge(segments: list[tuple[int, dict[str, NDArray]]]) -> list[Chunk]:
    """Chunks in which the latest segment of a clip has won.

    Rows that a later segment changes are patched in place (into private pages), rows that it adds are appended.
    """
    chunks: list[Chunk] = []
    rows_so_far = 0
    for rows, columns in segments:
        fresh = np.ones(rows, bool)
        for chunk in chunks:
            at = np.searchsorted(chunk.columns[KEY], columns[KEY])
            at_safe = np.minimum(at, chunk.rows - 1)
            same = chunk.columns[KEY][at_safe] == columns[KEY] if chunk.rows else np.zeros(rows, bool)
            if same.any():
                _patch(chunk, at_safe[same], columns, same)
                fresh &= ~same
        if fresh.any():
            added = columns if fresh.all() else {name: values[fresh] for name, values in columns.items()}
            count = int(fresh.sum())
            chunks.append(Chunk(rows_so_far, count, dict(added)))
            rows_so_far += count
    return _join_small(chunks)


def _patch(chunk: Chunk, at: NDArray, columns: dict[str, NDArray], which: NDArray) -> None:
    for name in {*chunk.columns, *columns} - {KEY}:
        if name in columns:
            values = columns[name][which]
        else:
            values = np.full(len(at), absent_value(name), DTYPES[name])
        if name not in chunk.columns:
            if not _holds_something(values):
                continue
            chunk.columns[name] = np.full(chunk.rows, absent_value(name), DTYPES[name])
        chunk.columns[name][at] = values


def _holds_something(values: NDArray) -> bool:
    return not np.isnan(values).all() if values.dtype.kind == "f" else bool(values.any())


def _join_small(chunks: list[Chunk]) -> list[Chunk]:
    """One chunk of all that came after the first, sorted by id: few chunks keep every answer simple and quick."""
    if len(chunks) <= 2:
        return chunks
    first, rest = chunks[0], chunks[1:]
    order = np.argsort(np.concatenate([chunk.columns[KEY] for chunk in rest]), kind="stable")
    names = {name for chunk in rest for name in chunk.columns}
    joined: dict[str, Any] = {
        name: np.concatenate([chunk.column(name) for chunk in rest])[order] for name in names
    }
    return [first, Chunk(first.rows, len(order), joined)]


__all__ = ["BLOCK", "KEY", "LENGTH", "USABLE", "Chunk", "Table", "open_table"]
