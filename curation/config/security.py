"""The content security policy: everything from this site, no inline script or style."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse

from curation.storage.renditions import presigned_origin

POLICY: Mapping[str, str] = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "media-src": "'self' blob: data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def policy_text(changes: Mapping[str, str] | None = None) -> str:
    """The header's value, with single directives replaced. Who opted into presigned addresses lets players, and only
    them, fetch from that one origin."""
    directives = {**POLICY, **(changes or {})}
    if origin := presigned_origin():
        directives["media-src"] += f" {origin}"
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def csp_relax(response: HttpResponse, **directives: str) -> HttpResponse:
    """Replace directives for one response: `csp_relax(response, script_src="'self' 'unsafe-inline'")`.

    For pages whose library writes inline script or style itself (Dash); nothing else should need it.
    """
    changes = {name.replace("_", "-"): value for name, value in directives.items()}
    response.csp_changes = changes  # type: ignore[attr-defined]
    return response


class ContentSecurityPolicy:
    """Sets the policy on every response, changed only where a view called `csp_relax`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = policy_text(getattr(response, "csp_changes", None))
        return response


class PlainAddresses:
    """Refuses an address with a NUL in its query, which no text of the database can hold and no page asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query or "\x00" in query:
            said = "The address holds a character that no text has."
            if request.path.startswith("/api/"):
                return JsonResponse({"error": "bad_address", "message": said}, status=400)
            return HttpResponseBadRequest(f"{said}\n", content_type="text/plain; charset=utf-8")
        return self.get_response(request)


class PrivatePages:
    """What somebody signed in was shown stays with their browser, and is asked for again: not after signing out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-cache"
        return response
