"""Who may import whom (pyproject.toml, [tool.importlinter]) holds, and covers every package that is there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.paths import REPOSITORY

APPS = ("curation", "scoring", "annotation", "dashboards")
# Packages that are Django's by nature; every other one is a pure core and must be named in the contract.
DJANGO = {
    "api",
    "config",
    "management",
    "migrations",
    "models",
    "selectors",
    "services",
    "storage",
    "templatetags",
    "views",
}


def _contracts() -> list[dict[str, object]]:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["importlinter"]["contracts"]


def test_the_import_rules_hold() -> None:
    told = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_package_without_django_is_held_to_it() -> None:
    (pure,) = (contract for contract in _contracts() if contract["name"] == "Pure cores know no Django")
    packages = {
        f"{app}.{folder.name}"
        for app in ("curation", "scoring", "annotation")
        for folder in (REPOSITORY / app).iterdir()
        if (folder / "__init__.py").exists() and folder.name not in DJANGO
    }
    assert packages <= set(pure["source_modules"])  # type: ignore[call-overload]


def test_the_top_level_stays_as_it_is() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=REPOSITORY, capture_output=True, text=True
    )
    if tracked.returncode != 0:
        pytest.skip("no git checkout: an unpacked archive has no list of its files")
    top = {line.split("/", 1)[0] for line in tracked.stdout.splitlines()}
    allowed = {*APPS, "templates", "tests", "docs", "benchmarks", ".ci"}
    files = {"manage.py", "requirements.txt", "README.md", "LICENSE", "pyproject.toml", "Makefile"}
    hidden = {".gitignore", ".pre-commit-config.yaml", ".gitattributes", ".editorconfig"}
    assert top <= allowed | files | hidden


def test_only_one_conftest_brings_the_browser() -> None:
    """A second copy of the fixture would start a second Playwright, which the first keeps from running."""
    bringing = [
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "tests").rglob("conftest.py")
        if re.search(r"^from tests\.chromium import .*\bbrowser\b", path.read_text(), re.M)
    ]
    assert bringing == ["tests/conftest.py"]
