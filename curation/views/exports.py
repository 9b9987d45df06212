"""Subsets and exports: freeze, write, fetch."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render

from curation.errors import Gone, RushesError
from curation.exports.manifest import MANIFEST
from curation.exports.writers import FORMATS
from curation.forms import TIER_CHOICES, SubsetForm
from curation.media.ranges import strong_etag
from curation.models import Corpus, ExportRecord, Subset
from curation.selectors.browser import rules_of_active
from curation.selectors.clipfilter import (
    BadFilter,
    ClipFilter,
    filter_from_query,
    filter_words,
    subset_words,
)
from curation.selectors.exporting import exportable_count, held_count, jobs_shown, records_of, subsets_of
from curation.selectors.selection import subset_preview
from curation.selectors.withdrawals import withdrawn_in
from curation.services.audit import audit_write
from curation.services.exports import export_request
from curation.services.freezing import at_once, freeze_request
from curation.services.subsets import subset_freeze
from curation.storage import stored
from curation.storage.s3 import address_of, is_address, object_look
from curation.tasks import export_run, freeze_run, wake
from curation.templatetags.rushes import sentence
from curation.views.common import corpus_or_404, remember, saved_queries
from curation.views.jobs import export_card, freeze_card
from curation.views.media import file_response, object_response


def export_list(request: HttpRequest, corpus: str) -> HttpResponse:
    """Frozen subsets of a corpus; a POST freezes another."""
    found = corpus_or_404(request, corpus)
    try:
        chosen, problem = filter_from_query(request.GET), ""
    except BadFilter as error:
        chosen, problem = ClipFilter(), error.sentence
    form = SubsetForm(request.POST or None, initial=_begin_with(chosen))
    if request.method == "POST" and form.is_valid() and not problem:
        try:
            return _freeze(
                request,
                corpus=found,
                name=form.cleaned_data["name"],
                tiers=form.cleaned_data["tiers"],
                validated_only=form.validated_only_bool,
                chosen=chosen,
                by=request.user,
            )
        except RushesError as error:
            form.add_error(None, sentence(error.sentence))
    context = {
        "corpus": found,
        "form": form,
        "problem": problem,
        "words": filter_words(chosen, rules_of_active(found)[1]),
        "saved": saved_queries(found),
        "subsets": subsets_of(found),
        "cards": [freeze_card(job) for job in jobs_shown(found.freeze_jobs)],
    }
    return render(request, "curation/exports.html", context)


def _freeze(
    request: HttpRequest, *, corpus: Corpus, validated_only: bool, **asked: Any
) -> HttpResponseRedirect:
    """Freeze what cannot be long while somebody waits; leave what may be to a worker."""
    if at_once(corpus, validated_only):
        subset = subset_freeze(corpus=corpus, validated_only=validated_only, **asked)
        messages.success(request, f"Frozen: {subset.clip_count} clips. Choose a format to export them.")
        return redirect("curation:subset", pk=subset.pk)
    job = freeze_request(corpus=corpus, validated_only=validated_only, **asked)
    wake(freeze_run, job_id=job.pk)
    return redirect("curation:exports", corpus=corpus.slug)


def _begin_with(chosen: ClipFilter) -> dict[str, Any]:
    """The tiers that were looked at in the browser, else sft; of clips that nobody settled, their proposals."""
    known = [word for word, _ in TIER_CHOICES]
    looked_at = [word for word in (chosen.verdict, *chosen.tiers) if word in known]
    return {"tiers": looked_at or ["sft"], "validated_only": "no" if chosen.verdict == "none" else "yes"}


def subset_count(request: HttpRequest, corpus: str) -> HttpResponse:
    """What freezing would take now, as a fragment beside the form."""
    found = corpus_or_404(request, corpus)
    tiers = request.GET.getlist("tiers")
    validated_only = request.GET.get("validated_only") != "no"
    problem, count = "", None
    try:
        chosen = filter_from_query(request.GET)
        count = subset_preview(corpus=found, tiers=tiers, validated_only=validated_only, chosen=chosen)
    except BadFilter as error:
        problem = error.sentence
    context = {"count": count, "problem": problem, "validated_only": validated_only}
    return render(request, "curation/_subset_count.html", context)


def subset_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One frozen list with its exports; a POST asks for another export of it."""
    subset = get_object_or_404(
        Subset.objects.select_related("corpus__active_policy", "policy", "frozen_by"), pk=pk
    )
    remember(request, subset.corpus)
    if request.method == "POST":
        try:
            job = export_request(
                subset=subset,
                format=request.POST.get("format", ""),
                to="" if request.POST.get("to") == "here" else None,
                by=request.user,
            )
        except RushesError as error:
            messages.error(request, f"No export was begun: {error.sentence}.")
        else:
            wake(export_run, job_id=job.pk)
        return redirect("curation:subset", pk=subset.pk)
    exportable = exportable_count(subset)
    context = {
        "corpus": subset.corpus,
        "subset": subset,
        "exportable": exportable,
        "held": held_count(subset),
        "words": subset_words(subset),
        "formats": [(name, writer.title) for name, writer in FORMATS.items()],
        "exports_to": settings.EXPORTS_TO,
        "cards": [export_card(job) for job in jobs_shown(subset.export_jobs)],
        # Each held all that was not yet withdrawn when it was written.
        "records": [
            (record, record.manifest["counts"]["clips"] - exportable) for record in records_of(subset)
        ],
    }
    return render(request, "curation/subset.html", context)


def export_file(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """One file of an export that was written: only what its manifest lists, and the manifest itself."""
    record = get_object_or_404(ExportRecord.objects.select_related("subset__corpus"), pk=pk)
    entries = {entry["name"]: entry["sha256"] for entry in record.manifest["files"]}
    sha256 = record.manifest_sha256 if name == MANIFEST else entries.get(name)
    if sha256 is None:
        raise Http404("this export has no such file")
    if name != MANIFEST and (held := withdrawn_in(record)):
        raise Gone(
            f"This export holds {held} clip{'s' if held > 1 else ''} withdrawn since it was written, so its files are no "
            "longer given out. Export the subset again: what was withdrawn stays out."
        )
    if "Range" not in request.headers:
        audit_write(
            actor=request.user,
            action="export.download",
            object=record,
            detail={"file": name},
            request=request,
        )
    etag, download = strong_etag(sha256), PurePosixPath(name).name
    try:
        if is_address(record.destination):
            return object_response(
                request, object_look(address_of(record.destination) / name), etag=etag, download=download
            )
        path = stored("exports", f"{record.destination}/{name}")
        size = path.stat().st_size
    except (ValueError, OSError, RushesError) as error:
        raise Http404("the files of this export are no longer in the store") from error
    return file_response(
        request, path, size=size, content_type="application/octet-stream", etag=etag, download=download
    )
