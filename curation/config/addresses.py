"""From where a request comes."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's address; behind a proxy the last one that the proxy itself wrote, never what a client claims."""
    said = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        said = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip() or said
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        return None
