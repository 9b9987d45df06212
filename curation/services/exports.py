"""Exports: a frozen subset written out by a worker, into a temporary folder that is renamed when whole.

Work is claimed from the table under a lease; the broker only wakes a worker. Whoever lost its lease, or was
cancelled, writes nothing more. A job that was killed goes on from its last checkpoint. The folder's name ends in the hash of its manifest: the same list gives the same folder.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from curation.errors import Cancelled, RushesError, StaleLease
from curation.exports.manifest import MANIFEST, manifest_text
from curation.exports.record import ExportClip
from curation.exports.writers import FORMATS, ExportFailed, Writer
from curation.models import ExportJob, ExportRecord, Subset, Withdrawal
from curation.selectors.exporting import export_clips, exportable_count
from curation.services.audit import audit_write
from curation.services.cuts import cut_make
from curation.services.exportmanifest import Tally, manifest_facts
from curation.services.jobleases import JobLease, job_cancel, job_lease, lost_jobs_fail
from curation.services.locks import no_withdrawal_lock
from curation.storage import shelf
from curation.storage.remote import remote_remove
from curation.storage.s3 import Address, StorageFailed, address_of, is_address
from curation.storage.swap import folder_replace
from curation.storage.upload import file_upload

LEASE_SECONDS = settings.EXPORT_LEASE_SECONDS
MAX_ATTEMPTS = 3
_EVERY = 500  # clips between two looks at the clock and, every so often, at the job: is it still ours, was it cancelled?
_EVERY_S = 0.5
_CHECKPOINT = 5_000  # clips between two places to go on from, a multiple of it; and seconds, for each waits for the disk
_CHECKPOINT_S = 2.0
_BLOCK = 1 << 20


class UnknownFormat(RushesError):
    """No writer has this name."""

    code = "unknown_format"


class Overtaken(RushesError):
    """A withdrawal came while the export was being written."""

    code = "overtaken"


@transaction.atomic
def export_request(*, subset: Subset, format: str, to: str | None = None, by: Any = None) -> ExportJob:
    """Ask for ``subset`` in ``format``; a job of the same that is still open is returned instead of a second one.

    ``to``: s3://bucket/prefix, "" for the store's own folder, None for where settings say. Raises ``UnknownFormat``
    and ``StorageRefused``.
    """
    to = settings.EXPORTS_TO if to is None else to
    if to:
        to = str(address_of(to)).rstrip("/")
    if format not in FORMATS:
        raise UnknownFormat(f"no format is called {format!r}; there are {', '.join(FORMATS)}")
    # The lock makes asking twice at once one request.
    Subset.objects.select_for_update().get(pk=subset.pk)
    name = f"{subset.corpus.slug}/{subset.pk}-{slugify(subset.name)[:40] or 'subset'}-{format}"
    destination = f"{to}/{name}" if to else name
    found = subset.export_jobs.filter(
        format=format, destination=destination, state__in=ExportJob.OPEN
    ).first()
    if found is not None:
        return found
    job = ExportJob.objects.create(
        subset=subset,
        format=format,
        destination=destination,
        total=exportable_count(subset),
        requested_by=by,
    )
    audit_write(actor=by, action="export.request", object=job, detail={"subset": subset.pk, "format": format})
    return job


def export_cancel(*, job: ExportJob, by: Any = None) -> bool:
    """Cancel an open job; what it had written is thrown away. False if it had already ended."""
    return job_cancel(job=job, action="export.cancel", by=by)


def export_claim(*, job_id: int | None = None) -> JobLease | None:
    """Lease the oldest open job (or this one). None if there is none. One that was lost ``MAX_ATTEMPTS`` times fails."""
    lost_jobs_fail(ExportJob, attempts=MAX_ATTEMPTS)
    return job_lease(ExportJob, seconds=LEASE_SECONDS, job_id=job_id)


def export_run(*, job_id: int | None = None) -> ExportRecord | None:
    """Claim a job and write it. None if there is nothing to claim, or it was cancelled or taken over meanwhile.

    A fault that another try would only repeat (a format that cannot hold a clip) fails the job with its sentence;
    anything else is raised, and the job is claimed again once its lease has run out: it goes on where it was.
    """
    claim = export_claim(job_id=job_id)
    if claim is None:
        return None
    job = ExportJob.objects.select_related("subset__corpus", "subset__policy").get(pk=claim.job_id)
    root = shelf("exports")
    temporary = root / f".writing-{job.pk}-{claim.token.hex}"
    left = _withdrawals(job)
    start = _take_up(job, claim, temporary, left)
    try:
        with _few_collections():
            text = _write(job, claim, temporary, start, left)
        return _publish(job, claim, temporary, text, root, left)
    except Overtaken:
        _begin_anew(claim)
    except (Cancelled, StaleLease):
        pass
    except StorageFailed as error:
        if job.attempts < MAX_ATTEMPTS:
            _rest(claim, str(error))
            return None
        _finish(claim, ExportJob.State.FAILED, error=str(error))
    except (ExportFailed, RushesError) as error:
        _finish(claim, ExportJob.State.FAILED, error=str(error))
    except OSError as error:
        _finish(claim, ExportJob.State.FAILED, error=_of_disk(error, root))
    except BaseException:
        raise  # what was written stays, for whoever claims it next
    shutil.rmtree(temporary, ignore_errors=True)
    return None


def _of_disk(error: OSError, root: Path) -> str:
    # Arrow tells the number only in its words.
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in str(error):
        return f"No space left on the disk of {root}: make room there and export again; nothing of this one is kept"
    return str(error)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Clips go as they came, without a cycle; looking for some after every few hundred takes a fifth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _take_up(job: ExportJob, claim: JobLease, temporary: Path, left: int) -> dict[str, Any]:
    """Make the folder of this lease from what an earlier one left, and return its checkpoint; {} begins anew.

    Files are copied, not taken: a worker that lost its lease may still have them open.
    """
    found: dict[str, Any] = dict(job.checkpoint)
    earlier = temporary.with_name(f".writing-{job.pk}-{found.get('token', 'none')}")
    temporary.mkdir()
    try:
        # Begun by a version that wrote other bytes, the rest would not match them.
        if found and found["left"] == left and found.get("version") == FORMATS[job.format].version:
            for name, size in found["files"].items():
                _copy_start(earlier / name, temporary / name, size)
        else:
            found = {}
    except OSError:
        found = {}
        shutil.rmtree(temporary)
        temporary.mkdir()
    for left_behind in temporary.parent.glob(f".writing-{job.pk}-*"):
        if left_behind != temporary:
            shutil.rmtree(left_behind, ignore_errors=True)
    if found:
        _renew(claim, found["tally"]["clips"], {**found, "token": claim.token.hex})
    return found


def _copy_start(source: Path, target: Path, size: int) -> None:
    """The first ``size`` bytes of a file; raises ``OSError`` if there are fewer."""
    with source.open("rb") as read, target.open("wb") as write:
        remaining = size
        while remaining and (block := read.read(min(_BLOCK, remaining))):
            write.write(block)
            remaining -= len(block)
    if remaining:
        raise OSError(f"{source} is shorter than it was")


def _write(job: ExportJob, claim: JobLease, folder: Path, start: dict[str, Any], left: int) -> str:
    """Write the clips from where ``start`` says and return the manifest's text."""
    kind = FORMATS[job.format]
    writer = kind.resumed(folder, start["state"]) if start else kind(folder)
    tally = Tally(start.get("tally"))
    looked = went_on = monotonic()
    for clip in export_clips(job.subset, with_media=writer.needs_media, after=start.get("position", -1)):
        if writer.needs_media and clip.media is None:
            clip = replace(clip, media=cut_make(clip_id=clip.clip_id))
            _renew(claim, tally.clips)  # cutting may take seconds
        _add(writer, clip)
        tally.add(clip)
        if tally.clips % _EVERY:
            continue
        now = monotonic()
        due = tally.clips % _CHECKPOINT == 0 and now - went_on >= _CHECKPOINT_S
        if due and (whole := writer.checkpoint()) is not None:
            kept = {
                "token": claim.token.hex,
                "left": left,
                "version": writer.version,
                "position": clip.position,
                "files": whole.files,
                "state": whole.state,
                "tally": tally.as_dict(),
            }
            _renew(claim, tally.clips, kept)
            looked = went_on = monotonic()
            continue
        if now - looked >= _EVERY_S:
            _renew(claim, tally.clips)
            looked = now
    _close(writer)
    writer.card(dict(tally.rows))
    _renew(claim, tally.clips)
    return manifest_text(manifest_facts(job, writer.version, tally), folder)


