"""The one table of who may do what: route name × method → roles. What is not in it is refused.

Every app adds its lines here; ``tests/test_access.py`` walks the URL configuration and fails for a route that is
missing. The middleware enforces the table before any view runs, so a view needs no decorator of its own.
Permissions that depend on the object (a withdrawn clip, another rater's slot) stay with the view and its service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url

Roles = frozenset[str]

PUBLIC: Final[Roles] = frozenset({"public"})
ANNOTATOR: Final[Roles] = frozenset({"annotator"})
CURATOR: Final[Roles] = frozenset({"curator"})
AUDITOR: Final[Roles] = frozenset({"auditor"})
ADMIN: Final[Roles] = frozenset({"admin"})
ANY: Final[Roles] = ANNOTATOR | CURATOR | AUDITOR | ADMIN
# Raters of blind queues must not meet scores and proposals elsewhere: clips and policies are not for annotators.
STAFF: Final[Roles] = CURATOR | AUDITOR

_SITE: dict[str, dict[str, Roles]] = {
    "home": {"GET": ANY},
    "login": {"GET": PUBLIC, "POST": PUBLIC},
    "logout": {"POST": ANY},
    "account": {"GET": ANY, "POST": ANY},
    "account-session-end": {"POST": ANY},
    "invitation": {"GET": PUBLIC, "POST": PUBLIC},
    "people": {"GET": ADMIN, "POST": ADMIN},
    "person-active": {"POST": ADMIN},
    "invitation-revoke": {"POST": ADMIN},
    "audit": {"GET": AUDITOR},
    "healthz": {"GET": PUBLIC},
    "readyz": {"GET": PUBLIC},
    # To this machine, or to whoever holds METRICS_TOKEN: the view sees to it.
    "metrics": {"GET": PUBLIC},
}
_CURATION: dict[str, dict[str, Roles]] = {
    "curation:corpus": {"GET": ANY},
    "curation:clips": {"GET": STAFF},
    "curation:filter-save": {"POST": STAFF},
    "curation:filter": {"GET": STAFF},
    "curation:filter-remove": {"POST": STAFF},
    "curation:clip": {"GET": STAFF},
    "curation:sources": {"GET": STAFF},
    "curation:source": {"GET": STAFF},
    "curation:source-withdraw": {"POST": CURATOR},
    "curation:persons": {"GET": STAFF},
    "curation:person": {"GET": STAFF},
    "curation:person-withdraw": {"POST": CURATOR},
    "curation:withdrawals": {"GET": STAFF},
    "curation:failures": {"GET": STAFF},
    "curation:policies": {"GET": STAFF, "POST": CURATOR},
    "curation:policy": {"GET": STAFF},
    "curation:policy-activate": {"POST": CURATOR},
    "curation:policy-progress": {"GET": STAFF},
    "curation:exports": {"GET": STAFF, "POST": AUDITOR},
    "curation:subset-count": {"GET": STAFF},
    "curation:freeze-job": {"GET": STAFF},
    "curation:freeze-cancel": {"POST": AUDITOR},
    "curation:subset": {"GET": STAFF, "POST": AUDITOR},
    "curation:benchmarks": {"GET": STAFF, "POST": AUDITOR},
    "curation:benchmark-new": {"GET": AUDITOR, "POST": AUDITOR},
    "curation:benchmark": {"GET": STAFF},
    "curation:split-new": {"GET": AUDITOR, "POST": AUDITOR},
    "curation:split": {"GET": STAFF},
    "curation:export-job": {"GET": STAFF},
    "curation:export-cancel": {"POST": AUDITOR},
    "curation:export-file": {"GET": STAFF},
    "curation:rendition": {"GET": ANY},
}
# By token, with the roles that the same things have as pages; what asks for work needs the token's scope besides.
_API: dict[str, dict[str, Roles]] = {
    "tokens": {"GET": ANY, "POST": ANY},
    "token-revoke": {"POST": ANY},
    "openapi": {"GET": PUBLIC},
    "api:api-root": {"GET": ANY},
    "api:corpora": {"GET": ANY},
    "api:corpus": {"GET": ANY},
    "api:clips": {"GET": STAFF},
    "api:clip": {"GET": STAFF},
    "api:clip-scores": {"GET": STAFF},
    "api:scores": {"GET": STAFF},
    "api:policies": {"GET": STAFF},
    "api:policy": {"GET": STAFF},
    "api:subsets": {"GET": STAFF},
    "api:exports": {"GET": STAFF},
    "api:certificates": {"GET": STAFF},
    "api:benchmarks": {"GET": STAFF},
    "api:benchmark-leaks": {"GET": STAFF},
    "api:splits": {"GET": STAFF},
    "api:queues": {"GET": STAFF},
    "api:estimates": {"GET": STAFF},
    "api:judgments": {"GET": STAFF},
    "api:export-new": {"POST": AUDITOR},
    "api:export-job": {"GET": STAFF},
    "api:export-job-cancel": {"POST": AUDITOR},
    "api:ingest-new": {"POST": CURATOR},
    "api:ingest": {"GET": STAFF},
    "api:ingest-cancel": {"POST": CURATOR},
}
_ANNOTATION: dict[str, dict[str, Roles]] = {
    "annotation:queues": {"GET": ANY},
    "annotation:queue": {"GET": ANY},
    "annotation:queue_new": {"GET": CURATOR | AUDITOR, "POST": CURATOR | AUDITOR},
    "annotation:queue_state": {"POST": CURATOR | AUDITOR},
    "annotation:work": {"GET": ANY},
    "annotation:claim": {"POST": ANY},
    "annotation:leases": {"POST": ANY},
    "annotation:judgments": {"POST": ANY},
    "annotation:retract": {"POST": ANY},
    "annotation:draft": {"POST": ANY},
    "annotation:report": {"POST": ANY},
    "annotation:report_resolve": {"POST": CURATOR},
    "annotation:progress": {"GET": ANY},
    "annotation:item_context": {"GET": ANY},
    "annotation:original": {"POST": ANY},
    "annotation:me": {"GET": ANY},
    "annotation:rounds": {"GET": ANY, "POST": CURATOR},
    "annotation:round": {"GET": ANY},
    "annotation:round_close": {"POST": CURATOR},
    "annotation:round_decide": {"POST": CURATOR},
    # Raters of blind queues must not learn how the filters do.
    "annotation:agreement_headline": {"GET": STAFF},
    "annotation:estimates": {"GET": STAFF},
    "annotation:estimate_clips": {"GET": STAFF},
    "annotation:sample_plan": {"GET": STAFF},
    "annotation:certificates": {"GET": STAFF},
    "annotation:certificate": {"GET": STAFF},
    "annotation:certificate_file": {"GET": STAFF},
    "annotation:certificate_issue": {"POST": AUDITOR},
    "annotation:certify": {"GET": STAFF, "POST": AUDITOR},
}
_DASHBOARDS: dict[str, dict[str, Roles]] = {
    "dashboards:agreement": {"GET": STAFF},
    "dashboards:agreement-inside": {"GET": STAFF, "POST": STAFF},
    "dashboards:thresholds": {"GET": STAFF},
    "dashboards:thresholds-inside": {"GET": STAFF, "POST": STAFF},
    "dashboards:thresholds-save": {"POST": CURATOR},
    "dashboards:subgroups": {"GET": STAFF},
    "dashboards:subgroups-inside": {"GET": STAFF, "POST": STAFF},
    "dashboards:operations": {"GET": STAFF},
    "dashboards:operations-inside": {"GET": STAFF, "POST": STAFF},
    "dashboards:table-csv": {"GET": STAFF},
    "dashboards:behind": {"GET": STAFF},
    "dashboards:bundle": {"GET": STAFF},
}

ACCESS: Final[Mapping[str, Mapping[str, Roles]]] = {
    **_SITE,
    **_CURATION,
    **_API,
    **_ANNOTATION,
    **_DASHBOARDS,
}


class RouteNotInTable(ImproperlyConfigured):
    """A route has no line in the access table; outside production this is an error, in production a refusal."""


def methods_of(route: str) -> Mapping[str, Roles]:
    """The methods that ``route`` answers, each with its roles; raises ``RouteNotInTable``."""
    try:
        return ACCESS[route]
    except KeyError:
        raise RouteNotInTable(
            f"the route {route!r} has no line in curation/config/access.py: say who may use which method"
        ) from None


def roles_for(route: str, method: str) -> Roles | None:
    """Who may send ``method`` to ``route``; None where the method is not answered at all. HEAD follows GET."""
    return methods_of(route).get("GET" if method == "HEAD" else method)


def may(user: Any, route: str, method: str = "GET") -> bool:
    """Whether ``user`` may send ``method`` to ``route``: for hiding links that would be refused."""
    if route not in ACCESS:
        return False
    roles = roles_for(route, method)
    if roles is None:
        return False
    return roles is PUBLIC or (user.is_authenticated and user.has_role(*roles))


class AccessMiddleware:
    """Refuses, before the view runs, whatever the table does not allow."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        refusal = self._refusal(request)
        if refusal is not None:
            # Lets the tests tell a refusal by the table from one that a view itself utters.
            refusal.refused_by_table = True  # type: ignore[attr-defined]
        return refusal

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        match = request.resolver_match
        route = match.view_name if match else ""
        try:
            methods = methods_of(route)
        except RouteNotInTable:
            if settings.MODE == "production":
                return _forbidden(request)
            raise
        roles = roles_for(route, request.method or "")
        if roles is PUBLIC:
            return None
        user: Any = request.user
        if not user.is_authenticated:
            return _sign_in_first(request)
        if roles is None:
            return HttpResponseNotAllowed([*methods, *(["HEAD"] if "GET" in methods else [])])
        if not user.has_role(*roles):
            return _forbidden(request)
        return None


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks that reads JSON rather than a page."""
    if request.path.startswith("/api/"):
        return True
    return request.content_type == "application/json" or (
        "application/json" in request.headers.get("Accept", "")
        and "text/html" not in request.headers.get("Accept", "")
    )


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _is_subresource(request: HttpRequest) -> bool:
    """A picture, a video or a fetch: a redirect to a page of HTML would only confuse it."""
    return request.headers.get("Sec-Fetch-Dest", "document") not in ("document", "iframe", "frame")


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    come_back = request.get_full_path() if request.method in ("GET", "HEAD") else resolve_url("home")
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': come_back})}"
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"error": "no_token", "message": "Send a token: Authorization: Bearer rushes_…"},
            status=401,
            headers={"WWW-Authenticate": 'Bearer realm="rushes"'},
        )
    if wants_json(request):
        return JsonResponse(
            {"error": "not_signed_in", "message": "Your session has ended. Sign in, then send it again."},
            status=401,
        )
    if _is_fragment(request):
        here = (getattr(request, "htmx", None) and request.htmx.current_url_abs_path) or resolve_url("home")  # type: ignore[attr-defined]
        return HttpResponse(
            status=401,
            headers={"HX-Redirect": f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}"},
        )
    if _is_subresource(request):
        return HttpResponse("Sign in first.", status=401, content_type="text/plain; charset=utf-8")
    return HttpResponseRedirect(address)


def _forbidden(request: HttpRequest) -> HttpResponse:
    message = "Your role does not include this. An admin can change roles."
    if wants_json(request):
        return JsonResponse({"error": "wrong_role", "message": message}, status=403)
    if _is_fragment(request) or _is_subresource(request):
        return HttpResponse(message, status=403, content_type="text/plain; charset=utf-8")
    return render(request, "403.html", {"message": message}, status=403)
