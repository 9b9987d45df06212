"""Error pages that need the frame."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from curation.config.access import wants_json
from curation.errors import Gone


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, saying what the refusing code said."""
    return render(request, "403.html", {"message": str(exception or "")}, status=403)


class GoneMiddleware:
    """What was withdrawn answers 410 with when and why, wherever a view meets it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Gone):
            return None
        if wants_json(request):
            return JsonResponse({"error": exception.code, "message": exception.sentence}, status=410)
        return render(request, "410.html", {"message": exception.sentence}, status=410)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not fit: an old page, another login meanwhile, or another site's doing."""
    message = "This page was too old to be sent, or cookies are off. Nothing was changed: load the page again, then repeat it."
    if wants_json(request):
        return JsonResponse({"error": "csrf", "message": message}, status=403)
    return render(request, "403.html", {"message": message}, status=403)
