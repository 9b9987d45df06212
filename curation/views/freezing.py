"""Lists that a worker freezes: how far they are, and giving them up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from curation.models import FreezeJob
from curation.services.freezing import freeze_cancel


def freeze_job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a list is, as a fragment that asks again until it has ended."""
    job = get_object_or_404(FreezeJob.objects.select_related("requested_by"), pk=pk)
    response = render(request, "curation/_freeze_job.html", {"job": job})
    if job.state not in FreezeJob.OPEN:
        response.headers["HX-Refresh"] = "true"
    return response


def freeze_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a list up before it is whole."""
    job = get_object_or_404(FreezeJob.objects.select_related("corpus"), pk=pk)
    if freeze_cancel(job=job, by=request.user):
        messages.info(request, "The list was cancelled. Nothing of it is kept.")
    return redirect("curation:exports", corpus=job.corpus.slug)
