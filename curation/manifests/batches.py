"""A manifest in batches: rows encoded for the database, faults listed, and the place where to go on."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from curation.manifests.copytext import copy_line
from curation.manifests.formats import ManifestFormat
from curation.manifests.reading import Entry, open_manifest
from curation.manifests.rows import BadRow, Fault, ManifestRow

MOST_BYTES = 8 << 20
_FAULT_BYTES = 300  # about what a fault and its words take


@dataclass(frozen=True, slots=True)
class Batch:
    """Some entries: ``good`` rows as COPY text in UTF-8, the faults of the others by line, and the last entry's
    ``position`` and ``line``, from which reading can go on."""

    position: int
    line: int
    good: int
    rows: bytes
    faults: tuple[tuple[int, Fault], ...] = ()


def read_batches(
    path: Path, format: ManifestFormat, *, origin: str, size: int, position: int = 0, line: int = 0
) -> Generator[Batch]:
    """Batches of up to ``size`` entries after ``position``, at constant memory: one that grows past ``MOST_BYTES``
    ends early. Raises as ``open_manifest`` does."""
    entries = open_manifest(path, format, position=position, line=line)
    while True:
        rows: list[str] = []
        faults: list[tuple[int, Fault]] = []
        last, weight = None, 0
        for last in islice(entries, size):
            try:
                text = copy_line(last.line, _row(last, format), origin, format.metrics)
            except BadRow as error:
                faults += ((last.line, fault) for fault in error.faults)
                weight += _FAULT_BYTES * len(error.faults)
            else:
                rows.append(text)
                weight += len(text)
            if weight > MOST_BYTES:
                break
        if last is None:
            return
        yield Batch(last.position, last.line, len(rows), "".join(rows).encode(), tuple(faults))


def _row(entry: Entry, format: ManifestFormat) -> ManifestRow:
    if entry.fault is not None:
        raise BadRow(entry.fault)
    return format.parse(entry.item, entry.name)
