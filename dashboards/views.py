"""Thin views: who may see a dashboard is the access table's to say; what is on it, Dash's."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from curation.config.access import may
from curation.errors import RushesError
from curation.models import Corpus, Policy
from curation.policies.errors import PolicyError
from curation.selectors.browser import PAGE, clip_rows
from dashboards.agreement import AGREEMENT
from dashboards.behind import clips_finder
from dashboards.bundles import bundle_response
from dashboards.csvfile import csv_response
from dashboards.data.behind import NoSuchNumber
from dashboards.data.draft import base_policy
from dashboards.errors import NoSuchBundle
from dashboards.mount import Dashboard
from dashboards.operations import OPERATIONS
from dashboards.saving import draft_save
from dashboards.subgroups import SUBGROUPS
from dashboards.tables import table_maker
from dashboards.thresholds import THRESHOLDS

ALL = (AGREEMENT, THRESHOLDS, SUBGROUPS, OPERATIONS)


def agreement(request: HttpRequest, corpus: str) -> HttpResponse:
    """How far the filters and people agree."""
    return _page(request, AGREEMENT, corpus)


def agreement_inside(request: HttpRequest, inside: str) -> HttpResponse:
    """Scripts, layout and callbacks of the agreement dashboard."""
    return AGREEMENT.inside(request, inside)


def thresholds(request: HttpRequest, corpus: str) -> HttpResponse:
    """What other numbers would keep; curators save and activate from here."""
    found = get_object_or_404(Corpus.objects.select_related("active_policy"), slug=corpus)
    base = base_policy(found, request.GET.dict())
    context = {
        "base": base,
        "may_save": may(request.user, "dashboards:thresholds-save", "POST"),
        "next_number": (Policy.objects.filter(corpus=found).aggregate(last=Max("number"))["last"] or 0) + 1,
        "below": "dashboards/_save.html" if base is not None else "",
    }
    return _page(request, THRESHOLDS, corpus, **context)


def thresholds_inside(request: HttpRequest, inside: str) -> HttpResponse:
    """Scripts, layout and callbacks of the thresholds dashboard. None of them writes."""
    return THRESHOLDS.inside(request, inside)


def thresholds_save(request: HttpRequest, corpus: str) -> HttpResponse:
    """Save the draft of an address as the next policy, and show what activating it would do."""
    found = get_object_or_404(Corpus.objects.select_related("active_policy"), slug=corpus)
    page = reverse("dashboards:thresholds", args=[corpus])
    asked = dict(parse_qsl(request.POST.get("state", "").lstrip("?")[:4000]))
    try:
        policy = draft_save(
            corpus=found, asked=asked, why=request.POST.get("why", ""), by=request.user, request=request
        )
    except (RushesError, PolicyError) as error:
        messages.error(request, f"Nothing was saved: {getattr(error, 'sentence', error)}.")
        return redirect(f"{page}?{urlencode(asked)}")
    messages.success(
        request, f"Saved as policy {policy.number}. It is not active yet: look, then activate it below."
    )
    return redirect(f"{page}?policy={policy.number}")


def subgroups(request: HttpRequest, corpus: str) -> HttpResponse:
    """Each subgroup against the rest."""
    return _page(request, SUBGROUPS, corpus)


def subgroups_inside(request: HttpRequest, inside: str) -> HttpResponse:
    """Scripts, layout and callbacks of the subgroups dashboard."""
    return SUBGROUPS.inside(request, inside)


def operations(request: HttpRequest, corpus: str) -> HttpResponse:
    """Is the work going on?"""
    return _page(request, OPERATIONS, corpus)


def operations_inside(request: HttpRequest, inside: str) -> HttpResponse:
    """Scripts, layout and callbacks of the operations dashboard."""
    return OPERATIONS.inside(request, inside)


def bundle(request: HttpRequest, release: str, package: str, inside: str) -> HttpResponse:
    """A script of Dash or Plotly, the same for all dashboards."""
    try:
        return bundle_response(request, release, package, inside)
    except NoSuchBundle as error:
        raise Http404(str(error)) from error


def table_csv(request: HttpRequest, corpus: str, dashboard: str, table: str) -> HttpResponse:
    """The numbers of one figure as CSV, for the view that the address describes."""
    get_object_or_404(Corpus, slug=corpus)
    make = table_maker(dashboard, table)
    if make is None:
        raise Http404(f"no such table: {dashboard}/{table}")
    return csv_response(f"{corpus}-{dashboard}-{table}.csv", make(corpus, request.GET.dict()))


def behind(request: HttpRequest, corpus: str, dashboard: str, number: str) -> HttpResponse:
    """The clips behind one number of a dashboard, as many as it says."""
    found = get_object_or_404(Corpus.objects.select_related("active_policy"), slug=corpus)
    find = clips_finder(dashboard, number)
    if find is None:
        raise Http404(f"no such number: {dashboard}/{number}")
    try:
        made = find(corpus, request.GET.dict())
    except NoSuchNumber as error:
        raise Http404(f"the dashboard shows no such number: {error}") from error
    page = Paginator(made.ids, PAGE).get_page(request.GET.get("page"))
    state = request.GET.copy()
    state.pop("page", None)
    context = {
        "corpus": found,
        "behind": made,
        "dashboard": next(each for each in ALL if each.name == dashboard),
        "back": f"{reverse(f'dashboards:{dashboard}', args=[corpus])}?{state.urlencode()}",
        "page": page,
        "rows": clip_rows(found, [int(pk) for pk in page]),
    }
    request.corpus = found  # type: ignore[attr-defined]
    return render(request, "dashboards/behind.html", context)


def _page(request: HttpRequest, dashboard: Dashboard, slug: str, **context: Any) -> HttpResponse:
    found = get_object_or_404(Corpus, slug=slug)
    request.corpus = found  # type: ignore[attr-defined]
    ways = [
        {
            "label": each.title,
            "url": reverse(f"dashboards:{each.name}", args=[slug]),
            "active": each is dashboard,
        }
        for each in ALL
        if may(request.user, f"dashboards:{each.name}")
    ]
    return dashboard.page(request, {"corpus": found, "dashboard_ways": ways, **context})
