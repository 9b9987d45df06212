"""Importing manifests: streamed in batches, each a transaction; again changes nothing; a kill loses no place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.db import transaction

from curation.errors import RushesError
from curation.manifests import (
    BadRow,
    Entry,
    Fault,
    ManifestFormat,
    ManifestRow,
    ManifestUnreadable,
    open_manifest,
)
from curation.metrics import METRICS, SCORERS
from curation.models import Corpus, ManifestFault, ManifestImport, Recipe
from curation.services.manifest_rows import load_rows
from curation.services.scorecards import ScorerStatus, provenance_get_or_create

BATCH = 5_000
Progress = Callable[[int, int, int], None]
"""Called after each batch: position, rows that are in, rows that are bad."""


class ManifestRefused(RushesError):
    """The manifest cannot be read at all, or the origin is one that is not an import's."""

    code = "manifest_refused"


@dataclass(frozen=True, slots=True)
class Checked:
    """One entry of a batch: a row, or what is wrong with it."""

    entry: Entry
    row: ManifestRow | None
    faults: tuple[Fault, ...] = ()


def manifest_import(
    *, corpus: Corpus, path: Path, format: ManifestFormat, origin: str = "", progress: Progress | None = None
) -> ManifestImport:
    """Take a manifest in as scorecards of ``origin`` (by default the format's), beside what is measured here.

    The good rows go in; each bad one is listed with its line, field and reason. Taken up where a killed import
    stopped; a finished one that is asked for again is read again and changes only what differs.
    Raises ``ManifestRefused``.
    """
    origin = origin or format.origin
    if origin == "measured":
        raise ManifestRefused("the origin “measured” is for what Rushes measures itself; choose another")
    try:
        job = _job(corpus, path, format, origin)
        entries = open_manifest(path, format, position=job.position, line=job.line)
    except (ManifestUnreadable, OSError) as error:
        raise ManifestRefused(str(error)) from error
    recipe, _ = Recipe.objects.get_or_create(name=f"import:{origin}"[:40], version=1)
    provenance = provenance_get_or_create(statuses=_statuses(format, origin))
    while batch := [_checked(entry, format) for entry in islice(entries, BATCH)]:
        _take(job, batch, format, recipe.pk, provenance.pk)
        if progress is not None:
            progress(job.position, job.good, job.bad)
    job.state = ManifestImport.State.DONE
    job.save(update_fields=["state", "updated_at"])
    return job


@transaction.atomic
def _take(
    job: ManifestImport, batch: Sequence[Checked], format: ManifestFormat, recipe: int, provenance: int
) -> None:
    """One batch: rows, faults and the new place, all or none."""
    good = [(one.entry.line, one.row) for one in batch if one.row is not None]
    faults = [(one.entry.line, fault) for one in batch for fault in one.faults]
    clashes = load_rows(
        corpus=job.corpus_id,
        recipe=recipe,
        origin=job.origin,
        provenance=provenance,
        metrics=format.metrics,
        rows=good,
    )
    faults += clashes
    ManifestFault.objects.bulk_create(
        ManifestFault(manifest=job, line=line, field=fault.field[:120], reason=fault.reason)
        for line, fault in faults
    )
    job.good += len(good) - len(clashes)
    job.bad += len({line for line, _ in faults})
    job.position, job.line = batch[-1].entry.position, batch[-1].entry.line
    job.save()


def _checked(entry: Entry, format: ManifestFormat) -> Checked:
    if entry.fault is not None:
        return Checked(entry, None, (entry.fault,))
    try:
        return Checked(entry, format.parse(entry.item, entry.name))
    except BadRow as error:
        return Checked(entry, None, error.faults)


@transaction.atomic
def _job(corpus: Corpus, path: Path, format: ManifestFormat, origin: str) -> ManifestImport:
    """The import's row: the unfinished one, or a fresh start with its old faults forgotten."""
    job, created = ManifestImport.objects.select_for_update().get_or_create(
        corpus=corpus,
        origin=origin,
        fingerprint=_fingerprint(path),
        defaults={"format": format.name, "path": str(path)},
    )
    if not created and job.state == ManifestImport.State.DONE:
        job.faults.all().delete()
        job.position = job.line = job.good = job.bad = 0
        job.state = ManifestImport.State.RUNNING
        job.save()
    return job


def _fingerprint(path: Path) -> str:
    """Enough to know a manifest again without reading gigabytes: name, size and first mebibyte."""
    digest = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape"))
    if path.is_file():
        digest.update(str(path.stat().st_size).encode())
        with path.open("rb") as file:
            digest.update(file.read(1 << 20))
    return digest.hexdigest()


def _statuses(format: ManifestFormat, origin: str) -> dict[str, ScorerStatus]:
    released = {METRICS[name].scorer for name in format.metrics}
    return {
        scorer: ScorerStatus("measured", None, f"as released by {origin}")
        if scorer in released
        else ScorerStatus("not_run", None, f"{origin} does not release it")
        for scorer in SCORERS
        if scorer != "pairing"
    }


def faults_report(job: ManifestImport) -> Iterator[str]:
    """The bad rows as JSON Lines: line, field, reason."""
    for line, field, reason in (
        job.faults.order_by("line", "pk").values_list("line", "field", "reason").iterator(chunk_size=2000)
    ):
        yield json.dumps({"line": line, "field": field, "reason": reason}, ensure_ascii=False)


def total_of(path: Path) -> int | None:
    """What ``position`` runs up to: bytes of a file; None for a folder."""
    return path.stat().st_size if path.is_file() else None
