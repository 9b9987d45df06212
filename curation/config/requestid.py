"""One id for everything that a request, or a task, leads to: in its log lines, its audit events, its answer."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_task_id: ContextVar[str] = ContextVar("task_id", default="")
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,40}\Z")
log = logging.getLogger("rushes.request")


def current_request_id() -> str:
    """Of the request at hand; empty outside one."""
    return _request_id.get()


def current_task_id() -> str:
    """Of the Celery task at hand; empty outside one."""
    return _task_id.get()


def task_begins(task_id: str) -> None:
    """Log lines name this task from now on."""
    _task_id.set(task_id)


class RequestIds:
    """Gives each request its id (a proxy's own, where there is one) and writes a line about it without personal data."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "") if settings.BEHIND_PROXY else ""
        mark = _request_id.set(given if _GIVEN.match(given) else uuid.uuid4().hex)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = _request_id.get()
            match = request.resolver_match
            # The route, not the address: an address may hold a token or a name.
            log.info(
                "%s %s %d",
                request.method if request.method in _METHODS else "other",
                match.view_name if match else "-",
                response.status_code,
                extra={"ms": round(1000 * (time.perf_counter() - began), 1)},
            )
            return response
        finally:
            _request_id.reset(mark)


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
