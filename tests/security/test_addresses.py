"""Addresses that somebody made up, and what a browser keeps of the pages it was shown."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db


def test_a_character_that_no_text_has_is_refused_and_breaks_nothing() -> None:
    client = Client(raise_request_exception=False)
    client.force_login(factories.user("admin"))
    for address in ("/audit/?action=", "/audit/?actor=", "/review/?corpus=", "/review/new/?corpus=", "/?x="):
        assert client.get(f"{address}%00").status_code == 400, address
        assert client.get(f"{address}a%2500").status_code in (200, 302), address


def test_pages_of_somebody_signed_in_are_kept_by_no_cache_between() -> None:
    client = Client()
    client.force_login(factories.user("curator"))
    for address in ("/", "/account/", "/review/"):
        assert client.get(address).headers["Cache-Control"] == "private, no-cache", address
    assert "Cache-Control" not in Client().get("/healthz").headers
