"""An install is done once, and again only when what it was made from has changed."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from curation.embedded import install


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, with a real virtual environment and a pip that only writes down what it was asked."""
    (tmp_path / "requirements.txt").write_text("torch==1.0\nopencv-python-headless==2.0\n")
    (tmp_path / "tests.txt").write_text("pytest==3.0\n")
    venv.create(tmp_path / ".venv", symlinks=True, with_pip=False)
    site = next((tmp_path / ".venv" / "lib").glob("python*/site-packages"))
    (site / "pip.py").write_text('if __name__ == "__main__":\n    raise SystemExit(1)\n')
    monkeypatch.setattr(install, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(install, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(install, "RUN", tmp_path / "requirements.txt")
    monkeypatch.setattr(install, "TESTS", tmp_path / "tests.txt")
    monkeypatch.setenv("TORCH_INDEX", "https://index.example/cpu")
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(install, "pip", lambda *arguments: calls.append(arguments))
    return calls


def test_torch_comes_first_from_its_index_and_the_headless_opencv_last(
    project: Path, asked: list[tuple[str, ...]]
) -> None:
    install.install(tests=False)
    assert asked[0] == ("torch==1.0", "--index-url", "https://index.example/cpu")
    assert asked[1] == ("--requirement", str(project / "requirements.txt"))
    assert asked[-1] == ("--force-reinstall", "--no-deps", "opencv-python-headless==2.0")


def test_a_second_install_has_nothing_to_do(project: Path, asked: list[tuple[str, ...]]) -> None:
    install.install(tests=True)
    asked.clear()
    install.install(tests=True)
    install.install(tests=False)
    assert asked == []


def test_a_changed_requirement_is_installed(project: Path, asked: list[tuple[str, ...]]) -> None:
    install.install(tests=False)
    asked.clear()
    (project / "requirements.txt").write_text("torch==1.1\nopencv-python-headless==2.0\n")
    install.install(tests=False)
    assert asked[0][0] == "torch==1.1"


def test_an_interrupted_install_is_repaired(
    project: Path, asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = next((project / ".venv" / "lib").glob("python*/site-packages"))
    whole, half, bare = (site / f"{name}-1.0.dist-info" for name in ("whole", "half", "bare"))
    for folder in (whole, half, bare):
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {folder.name.split('-')[0]}\nVersion: 1.0\n"
        )
    for folder in (whole, half):
        (folder / "INSTALLER").write_text("pip")
        (folder / "RECORD").write_text(f"{folder.name.split('-')[0]}.py,,\n")
    (site / "whole.py").touch()
    install.install(tests=False)
    repaired = {call[-1] for call in asked if "--ignore-installed" in call}
    assert repaired == {"half==1.0", "bare==1.0"}


def test_an_environment_that_does_not_run_is_made_anew(project: Path) -> None:
    (project / ".venv" / "bin" / "python").unlink()
    install.make_environment()
    told = subprocess.run(
        [
            str(project / ".venv" / "bin" / "python"),
            "-c",
            "import sys, json; print(json.dumps(sys.version_info[:2]))",
        ],
        capture_output=True,
        text=True,
    )
    assert json.loads(told.stdout) == list(sys.version_info[:2])


def test_a_folder_that_is_no_environment_is_left_alone(project: Path) -> None:
    (project / ".venv" / "pyvenv.cfg").unlink()
    (project / ".venv" / "bin" / "python").unlink()
    with pytest.raises(SystemExit, match="is no virtual environment"):
        install.make_environment()


def test_cuda_is_not_fetched_by_accident(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCH_INDEX")
    monkeypatch.setattr(install, "_own_index", lambda: False)
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    assert install.torch_index()[0] == install.CPU_INDEX
    monkeypatch.setattr(install.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert install.torch_index()[0] == ""
    monkeypatch.setattr(install, "_own_index", lambda: True)
    assert install.torch_index()[0] == ""


def test_a_failing_pip_says_how_to_go_on(project: Path) -> None:
    with pytest.raises(SystemExit, match="run the same command again"):
        install.pip("no-such-package")
