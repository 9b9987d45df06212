"""Jobs that workers do while somebody looks on, exports and lists being frozen: how far each is, and giving it up."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django_htmx.http import trigger_client_event

from curation.models import ExportJob, FreezeJob
from curation.services.exports import export_cancel
from curation.services.freezing import freeze_cancel
from curation.templatetags.rushes import sentence

_SINCE = re.compile(r"(\d{1,15})\.(\d{1,15})")
_SAID = 400  # letters, each six bytes in a header where it is not ASCII
_TOLD_AFTER_S = 2.0  # before that, what is left would be a guess


@dataclass(frozen=True, slots=True)
class JobCard:
    """A job as pages show it. ``counted``: what is done with clips; ``note``: what to know meanwhile; ``look`` and
    ``cancel``: where to ask how far it is, and to give it up."""

    job: ExportJob | FreezeJob
    kind: str
    title: str
    counted: str
    note: str
    look: str
    cancel: str


def export_card(job: ExportJob) -> JobCard:
    """An export as the page of its subset shows it."""
    where = [reverse(f"curation:export-{what}", args=[job.pk]) for what in ("job", "cancel")]
    return JobCard(job, "export", job.format, "written", "", *where)


def freeze_card(job: FreezeJob) -> JobCard:
    """A list, or a training split, as the page of its corpus's exports shows it."""
    where = [reverse(f"curation:freeze-{what}", args=[job.pk]) for what in ("job", "cancel")]
    kind = "training split" if "split" in job.asked else "list"
    return JobCard(
        job, kind, job.name, "of the corpus looked at", "All of it as it stands at one moment.", *where
    )


def export_job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an export is."""
    job = get_object_or_404(ExportJob.objects.select_related("requested_by"), pk=pk)
    return _moving(request, export_card(job))


def freeze_job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a list is."""
    job = get_object_or_404(FreezeJob.objects.select_related("requested_by"), pk=pk)
    return _moving(request, freeze_card(job))


def export_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an export up; what it had written is thrown away."""
    job = get_object_or_404(ExportJob, pk=pk)
    if export_cancel(job=job, by=request.user):
        messages.info(request, "The export was cancelled. Nothing of it is kept.")
    return redirect("curation:subset", pk=job.subset_id)


def freeze_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a list up before it is whole."""
    job = get_object_or_404(FreezeJob.objects.select_related("corpus"), pk=pk)
    if freeze_cancel(job=job, by=request.user):
        messages.info(request, f"The {freeze_card(job).kind} was cancelled. Nothing of it is kept.")
    return redirect("curation:exports", corpus=job.corpus.slug)


def _moving(request: HttpRequest, card: JobCard) -> HttpResponse:
    """What moves of a card, as a fragment that asks again until the job has ended; then the list around it does."""
    job = card.job
    since, left_s = _left(request.GET.get("since", ""), job)
    response = render(request, "curation/_job_moving.html", {"card": card, "since": since, "left_s": left_s})
    if job.state not in job.OPEN:
        whole = job.state == job.State.DONE
        said = f"the {card.kind} is whole" if whole else job.error or job.get_state_display()
        # It travels in a header, which proxies hold to a few kilobytes; the card shows all of it.
        text = truncatechars(f"{card.title}: {sentence(said)}", _SAID)
        return trigger_client_event(response, "jobended", {"text": text})
    return response


def _left(since: str, job: ExportJob | FreezeJob) -> tuple[str, float | None]:
    """What the page that asks shall send next time, and from what it sent now how many seconds are left (None: too early
    to say). What it sends is where it first saw the job at work: clips done, and when in milliseconds.
    """
    now_ms = round(time.time() * 1000)
    seen = _SINCE.fullmatch(since)
    if job.state != job.State.LEASED or seen is None or int(seen[1]) > job.done:
        return f"{job.done}.{now_ms}", None
    done, took_s = job.done - int(seen[1]), (now_ms - int(seen[2])) / 1000
    if not done or took_s < _TOLD_AFTER_S:
        return since, None
    return since, max(0, job.total - job.done) * took_s / done