def _add(writer: Writer, clip: ExportClip) -> None:
    """Raises ``ExportFailed`` for whatever the format cannot hold: another try would only repeat it."""
    try:
        writer.add(clip)
    except _UNFIT as error:
        raise ExportFailed(f"clip {clip.clip_id} cannot be written as {writer.name}: {error}") from error


def _close(writer: Writer) -> None:
    try:
        writer.close()
    except _UNFIT as error:
        raise ExportFailed(f"one of the last clips cannot be written as {writer.name}: {error}") from error


_UNFIT = (ValueError, TypeError, OverflowError)


def _rest(claim: JobLease, error: str) -> None:
    """Give the job back with its checkpoint, to be gone on with by the next that looks round."""
    ExportJob.objects.filter(pk=claim.job_id, token=claim.token).update(
        state=ExportJob.State.WAITING, token=None, leased_until=None, error=error
    )


def _withdrawals(job: ExportJob) -> int:
    """How many withdrawals the corpus has seen."""
    return Withdrawal.objects.filter(corpus=job.subset.corpus_id).count()


def _begin_anew(claim: JobLease) -> None:
    """Give the job back as if it had never been claimed."""
    ExportJob.objects.filter(pk=claim.job_id, token=claim.token).update(
        state=ExportJob.State.WAITING,
        token=None,
        leased_until=None,
        attempts=F("attempts") - 1,
        done=0,
        checkpoint={},
    )


