"""`manage.py` on an empty folder: commands bring the database along, `up` brings everything, nothing stays."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.curation.embedded.processes import eventually, mentioning
from tests.paths import REPOSITORY


@pytest.fixture
def var() -> Iterator[Path]:
    """An empty data folder of its own, and afterwards proof that nothing still runs on it."""
    folder = Path(tempfile.mkdtemp(prefix="rushes-up-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder / "var"
    assert eventually(lambda: not mentioning(str(folder))), "something was left running"
    shutil.rmtree(folder)


def _environment(var: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return {**kept, "RUSHES_VAR": str(var), "RUSHES_MODE": "demo", "PYTHONUNBUFFERED": "1"}


def _manage(var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env=_environment(var),
        capture_output=True,
        text=True,
    )


def test_a_command_starts_the_database_by_itself_and_logins_can_be_made(var: Path) -> None:
    migrated = _manage(var, "migrate", "--verbosity=0")
    assert migrated.returncode == 0, migrated.stderr
    added = _manage(var, "user", "add", "ada", "--role", "curator")
    assert re.fullmatch(r"ada, curator: [a-z2-9-]{19}\n", added.stdout), added.stderr


def test_migrations_run_as_the_owner_only() -> None:
    with pytest.raises(CommandError, match="leave --database out"):
        call_command("migrate", database="default")


@pytest.mark.broker
def test_up_serves_the_site_and_ctrl_c_stops_everything(var: Path) -> None:
    up = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", "23000", "--workers", "1"],
        cwd=REPOSITORY,
        env=_environment(var),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert up.stdout is not None
    told: list[str] = []
    address = None
    for line in up.stdout:
        told.append(line)
        if found := re.search(r"Rushes is at (http://\S+)", line):
            address = found.group(1)
            break
    assert address, "".join(told)
    with urllib.request.urlopen(address) as page:
        text = page.read().decode()
        assert page.url.startswith(f"{address}") and "login" in page.url
    style = re.search(r'href="(/static/[^"]+\.css)"', text)
    assert style
    with urllib.request.urlopen(address.rstrip("/") + style.group(1)) as sheet:
        assert sheet.headers["Content-Type"].startswith("text/css")

    second = _manage(var, "up")
    assert second.returncode == 1
    assert "Rushes already runs on" in second.stderr and address in second.stderr

    up.send_signal(signal.SIGINT)
    rest, _ = up.communicate()
    assert rest.endswith("Everything is stopped.\n"), rest
    assert up.returncode == 0
