"""The audit log, for admins and auditors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from curation.selectors.audit import audit_actions, audit_filter, audit_page
from curation.views.common import place


def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what to what, when, from where."""
    wanted = audit_filter(request.GET)
    page = audit_page(wanted, before=place(request).get("before"))
    return render(
        request, "curation/audit.html", {"page": page, "wanted": wanted, "actions": audit_actions()}
    )