def _publish(
    job: ExportJob, claim: JobLease, temporary: Path, text: str, root: Path, left: int
) -> ExportRecord:
    """Put the manifest in, give the folder its name, and write down that it was made, under the lease.

    Raises ``Overtaken`` if something was withdrawn since ``left`` was counted: it could be in what was written.
    """
    (temporary / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    digest = hashlib.sha256(text.encode()).hexdigest()
    destination = f"{job.destination}-{digest[:8]}"
    remote = address_of(destination) if is_address(destination) else None
    if remote is not None:
        _upload(claim, temporary, remote, json.loads(text)["files"])
    try:
        record = _record(job, claim, temporary, root, left, destination, text, digest)
    except RushesError:
        # What was uploaded is no export: without its manifest nobody must take it for one.
        if remote is not None and not ExportRecord.objects.filter(destination=destination).exists():
            remote_remove(remote)
        raise
    shutil.rmtree(temporary, ignore_errors=True)
    return record


def _upload(claim: JobLease, folder: Path, remote: Address, files: list[dict[str, Any]]) -> None:
    """Every file but the manifest, which comes last and makes it an export. Keeps the lease meanwhile."""
    for entry in files:
        file_upload(
            folder / entry["name"],
            remote / entry["name"],
            sha256=entry["sha256"],
            tell=lambda _octets: _renew(claim, None),
        )


def _record(
    job: ExportJob,
    claim: JobLease,
    temporary: Path,
    root: Path,
    left: int,
    destination: str,
    text: str,
    digest: str,
) -> ExportRecord:
    target = root / destination
    with transaction.atomic():
        no_withdrawal_lock(job.subset.corpus_id)
        if _withdrawals(job) != left:
            raise Overtaken("something was withdrawn while the export was written; it begins anew")
        _finish(claim, ExportJob.State.DONE, destination=destination)
        record = ExportRecord.objects.create(
            subset=job.subset,
            job=job,
            format=job.format,
            destination=destination,
            manifest=json.loads(text),
            manifest_sha256=digest,
            exported_by=job.requested_by,
        )
        audit_write(
            actor=job.requested_by,
            action="export.write",
            object=record,
            detail={"subset": job.subset_id, "format": job.format, "manifest_sha256": digest},
        )
        # Inside the transaction: if the folder cannot take its name, there is no record of it either.
        if is_address(destination):
            file_upload(temporary / MANIFEST, address_of(destination) / MANIFEST, sha256=digest)
            return record
        target.parent.mkdir(parents=True, exist_ok=True)
        folder_replace(temporary, target)
    return record


def _renew(claim: JobLease, done: int | None, checkpoint: dict[str, Any] | None = None) -> None:
    """Lengthen the lease, tell how far it is and from where another could go on; raises ``Cancelled`` or ``StaleLease``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE curation_exportjob SET done = coalesce(%s, done), leased_until = clock_timestamp() + make_interval(secs => %s), "
            "checkpoint = coalesce(%s::jsonb, checkpoint) WHERE id = %s AND token = %s AND state = 'leased'",
            [
                done,
                LEASE_SECONDS,
                json.dumps(checkpoint) if checkpoint else None,
                claim.job_id,
                claim.token,
            ],
        )
        changed = cursor.rowcount
    if not changed:
        _refuse(claim)


def _finish(claim: JobLease, state: str, **fields: Any) -> None:
    changed = ExportJob.objects.filter(
        pk=claim.job_id, token=claim.token, state=ExportJob.State.LEASED
    ).update(state=state, token=None, finished_at=timezone.now(), **fields)
    if not changed:
        _refuse(claim)


def _refuse(claim: JobLease) -> None:
    state = ExportJob.objects.filter(pk=claim.job_id).values_list("state", flat=True).first()
    if state == ExportJob.State.CANCELLED:
        raise Cancelled("the export was cancelled")
    raise StaleLease("another worker took this export over")
