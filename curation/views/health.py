"""Whether the site answers, whether it is fit for work, and its numbers for a monitor."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu import Connection as Broker

from curation.monitoring import exposition, readings
from curation.storage import shelf


def healthz(request: HttpRequest) -> HttpResponse:
    """200 ``ok``, or 503 where the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 if everything that requests need is there, else 503; each part says ``ok`` or that it is missing.

    A broker that is away only delays work, so it is told and does not count.
    """
    parts: dict[str, Callable[[], bool]] = {
        "database": _database,
        "migrations": _migrated,
        "storage": _storage,
    }
    found = {name: _holds(check) for name, check in parts.items()}
    told = {name: "ok" if good else "missing" for name, good in found.items()}
    told["broker"] = "ok" if _holds(_broker) else "missing"
    return JsonResponse(told, status=200 if all(found.values()) else 503)


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, psycopg.Error, OSError, ValueError):
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrated() -> bool:
    executor = MigrationExecutor(connections["default"])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _storage() -> bool:
    return "://" in str(settings.STORAGE) or os.access(Path(shelf("renditions")), os.W_OK)


def _broker() -> bool:
    try:
        with Broker(settings.CELERY_BROKER_URL, connect_timeout=1) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except Exception:  # every transport raises its own
        return False
    return True


def metrics(request: HttpRequest) -> HttpResponse:
    """Numbers for Prometheus: to this machine itself, and to whoever holds METRICS_TOKEN."""
    if not _may_read(request):
        return HttpResponse("not for you\n", status=403, content_type="text/plain")
    return HttpResponse(exposition(readings()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.METRICS_TOKEN
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return True
    # A proxy on this machine makes every visitor look local.
    if settings.BEHIND_PROXY or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
