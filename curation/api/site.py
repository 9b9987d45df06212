"""The API as one: routers of every app (by string only), errors in one form, the OpenAPI document."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from curation.api.schemas import Problem
from curation.api.tokens import database_away, problem
from curation.errors import Gone, NotFound, RushesError
from curation.version import VERSION

log = logging.getLogger("rushes.api")
_DESCRIPTION = (
    "Reading what pages show, and asking for ingests and exports. Send a token of your account page as "
    "`Authorization: Bearer rushes_…`. Lists are paged by key: send `next` as `after`. "
    "Times are seconds of presentation time; a score that is absent was not measured."
)
_STATUS: dict[str, int] = {"wrong_scope": 403}

api = NinjaAPI(
    title="Rushes",
    version=VERSION,
    description=_DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    openapi_extra={
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    },
)
_ROUTERS = (
    "curation.api.facts.router",
    "curation.api.benchmarks.router",
    "curation.api.jobs.router",
    "annotation.api.router",
    "annotation.api_estimates.router",
)
for _router in _ROUTERS:
    if find_spec(_router.rpartition(".")[0]):
        api.add_router("", import_string(_router))


@api.exception_handler(RushesError)
def refused(request: HttpRequest, error: Any) -> HttpResponse:
    """A typed refusal: 404, 410, 403 or 400, with its code and sentence."""
    status = 410 if isinstance(error, Gone) else 404 if isinstance(error, NotFound) else 400
    return problem(_STATUS.get(error.code, status), error.code, error.sentence)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """A parameter or body that does not fit: which, and why; never what was sent."""
    told = "; ".join(
        f"{'.'.join(str(step) for step in each['loc'][1:])}: {each['msg']}" for each in error.errors
    )
    return problem(422, "invalid", told)


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: Any) -> HttpResponse:
    """What the framework refuses by itself, such as a body that is no JSON."""
    return problem(error.status_code, "invalid", str(error))


@api.exception_handler(OperationalError)
def unavailable(request: HttpRequest, error: Any) -> HttpResponse:
    """The database is away, or gave up after its longest time."""
    return database_away(error)


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Any) -> HttpResponse:
    """What nobody foresaw: all of it in the log, under the request's id; nothing of it here."""
    log.error("%s", type(error).__name__, exc_info=error)
    return problem(
        500, "broken", "Something broke here. The log says more, under this answer's X-Request-Id."
    )


def document() -> dict[str, Any]:
    """The OpenAPI document with the errors that any operation may answer."""
    schema: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/v1/")
    schema["components"].setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    refusal = {
        "description": "refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in schema["paths"].values():
        for operation in operations.values():
            for status in (400, 401, 403, 404, 410, 422, 429, 500, 503):
                operation["responses"].setdefault(status, refusal)
    return schema
