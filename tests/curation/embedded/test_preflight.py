"""What Rushes cannot run on is refused early, in one sentence with the mend."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from curation.embedded import preflight
from tests.paths import REPOSITORY


def test_this_machine_passes() -> None:
    assert preflight.first_problem(REPOSITORY, REPOSITORY / "var" / "test", installed=True) == ""


@pytest.mark.parametrize("version", [(3, 10), (3, 13), (2, 7)])
def test_another_python_is_refused(version: tuple[int, int]) -> None:
    assert f"this is {version[0]}.{version[1]}" in preflight.python_version(version)
    assert "make PYTHON=" in preflight.python_version(version)


def test_other_systems_are_refused_and_macos_is_said_to_be_untested() -> None:
    assert "this is Windows" in preflight.system("Windows", "AMD64")
    assert "this is aarch64" in preflight.system("Linux", "aarch64")
    assert preflight.system("Darwin", "arm64") == ""
    assert "untested" in preflight.system_warning("Darwin")
    assert preflight.system_warning("Linux") == ""


def test_a_full_disk_says_how_much_is_needed(tmp_path: Path) -> None:
    huge = shutil.disk_usage(tmp_path).total * 2
    assert "are free" in preflight.space(tmp_path / "not" / "yet", huge, "Installing")
    assert preflight.space(tmp_path, 1, "Installing") == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make a folder of somebody else")
def test_folders_of_somebody_else_are_refused(tmp_path: Path) -> None:
    for name in ("var", ".venv"):
        (tmp_path / name).mkdir()
        os.chown(tmp_path / name, 65534, 65534)
        problem = preflight.first_problem(tmp_path, tmp_path / "var", installed=True)
        assert str(tmp_path / name) in problem
        assert "belongs to nobody" in problem
        os.chown(tmp_path / name, 0, 0)


def _make(
    target: str, *, path: str, cwd: Path = REPOSITORY, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/make", target],
        cwd=cwd,
        env={"PATH": path, "HOME": "/nonexistent", **variables},
        capture_output=True,
        text=True,
    )


def test_without_a_fitting_python_make_says_so(tmp_path: Path) -> None:
    for tool in ("sh", "bash", "test", "echo"):
        found = shutil.which(tool)
        if found:
            (tmp_path / tool).symlink_to(found)
    ended = _make("install", path=str(tmp_path))
    assert ended.returncode != 0
    assert "Rushes needs Python 3.11 or 3.12" in ended.stderr


def test_make_alone_prints_help() -> None:
    ended = _make("help", path=os.environ["PATH"])
    assert ended.returncode == 0
    assert "make demo" in ended.stdout
    assert "TORCH_INDEX" in ended.stdout
