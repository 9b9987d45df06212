"""Certificates: of a corpus, of a subset, one to print, one to download, and issuing them."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from annotation.certificates import percent
from annotation.forms_estimates import CertifyForm
from annotation.models import Queue
from annotation.selectors.certificates import audits_of_subset, certificates_of, subsets_of_audit
from annotation.selectors.queues import queue_progress
from annotation.services.certificates import certificate_issue, certification_open
from curation.config.access import may
from curation.errors import RushesError
from curation.models import Certificate, Subset
from curation.templatetags.rushes import sentence
from curation.views.common import corpus_or_404, remember


def certificates(request: HttpRequest, corpus: str) -> HttpResponse:
    """What was certified in a corpus, and the frozen subsets that could be."""
    found = corpus_or_404(request, corpus)
    context = {
        "corpus": found,
        "certificates": list(certificates_of(found)[:200]),
        "subsets": list(Subset.objects.filter(corpus=found).order_by("-id")[:50]),
    }
    return render(request, "annotation/certificates.html", context)


def certify(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan an audit of a frozen subset; its earlier audits and certificates beside. A POST draws it."""
    subset = get_object_or_404(Subset.objects.select_related("corpus__active_policy", "policy"), pk=pk)
    remember(request, subset.corpus)
    form = CertifyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            queue = certification_open(
                subset=subset,
                size=form.cleaned_data["size"],
                target=form.cleaned_data["target"] / 100.0,
                reading=form.cleaned_data["reading"],
                overlap=form.cleaned_data["overlap"],
                created_by=request.user,  # type: ignore[arg-type]
            )
        except RushesError as error:
            form.add_error(None, sentence(error.sentence))
        else:
            messages.success(request, f"“{queue.name}” is open with {queue.items.count()} clips, blind.")
            return redirect("annotation:estimates", pk=queue.pk)
    context = {
        "corpus": subset.corpus,
        "subset": subset,
        "form": form,
        "audits": [{"queue": one, "progress": queue_progress(one)} for one in audits_of_subset(subset)[:20]],
        "certificates": certificates_of(subset.corpus).filter(subset=subset),
        "may_draw": may(request.user, "annotation:certify", "POST"),
    }
    return render(request, "annotation/certify.html", context)


def certificate_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Certify the subset that an audit was drawn from, as the judgments stand."""
    queue = get_object_or_404(Queue.objects.select_related("draw", "rubric_version__rubric", "corpus"), pk=pk)
    subset = subsets_of_audit(queue).select_related("corpus", "policy").first()
    if subset is None:
        messages.error(
            request, "No frozen subset has the list that this audit was drawn from. Freeze one first."
        )
        return redirect("annotation:estimates", pk=pk)
    try:
        made = certificate_issue(queue=queue, subset=subset, by=request.user)  # type: ignore[arg-type]
    except RushesError as error:
        messages.error(request, f"Nothing was certified: {error.sentence}.")
        return redirect("annotation:estimates", pk=pk)
    messages.success(request, "Certified. It is kept for good.")
    return redirect("annotation:certificate", pk=made.pk)


def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """One page to read and to print."""
    found = get_object_or_404(Certificate.objects.select_related("subset__corpus", "issued_by"), pk=pk)
    remember(request, found.subset.corpus)
    document = found.document
    context = {
        "corpus": found.subset.corpus,
        "certificate": found,
        "document": document,
        "target": percent(document["settings"]["target"]),
        "sequence": document["settings"]["reading"] == "sequence",
        "audit": Queue.objects.filter(
            pk=document["draw"]["queue"], draw__seed=document["draw"]["seed"]
        ).first(),
    }
    return render(request, "annotation/certificate.html", context)


def certificate_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The document itself, to keep and to verify."""
    found = get_object_or_404(Certificate.objects.select_related("subset"), pk=pk)
    text = json.dumps(found.document, ensure_ascii=False, indent=2) + "\n"
    name = f"certificate-{found.pk}-{found.document_sha256[:12]}.json"
    return HttpResponse(
        text,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
