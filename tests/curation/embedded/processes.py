"""Running a snippet of Python as another process, or another user, and asking what still runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]


def eventually(question: Callable[[], bool], *, within: float = 30.0) -> bool:
    """Ask until the answer is yes; the limit only keeps a broken test from hanging."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return question()


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def mentioning(text: str) -> list[int]:
    """Processes whose command line holds `text`, this one excepted."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(text) in line and alive(int(folder.name)):
                found.append(int(folder.name))
    return found


def snippet(
    code: str, *arguments: str, user: str | None = None, python: str = sys.executable
) -> subprocess.Popen[str]:
    """Start `code`; its output can be read line by line."""
    paths = [str(REPOSITORY), *(path for path in sys.path if path.endswith("site-packages"))]
    return subprocess.Popen(
        [python, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"},
        user=user,
        group="nogroup" if user else None,
        extra_groups=[] if user else None,
    )


def python_for(user: str) -> str:
    """A Python of this version that `user` may run, with this repository's packages in its reach; or skip."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            tried = snippet("import psycopg, curation.embedded.postgres", user=user, python=candidate)
        except PermissionError:
            continue
        if tried.wait() == 0:
            return candidate
    pytest.skip(
        f"{user} can run no Python {sys.version_info.major}.{sys.version_info.minor} with these packages"
    )
