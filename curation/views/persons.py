"""Persons: the list of a corpus, and the page of one identity."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from curation.selectors import persons
from curation.views.common import corpus_or_404, found_or_404, place, remember


def person_list(request: HttpRequest, corpus: str) -> HttpResponse:
    """The people of a corpus."""
    found = corpus_or_404(request, corpus)
    page = persons.persons_page(found, **place(request))
    return render(request, "curation/persons.html", {"corpus": found, "page": page})


def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One identity: where they are seen and heard, their clips, what is said of them and by whom."""
    person = found_or_404(persons.person_get, pk)
    remember(request, person.corpus)
    context = {"corpus": person.corpus, "person": person, "detail": persons.person_detail(person)}
    return render(request, "curation/person.html", context)
