"""Who asks: a bearer token instead of a session. Sessions count for nothing here, so no page can be made to ask."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from curation.services.tokens import token_use

log = logging.getLogger("rushes.api")
PATH = "/api/"
_READING = ("GET", "HEAD", "OPTIONS")


class ApiTokens:
    """Puts the token's login in the place of the session's below ``/api/``; the access table then decides as ever."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PATH):
            return self.get_response(request)
        request.user = AnonymousUser()
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            try:
                used = token_use(secret=secret.strip())
            except OperationalError as error:
                return database_away(error)
            if used is None:
                return problem(401, "bad_token", "This token does not hold: unknown, revoked, or expired.")
            if used.wait_s is not None:
                response = problem(429, "too_many", f"Too many requests; go on in {used.wait_s} s.")
                response.headers["Retry-After"] = str(used.wait_s)
                return response
            request.user = used.token.user
            request.api_token = used.token  # type: ignore[attr-defined]
            if request.method in _READING and "read" not in used.token.scopes:
                return problem(403, "wrong_scope", "This token's scopes do not include read.")
        answer = _as_json(self.get_response(request))
        answer.headers["Cache-Control"] = "private, no-store"
        return answer


_SAID = {
    404: ("not_found", "This address leads nowhere; /api/v1/openapi.json lists those that there are."),
    405: ("method_not_allowed", "This address does not answer that method."),
}


def _as_json(response: HttpResponse) -> HttpResponse:
    """What the site says in HTML where no operation was met, said as the API says it."""
    if response.status_code not in _SAID or response.headers.get("Content-Type", "").startswith(
        "application/json"
    ):
        return response
    told = problem(response.status_code, *_SAID[response.status_code])
    if "Allow" in response.headers:
        told.headers["Allow"] = response.headers["Allow"]
    if refused := getattr(response, "refused_by_table", False):
        told.refused_by_table = refused  # type: ignore[attr-defined]
    return told


def problem(status: int, code: str, message: str) -> JsonResponse:
    """An error as every part of the API says it."""
    response = JsonResponse({"error": code, "message": message}, status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="rushes"'
    return response


def database_away(error: BaseException) -> JsonResponse:
    """503, to be tried again; why stands in the log."""
    log.error("the database did not answer: %s", error)
    answer = problem(503, "database_away", "The database does not answer at the moment; try again soon.")
    answer.headers["Retry-After"] = "5"
    return answer


def has_scope(request: Any, scope: str) -> bool:
    """Whether the asking token may do what ``scope`` names."""
    return scope in getattr(request, "api_token").scopes  # noqa: B009 - set by the middleware
