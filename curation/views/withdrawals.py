"""Withdrawing a source or a person, and what has left."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from curation.errors import RushesError
from curation.selectors.persons import person_get
from curation.selectors.sources import source_get
from curation.selectors.withdrawals import exports_holding, withdrawals_of
from curation.services.withdrawal import person_withdraw, source_withdraw
from curation.tasks import purge_due, wake
from curation.views.common import corpus_or_404, found_or_404


def source_withdraw_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a source with the reason given."""
    source = found_or_404(source_get, pk)
    return _withdraw(request, source, "source", lambda **kwargs: source_withdraw(source=source, **kwargs))


def person_withdraw_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a person with the reason given."""
    person = found_or_404(person_get, pk)
    return _withdraw(request, person, "person", lambda **kwargs: person_withdraw(person=person, **kwargs))


def _withdraw(request: HttpRequest, subject: Any, kind: str, withdraw: Any) -> HttpResponse:
    try:
        withdraw(reason=request.POST.get("reason", ""), by=request.user, request=request)
    except RushesError as error:
        messages.error(request, f"Nothing was withdrawn: {error.sentence}.")
        return redirect(f"curation:{kind}", pk=subject.pk)
    wake(purge_due)
    messages.success(request, "Withdrawn. No page shows it any more; its files are being purged.")
    return redirect("curation:withdrawals", corpus=subject.corpus.slug)


def withdrawal_list(request: HttpRequest, corpus: str) -> HttpResponse:
    """What left, why, whether its files are gone, and which past exports still hold it."""
    found = corpus_or_404(request, corpus)
    rows = [(each, exports_holding(each)) for each in withdrawals_of(found, limit=100)]
    return render(request, "curation/withdrawals.html", {"corpus": found, "rows": rows})
