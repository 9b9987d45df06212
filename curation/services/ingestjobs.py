"""Ingest as a job: everything below a folder or a prefix of object storage, one object at a time.

A listing is never held whole: a thousand keys at a time, and after a kill it goes on behind the last key that is in.
An object that is known by its address and version is not fetched again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from curation.errors import RushesError, StaleLease
from curation.media.paths import is_text
from curation.models import Corpus, IngestJob, Recipe, Source
from curation.services.audit import audit_write
from curation.services.clips import clips_derive
from curation.services.ingest import (
    VIDEO_SUFFIXES,
    FileOutcome,
    FolderRefused,
    file_ingest,
    folder_list,
)
from curation.services.jobleases import JobLease, job_cancel, job_lease
from curation.services.sources import file_refuse
from curation.storage.cache import object_fetch
from curation.storage.s3 import (
    Address,
    Object,
    ObjectChanged,
    ObjectMissing,
    StorageFailed,
    StorageRefused,
    address_of,
    is_address,
    objects_list,
)

LEASE_SECONDS = 900  # one long file may take minutes to fetch and to cut
MAX_ATTEMPTS = 5
Tell = Callable[[FileOutcome], None]


class NothingThere(RushesError):
    """No object's name begins as was asked for."""

    code = "nothing_there"


@transaction.atomic
def ingest_request(*, corpus: Corpus, address: str, recipe: Recipe, by: Any = None) -> IngestJob:
    """Ask for everything below ``address``; an open job of the same is returned instead of a second one.

    Raises ``StorageRefused`` and ``FolderRefused``. Outside a terminal a folder must lie within MEDIA_ROOTS.
    """
    address = str(address_of(address)) if is_address(address) else str(_folder(address))
    Corpus.objects.select_for_update().get(pk=corpus.pk)
    found = IngestJob.objects.filter(
        corpus=corpus, address=address, recipe=recipe, state__in=IngestJob.OPEN
    ).first()
    if found is not None:
        return found
    job = IngestJob.objects.create(corpus=corpus, address=address, recipe=recipe, requested_by=by)
    corpus.recipes.add(recipe)
    audit_write(actor=by, action="ingest.request", object=job, detail={"corpus": corpus.slug})
    return job


def ingest_cancel(*, job: IngestJob, by: Any = None) -> bool:
    """Cancel an open job; what is in stays. False if it had already ended."""
    return job_cancel(job=job, action="ingest.cancel", by=by)


def ingest_run(*, job_id: int | None = None, take_over: bool = False, tell: Tell | None = None) -> bool:
    """Claim a job and see it through. False if there was nothing to claim, or it was cancelled or taken over.

    ``take_over`` also claims a job whose lease has not run out: for whoever knows that its process is gone.
    """
    claim = job_lease(IngestJob, seconds=LEASE_SECONDS, job_id=job_id, take_over=take_over)
    if claim is None:
        return False
    job = IngestJob.objects.select_related("corpus", "recipe").get(pk=claim.job_id)
    counts: Counter[str] = Counter(job.counts)
    try:
        for key, outcome in _outcomes(job):
            if outcome is None:
                counts["passed_over"] += 1
            else:
                counts[outcome.outcome] += 1
                counts["clips"] += outcome.clips
                if tell is not None:
                    tell(outcome)
            if outcome is not None or counts["passed_over"] % 100 == 0:
                _renew(claim, key, counts)
        _finish(claim, IngestJob.State.DONE, counts=dict(counts), error="")
    except StaleLease:
        return False
    except (StorageFailed, OSError) as error:
        if job.attempts >= MAX_ATTEMPTS:
            _finish(claim, IngestJob.State.FAILED, error=str(error))
        else:
            _hand_back(claim, error=str(error))
        return False
    except RushesError as error:
        _finish(claim, IngestJob.State.FAILED, error=error.sentence)
        return False
    except BaseException:
        _hand_back(claim)
        raise
    return True


