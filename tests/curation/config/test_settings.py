"""Settings as a whole: what a start with wrong variables prints, and what every response carries."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from curation.config.commandline import needs_database
from curation.config.databases import OwnerMigrates
from curation.config.security import ContentSecurityPolicy, csp_relax
from tests.paths import REPOSITORY


def _manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "RUSHES_VAR")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env={**kept, **variables},
        capture_output=True,
        text=True,
    )


def test_production_without_a_secret_stops_with_the_mend() -> None:
    ended = _manage("check", RUSHES_MODE="production")
    assert ended.returncode != 0
    assert "SECRET_KEY is not set" in ended.stderr
    assert "secrets.token_urlsafe" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unknown_mode_is_named() -> None:
    ended = _manage("check", RUSHES_MODE="staging")
    assert ended.returncode != 0
    assert "RUSHES_MODE is 'staging'" in ended.stderr


def test_help_needs_no_database() -> None:
    assert not needs_database(["manage.py"])
    assert not needs_database(["manage.py", "help"])
    assert not needs_database(["manage.py", "migrate", "--help"])
    assert needs_database(["manage.py", "migrate"])


@pytest.mark.django_db
def test_every_page_carries_the_strict_policy() -> None:
    policy = Client().get(reverse("login")).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_one_response_may_ask_for_a_looser_policy() -> None:
    def page(_request: HttpRequest) -> HttpResponse:
        return csp_relax(HttpResponse(), style_src="'self' 'unsafe-inline'")

    relaxed = ContentSecurityPolicy(page)(HttpRequest()).headers["Content-Security-Policy"]
    plain = ContentSecurityPolicy(lambda _: HttpResponse())(HttpRequest()).headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in relaxed
    assert "script-src 'self';" in relaxed
    assert "unsafe" not in plain


def test_only_the_owner_migrates() -> None:
    router = OwnerMigrates()
    assert router.allow_migrate("owner", "curation")
    assert not router.allow_migrate("default", "curation")


def test_every_variable_is_documented_and_nothing_else() -> None:
    settings = (REPOSITORY / "curation/config/settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_0-9]+)"', settings))
    # Pure cores cannot ask the settings.
    for path in (REPOSITORY / "scoring").rglob("*.py"):
        read |= set(re.findall(r'os\.environ\.get\("([A-Z_0-9]+)"', path.read_text(encoding="utf-8")))
    manual = (REPOSITORY / "docs/operator.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z_0-9]+)` \|", manual, re.M))
    assert read == listed - {"TORCH_INDEX"}  # that one is for make
