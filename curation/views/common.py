"""What several views share: the corpus of an address, facts or a 404, and the place in a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from curation.errors import Gone, NotFound
from curation.models import Corpus
from curation.selectors.clipfilter import filter_from_dict, filter_query

Found = TypeVar("Found")


def corpus_or_404(request: HttpRequest, slug: str) -> Corpus:
    """The corpus of the address; remembered in the session, so that pages without one know where we were."""
    corpus = get_object_or_404(Corpus.objects.select_related("active_policy"), slug=slug)
    return remember(request, corpus)


def remember(request: HttpRequest, corpus: Corpus) -> Corpus:
    """Make ``corpus`` the one that the frame of this page, and of later ones, names."""
    request.corpus = corpus  # type: ignore[attr-defined]
    if request.session.get("corpus") != corpus.slug:
        request.session["corpus"] = corpus.slug
    return corpus


def found_or_404(get: Callable[..., Found], *args: Any) -> Found:
    """What the selector finds; its ``NotFound`` as a 404, ``Gone`` left for the middleware to say as a 410."""
    try:
        return get(*args)
    except Gone:
        raise
    except NotFound as error:
        raise Http404(error.sentence) from error


def saved_queries(corpus: Corpus) -> list[tuple[str, str]]:
    """``(name, query)`` of the filters saved for ``corpus``, the query as the clip browser's address has it."""
    return [
        (each.name, urlencode(filter_query(filter_from_dict(each.filter)), doseq=True))
        for each in corpus.saved_filters.all()
    ]


def place(request: HttpRequest) -> dict[str, int]:
    """``after`` or ``before`` of the address, whichever is there and a number; a broken one is the beginning."""
    for name in ("before", "after"):
        text = request.GET.get(name, "")
        if text.isascii() and text.isdigit() and len(text) <= 18:
            return {name: int(text)}
    return {}