def _outcomes(job: IngestJob) -> Iterator[tuple[str, FileOutcome | None]]:
    """What becomes of each file behind ``job.after``; None for one that is no video."""
    if is_address(job.address):
        prefix, listed = address_of(job.address), bool(job.after)
        for one in objects_list(prefix, after=job.after):
            listed = True
            video = Path(one.address.key).suffix.lower() in VIDEO_SUFFIXES and one.size > 0
            yield (
                one.address.key,
                object_ingest(corpus=job.corpus, one=one, recipe=job.recipe) if video else None,
            )
        if not listed:
            raise NothingThere(f"nothing lies below {prefix}: look whether the address is right")
        return
    after = job.after
    for path in sorted(map(str, folder_list(Path(job.address)).videos)):
        if path > job.after:
            # A name that the database cannot hold is no place to go on from.
            after = path if is_text(Path(path)) else after
            yield after, file_ingest(corpus=job.corpus, path=Path(path), recipe=job.recipe)


def object_ingest(*, corpus: Corpus, one: Object, recipe: Recipe) -> FileOutcome:
    """Take one object in, as ``file_ingest`` does a file. One that is in already is not fetched.

    Raises ``StorageFailed`` where the service does not answer: that is no fault of the object.
    """
    uri = str(one.address)
    try:
        address_of(uri)
    except StorageRefused as error:  # listed, but by this name it could never be read again
        file_refuse(
            corpus=corpus, path=_as_path(one.address), code=error.code, reason=error.sentence, uri=uri
        )
        return FileOutcome(_as_path(one.address), "refused", code=error.code, sentence=error.sentence)
    version = {"etag": one.etag, "size": one.size}
    known = Source.objects.filter(corpus=corpus, uri=uri, facts__object=version).order_by("pk").first()
    if known is not None and known.state == Source.State.READY:
        derived = clips_derive(source=known, recipe=recipe)
        return FileOutcome(
            _as_path(one.address), "known", derived.added + derived.kept, derived.dropped, source_id=known.pk
        )
    try:
        path = object_fetch(one)
    except (ObjectMissing, ObjectChanged) as error:
        file_refuse(
            corpus=corpus, path=_as_path(one.address), code=error.code, reason=error.sentence, uri=uri
        )
        return FileOutcome(_as_path(one.address), "refused", code=error.code, sentence=error.sentence)
    outcome = file_ingest(corpus=corpus, path=path, recipe=recipe, uri=uri)
    if outcome.source_id is not None and outcome.outcome in ("added", "known"):
        with transaction.atomic():
            source = Source.objects.select_for_update().get(pk=outcome.source_id)
            if source.uri == uri:
                source.facts = {**source.facts, "object": version}
                source.save(update_fields=["facts"])
    return FileOutcome(
        _as_path(one.address),
        outcome.outcome,
        outcome.clips,
        outcome.dropped,
        outcome.code,
        outcome.sentence,
        outcome.source_id,
    )


def _as_path(address: Address) -> Path:
    return Path(address.bucket) / address.key


def _folder(address: str) -> Path:
    folder = Path(address).expanduser()
    if not folder.is_absolute() or not settings.MEDIA_ROOTS:
        raise FolderRefused(
            f"{address}: only folders within MEDIA_ROOTS can be taken in here; it names none"
            if folder.is_absolute()
            else f"{address}: give the whole path, from / on"
        )
    folder_list(folder)
    return folder.resolve()


def _renew(claim: JobLease, after: str, counts: Counter[str]) -> None:
    lease = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    _change(claim, after=after, counts=dict(counts), leased_until=lease, attempts=1, error="")


def _hand_back(claim: JobLease, **fields: Any) -> None:
    IngestJob.objects.filter(pk=claim.job_id, token=claim.token).update(
        state=IngestJob.State.WAITING, token=None, leased_until=None, **fields
    )


def _finish(claim: JobLease, state: str, **fields: Any) -> None:
    _change(claim, state=state, token=None, finished_at=timezone.now(), **fields)


def _change(claim: JobLease, **fields: Any) -> None:
    held = IngestJob.objects.filter(pk=claim.job_id, token=claim.token, state=IngestJob.State.LEASED)
    if not held.update(**fields):
        raise StaleLease("another process took this ingest over, or it was cancelled")
