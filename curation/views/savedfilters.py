"""Saved filters: keep one, go to one, remove one."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from curation.errors import RushesError
from curation.models import SavedFilter
from curation.selectors.clipfilter import filter_from_dict, filter_from_query, filter_query
from curation.services.savedfilters import filter_remove, filter_save
from curation.views.common import corpus_or_404


def filter_save_view(request: HttpRequest, corpus: str) -> HttpResponse:
    """Keep the filter of the address under the name sent."""
    found = corpus_or_404(request, corpus)
    back = f"{reverse('curation:clips', args=[found.slug])}?{request.GET.urlencode()}"
    try:
        saved = filter_save(
            corpus=found,
            name=request.POST.get("name", ""),
            chosen=filter_from_query(request.GET),
            by=request.user,
        )
    except RushesError as error:
        messages.error(request, f"Nothing was saved: {error.sentence}.")
        return redirect(back)
    messages.success(request, f"Saved as “{saved.name}”. Everybody who works on this corpus sees it.")
    return redirect(back)


def filter_open(request: HttpRequest, corpus: str, pk: int) -> HttpResponse:
    """The clips that a saved filter stands for now."""
    found = corpus_or_404(request, corpus)
    saved = get_object_or_404(SavedFilter, corpus=found, pk=pk)
    query = urlencode(filter_query(filter_from_dict(saved.filter)), doseq=True)
    return redirect(f"{reverse('curation:clips', args=[found.slug])}?{query}")


def filter_remove_view(request: HttpRequest, corpus: str, pk: int) -> HttpResponse:
    """Forget a saved filter."""
    found = corpus_or_404(request, corpus)
    saved = get_object_or_404(SavedFilter, corpus=found, pk=pk)
    filter_remove(saved=saved)
    messages.info(request, f"“{saved.name}” is removed. Subsets made from it are not touched.")
    return redirect("curation:clips", corpus=found.slug)
