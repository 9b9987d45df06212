"""Reading what a script sends, and answering it in JSON with typed errors."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse

from curation.errors import RushesError
from curation.manifests.rows import storable

_MOST_BYTES = 256 * 1024
_STATUS = {
    "not_found": 404,
    "not_yours": 403,
    "not_claimable": 403,
    "already_replaced": 409,
    "queue_closed": 409,
}


class BadRequest(RushesError):
    """What was sent cannot be read."""

    code = "bad_request"


JsonView = Callable[..., dict[str, Any]]


def json_view(view: JsonView) -> Callable[..., JsonResponse]:
    """A view that returns a plain dict; refusals become ``{"error": code, "message": sentence}``."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        try:
            return JsonResponse(view(request, *args, **kwargs))
        except RushesError as error:
            return JsonResponse(
                {"error": error.code, "message": error.sentence}, status=_STATUS.get(error.code, 400)
            )

    return answer


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body; raises ``BadRequest``."""
    if len(request.body) > _MOST_BYTES:
        raise BadRequest("that is too much for one message")
    try:
        found = json.loads(request.body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadRequest("the body is no JSON, or nested too deeply") from None
    if not storable(found):
        raise BadRequest("the body holds characters that cannot be kept, such as zero bytes")
    if not isinstance(found, dict):
        raise BadRequest("the body must be a JSON object")
    return found


def uuid_of(value: Any, name: str) -> uuid.UUID:
    """A UUID; raises ``BadRequest`` naming the field."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise BadRequest(f"{name} must be a UUID") from None


def integer_of(value: Any, name: str) -> int:
    """A whole number; raises ``BadRequest`` naming the field."""
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise BadRequest(f"{name} must be a whole number")
    return value


def integers_of(value: Any, name: str) -> list[int]:
    """A list of at most 100 whole numbers; absent is empty."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 100:
        raise BadRequest(f"{name} must be a short list of whole numbers")
    return [integer_of(one, name) for one in value]


def text_of(value: Any, name: str, most: int = 4000) -> str:
    """Text; absent is empty. Raises ``BadRequest`` for anything else or too much."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most or "\x00" in value:
        raise BadRequest(f"{name} must be text of at most {most} characters")
    return value


def number_of(value: Any, name: str) -> float | None:
    """A finite number or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e12:
        raise BadRequest(f"{name} must be a number")
    return float(value)
