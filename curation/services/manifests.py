"""Importing manifests: streamed in batches, each a transaction; again changes nothing; a kill loses no place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from django.db import transaction

from curation.errors import RushesError
from curation.manifests import ManifestFormat, ManifestUnreadable, open_manifest
from curation.manifests.ahead import ReaderGone, batches_ahead
from curation.manifests.batches import Batch
from curation.metrics import METRICS, SCORERS
from curation.models import Corpus, ManifestFault, ManifestImport, Recipe
from curation.services.manifest_rows import load_rows
from curation.services.scorecards import ScorerStatus, provenance_get_or_create

BATCH = 5_000
Progress = Callable[[int, int, int], None]
"""Called after each batch: position, rows that are in, rows that are bad."""


LONGEST_ORIGIN = 60


class ManifestRefused(RushesError):
    """The manifest cannot be read at all, or the origin is one that is not an import's."""

    code = "manifest_refused"


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
    if len(origin) > LONGEST_ORIGIN:
        raise ManifestRefused(f"an origin's name has at most {LONGEST_ORIGIN} characters, not {len(origin)}")
    try:
        open_manifest(path, format)
        job = _job(corpus, path, format, origin)
    except (ManifestUnreadable, OSError) as error:
        raise ManifestRefused(str(error)) from error
    recipe, _ = Recipe.objects.get_or_create(name=f"import:{origin}"[:40], version=1)
    provenance = provenance_get_or_create(statuses=_statuses(format, origin))
    batches = batches_ahead(path, format, origin=origin, size=BATCH, position=job.position, line=job.line)
    try:
        with closing(batches):
            for batch in batches:
                _take(job, batch, format, recipe.pk, provenance.pk)
                if progress is not None:
                    progress(job.position, job.good, job.bad)
    except (ManifestUnreadable, ReaderGone) as error:
        raise ManifestRefused(
            f"{error}; {job.good:,} rows are in, and the same command goes on from there"
        ) from error
    job.state = ManifestImport.State.DONE
    job.save(update_fields=["state", "updated_at"])
    return job


@transaction.atomic
def _take(job: ManifestImport, batch: Batch, format: ManifestFormat, recipe: int, provenance: int) -> None:
    """One batch: rows, faults and the new place, all or none."""
    clashes = load_rows(
        corpus=job.corpus_id,
        recipe=recipe,
        origin=job.origin,
        provenance=provenance,
        metrics=format.metrics,
        rows=batch.rows,
    )
    faults = [*batch.faults, *clashes]
    ManifestFault.objects.bulk_create(
        ManifestFault(manifest=job, line=line, field=fault.field[:120], reason=fault.reason)
        for line, fault in faults
    )
    job.good += batch.good - len(clashes)
    job.bad += len({line for line, _ in faults})
    job.position, job.line = batch.position, batch.line
    job.save()


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
