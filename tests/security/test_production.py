"""Production starts only when it is safe, and then Django's own deployment checks find nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import REPOSITORY

SAFE = {
    "RUSHES_MODE": "production",
    "SECRET_KEY": "k7pm-x3qd-v9ta-h2we-a-long-key-for-this-test-alone-4uz8-m2xk-q9ra",
    "ALLOWED_HOSTS": "rushes.example.org",
    "DATABASE_URL": "postgresql://rushes_app:x@localhost/rushes",
    "DATABASE_OWNER_URL": "postgresql://rushes_owner:x@localhost/rushes",
    "CELERY_BROKER_URL": "redis://localhost/0",
}
PROBE = """
import json, django
django.setup()
from django.conf import settings as s
print(json.dumps({name: getattr(s, name) for name in (
    "DEBUG", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "BEHIND_PROXY", "LOGGING", "PASSWORD_HASHERS")}))
"""


def run(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    folders = {"RUSHES_VAR": str(tmp_path), "STORAGE": str(tmp_path), "MEDIA_ROOTS": str(tmp_path)}
    environment = {
        **kept,
        **folders,
        "DJANGO_SETTINGS_MODULE": "curation.config.settings",
        **SAFE,
        **variables,
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
    )


def test_djangos_deployment_checks_find_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DEBUG", "1"),
        ("ALLOWED_HOSTS", ""),
        ("DATABASE_URL", ""),
        ("CELERY_BROKER_URL", ""),
    ],
)
def test_what_would_be_unsafe_does_not_start(tmp_path: Path, variable: str, value: str) -> None:
    done = run(tmp_path, "manage.py", "check", **{variable: value})
    assert done.returncode != 0 and variable in done.stderr and "Traceback" not in done.stderr


def test_cookies_travel_over_https_alone_and_log_lines_are_json(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", PROBE)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert not found["DEBUG"]
    assert found["SESSION_COOKIE_SECURE"] and found["CSRF_COOKIE_SECURE"] and found["SESSION_COOKIE_HTTPONLY"]
    assert found["SECURE_SSL_REDIRECT"] and found["SECURE_HSTS_SECONDS"] >= 3600
    assert found["SECURE_PROXY_SSL_HEADER"] is None and not found["BEHIND_PROXY"], (
        "a proxy is believed only when named"
    )
    assert found["LOGGING"]["handlers"]["console"]["formatter"] == "json"
    assert "MD5" not in found["PASSWORD_HASHERS"][0]
