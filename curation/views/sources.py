"""Sources, and what could not be taken or measured."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from curation.selectors import overview, sources
from curation.selectors.policies import default_origin
from curation.selectors.withdrawals import source_reach
from curation.views.common import corpus_or_404, found_or_404, place, remember


def source_list(request: HttpRequest, corpus: str) -> HttpResponse:
    """The videos of a corpus."""
    found = corpus_or_404(request, corpus)
    page = sources.sources_page(found, state=request.GET.get("state", ""), **place(request))
    return render(request, "curation/sources.html", {"corpus": found, "page": page})


def source_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One video: what it is, its clips in time, what became no clip, and its scoring."""
    source = found_or_404(sources.source_get, pk)
    remember(request, source.corpus)
    context = {
        "corpus": source.corpus,
        "source": source,
        "detail": sources.source_detail(source),
        "reach": source_reach(source),
    }
    return render(request, "curation/source.html", context)


def failures(request: HttpRequest, corpus: str) -> HttpResponse:
    """Files refused, videos that could not be read, work that failed: each with its reason."""
    found = corpus_or_404(request, corpus)
    context = {
        "corpus": found,
        "refused": sources.refused_files(found),
        "failed": sources.failed_sources(found),
        "work": overview.scoring_failures(found),
        "lacking": [
            state
            for state in overview.scorer_states(found, default_origin(found)).values()
            if not state.is_available
        ],
    }
    return render(request, "curation/failures.html", context)
