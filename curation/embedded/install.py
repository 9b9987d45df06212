"""Makes the virtual environment and installs what is pinned. Run by path; standard library only.

    python install.py [--tests]

A finished install is stamped with a hash of what it was made from, so that the next one has nothing to do. One that
was interrupted is repaired: packages with missing files are installed again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT))

from curation.embedded import preflight  # noqa: E402 - run by path, so the path comes first

ENVIRONMENT = PROJECT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
RUN = PROJECT / "requirements.txt"
TESTS = PROJECT / "tests" / "requirements.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_BROKEN = """
import importlib.metadata as metadata, json
broken = []
for package in metadata.distributions():
    name = package.metadata["Name"]
    files = package.files
    if not name or files is None or package.read_text("INSTALLER") is None:
        broken.append([name or package._path.name.split("-")[0], package.version if name else ""])
    elif not all(file.locate().exists() for file in files if ".." not in file.parts and file.suffix != ".pyc"):
        broken.append([name, package.version])
print(json.dumps(broken))
"""


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is a program


def stamp_of(*files: Path, index: str) -> str:
    """What an install depends on, as a hash: the requirements, this Python, and where torch comes from."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {index}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def pinned(package: str) -> str:
    """`package==version` as the requirements pin it."""
    found = re.search(rf"^{re.escape(package)}==\S+", RUN.read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{RUN} does not pin {package}.")
    return found.group()


def torch_index() -> tuple[str, str]:
    """Where torch comes from, and why, in words.

    PyPI's own torch for Linux brings gigabytes of CUDA. On a machine without an NVIDIA GPU that would be waste, so
    PyTorch's index of CPU builds is asked there, unless TORCH_INDEX or pip's settings name another.
    """
    named = os.environ.get("TORCH_INDEX", "").strip()
    if named:
        return named, f"torch comes from {named} (TORCH_INDEX)"
    if _own_index():
        return "", "torch comes from the package index that pip is set to"
    if sys.platform == "darwin" or shutil.which("nvidia-smi"):
        return "", "torch comes from PyPI, with CUDA where there is one (TORCH_INDEX names another index)"
    return (
        CPU_INDEX,
        f"no NVIDIA GPU here: torch's CPU build from {CPU_INDEX} (TORCH_INDEX names another index)",
    )


def _own_index() -> bool:
    """Whether pip is set to look somewhere else than PyPI."""
    asked = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    return bool(re.search(r"(index-url|find-links|no-index)=", asked.stdout))


def pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    # The folder's own modules must not stand in for packages, and a user's site must not satisfy requirements.
    environment = {**os.environ, "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"}
    # Where output is no terminal, pip shows no bar but a line a package: progress enough.
    if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise SystemExit(
            f"pip could not install {' '.join(arguments)}; its last lines say why. "
            "What was fetched is kept: run the same command again to go on from here."
        )


def make_environment() -> None:
    """A virtual environment of this Python; one that is broken, or of another version, is made anew."""
    if ENVIRONMENT.exists():
        asked = None
        if PYTHON.exists():
            asked = subprocess.run(
                [str(PYTHON), "-c", "import pip, sys; print(*sys.version_info[:2])"],
                capture_output=True,
                text=True,
                check=False,
            )
        if asked is not None and asked.stdout.split() == [str(part) for part in sys.version_info[:2]]:
            return
        if not (ENVIRONMENT / "pyvenv.cfg").exists() and any(ENVIRONMENT.iterdir()):
            raise SystemExit(f"{ENVIRONMENT} is no virtual environment. Move it away.")
        say("The virtual environment is incomplete or of another Python: making it anew.")
        shutil.rmtree(ENVIRONMENT)
    say(f"Making the virtual environment with Python {sys.version.split()[0]} …")
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)


def repair() -> None:
    """Install again what an interrupted run left with missing files."""
    asked = subprocess.run([str(PYTHON), "-I", "-c", _BROKEN], capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        say("The virtual environment cannot be read: making it anew.")
        shutil.rmtree(ENVIRONMENT)
        make_environment()
        return
    for name, version in json.loads(asked.stdout):
        say(f"{name} was left half installed: installing it again.")
        pip("--ignore-installed", "--no-deps", f"{name}=={version}" if version else name)


def install(*, tests: bool) -> None:
    make_environment()
    index, why = torch_index()
    wanted = {"run": stamp_of(RUN, index=index)}
    if tests:
        wanted["tests"] = stamp_of(RUN, TESTS, index=index)
    missing = [name for name, value in wanted.items() if _stamp(name) != value]
    if not missing:
        return
    repair()
    if "run" in missing:
        say(
            "Installing Rushes: about 2 GB to fetch and 5 GB on disk (CPU build), a few minutes on a good line."
        )
        say(f"  {why}.")
        say("[1/3] torch")
        pip(pinned("torch"), *(["--index-url", index] if index else []))
        say("[2/3] everything else")
        pip("--requirement", str(RUN))
        # Three OpenCV packages share one folder. The headless one comes last, so that no libGL is needed.
        say("[3/3] the OpenCV that needs no display")
        pip("--force-reinstall", "--no-deps", pinned("opencv-python-headless"))
        _write_stamp("run", wanted["run"])
    if "tests" in missing:
        say("Installing what the tests need …")
        pip("--requirement", str(RUN), "--requirement", str(TESTS))
        _write_stamp("tests", wanted["tests"])
    say("Installed.")


def _stamp(name: str) -> str:
    try:
        return (ENVIRONMENT / f".rushes-{name}").read_text()
    except OSError:
        return ""


def _write_stamp(name: str, value: str) -> None:
    (ENVIRONMENT / f".rushes-{name}").write_text(value)


def main(arguments: list[str]) -> None:
    var = Path(os.environ.get("RUSHES_VAR") or PROJECT / "var")
    problem = preflight.first_problem(PROJECT, var, installed=bool(_stamp("run")))
    if problem:
        raise SystemExit(problem)
    warning = preflight.system_warning()
    if warning:
        say(warning)
    var.mkdir(parents=True, exist_ok=True)
    with (var / "install.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another install is running in this checkout: waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        install(tests="--tests" in arguments)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit("Interrupted. Run the same command again to go on from here.") from None
