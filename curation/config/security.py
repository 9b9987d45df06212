"""The content security policy: everything from this site, no inline script or style."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse

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
