"""Asking for work: exports of frozen subsets, ingests of footage; and how far it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Path, Router

from curation.api.facts import corpus_get
from curation.api.schemas import ExportIn, IngestIn, JobOut
from curation.api.tokens import has_scope
from curation.errors import NotFound, RushesError
from curation.models import ExportJob, ExportRecord, IngestJob, Subset
from curation.recipes import BadParams
from curation.services.clips import recipe_get_or_create
from curation.services.exports import export_cancel, export_request
from curation.services.ingestjobs import ingest_cancel, ingest_request
from curation.tasks import export_run, ingest_run, wake

router = Router(tags=["jobs"])
_ID = Path(..., ge=0, le=2**62)


class WrongScope(RushesError):
    """The token's scopes do not include this."""

    code = "wrong_scope"


class BadRecipe(RushesError):
    """Parameters that no recipe takes."""

    code = "bad_recipe"


def _needs(request: HttpRequest, scope: str) -> None:
    if not has_scope(request, scope):
        raise WrongScope(f"this token's scopes do not include {scope}")


@router.post(
    "/subsets/{int:subset}/exports", response={202: JobOut}, url_name="export-new", operation_id="export_new"
)
def export_new(request: HttpRequest, body: ExportIn, subset: int = _ID) -> tuple[int, dict[str, Any]]:
    """Ask for an export; one of the same that is open already is answered instead of a second."""
    _needs(request, "export")
    found = Subset.objects.select_related("corpus").filter(pk=subset).first()
    if found is None:
        raise NotFound(f"there is no subset {subset}")
    job = export_request(subset=found, format=body.format, to=body.to, by=request.user)
    wake(export_run, job_id=job.pk)
    return 202, _export_job(job)


@router.get("/export-jobs/{int:job}", response=JobOut, url_name="export-job", operation_id="export_job")
def export_job(request: HttpRequest, job: int = _ID) -> dict[str, Any]:
    """How far an export is."""
    return _export_job(_found(ExportJob, job, "export job"))


@router.post(
    "/export-jobs/{int:job}/cancel",
    response=JobOut,
    url_name="export-job-cancel",
    operation_id="export_job_cancel",
)
def export_job_cancel(request: HttpRequest, job: int = _ID) -> dict[str, Any]:
    """Give an export up; one that has ended stays as it is."""
    _needs(request, "export")
    found = _found(ExportJob, job, "export job")
    export_cancel(job=found, by=request.user)
    found.refresh_from_db()
    return _export_job(found)


@router.post(
    "/corpora/{slug:corpus}/ingests", response={202: JobOut}, url_name="ingest-new", operation_id="ingest_new"
)
def ingest_new(request: HttpRequest, body: IngestIn, corpus: str = Path(...)) -> tuple[int, dict[str, Any]]:
    """Ask for footage to be taken in; an open ingest of the same is answered instead of a second."""
    _needs(request, "ingest")
    target = corpus_get(corpus)
    parameters = {"scope": "frame", "min_s": body.min_seconds, "max_s": body.max_seconds}
    try:
        recipe = recipe_get_or_create(name="shots", parameters=parameters)
    except BadParams as error:
        raise BadRecipe(str(error)) from None
    job = ingest_request(corpus=target, address=body.address, recipe=recipe, by=request.user)
    wake(ingest_run, job_id=job.pk)
    return 202, _ingest_job(job)


@router.get("/ingests/{int:job}", response=JobOut, url_name="ingest", operation_id="ingest")
def ingest(request: HttpRequest, job: int = _ID) -> dict[str, Any]:
    """How far an ingest is."""
    return _ingest_job(_found(IngestJob, job, "ingest"))


@router.post(
    "/ingests/{int:job}/cancel", response=JobOut, url_name="ingest-cancel", operation_id="ingest_cancel"
)
def ingest_cancel_(request: HttpRequest, job: int = _ID) -> dict[str, Any]:
    """Stop an ingest; what is in stays."""
    _needs(request, "ingest")
    found = _found(IngestJob, job, "ingest")
    ingest_cancel(job=found, by=request.user)
    found.refresh_from_db()
    return _ingest_job(found)


def _found(model: Any, pk: int, what: str) -> Any:
    found = model.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(f"there is no {what} {pk}")
    return found


def _job(row: Any, kind: str) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": kind,
        "state": row.state,
        "done": None,
        "total": None,
        "counts": None,
        "error": row.error,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "export": None,
    }


def _export_job(row: ExportJob) -> dict[str, Any]:
    record = ExportRecord.objects.filter(job_id=row.pk).values_list("pk", flat=True).first()
    return {**_job(row, "export"), "done": row.done, "total": row.total, "export": record}


def _ingest_job(row: IngestJob) -> dict[str, Any]:
    return {**_job(row, "ingest"), "counts": row.counts}
