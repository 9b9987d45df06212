"""Looks at the machine before anything is fetched or made. Standard library only; run by `install.py`.

Each question answers with a sentence that says what is wrong and what to do, or with nothing.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from curation.embedded.errors import EmbeddedError
from curation.embedded.locations import refuse_foreign, user_name

GIGABYTE = 1_000_000_000
INSTALL_SPACE = 9 * GIGABYTE  # 5 GB installed, about 2 GB fetched and unpacked on the way, 1 GB for data
RUN_SPACE = 1 * GIGABYTE


def python_version(version: tuple[int, int] | None = None) -> str:
    found = sys.version_info[:2] if version is None else version
    if (3, 11) <= found <= (3, 12):
        return ""
    return (
        f"Rushes needs Python 3.11 or 3.12 (MediaPipe has no later build), and this is {found[0]}.{found[1]}. "
        "Install one of them, or name it: make PYTHON=/path/to/python3.11 demo"
    )


def system(name: str | None = None, machine: str | None = None) -> str:
    name, machine = name or platform.system(), machine or platform.machine()
    if name == "Darwin":
        return ""
    if name != "Linux":
        return f"Rushes runs on Linux, and this is {name}. On Windows, use WSL 2 or a virtual machine."
    if machine not in ("x86_64", "amd64"):
        return f"Rushes runs on 64-bit Intel and AMD processors (x86-64), and this is {machine}."
    if platform.libc_ver()[0] not in ("glibc", ""):
        return "Rushes needs a Linux with glibc (Debian, Ubuntu, Fedora …): the packages have no build for this one."
    return ""


def system_warning(name: str | None = None) -> str:
    if (name or platform.system()) == "Darwin":
        return "macOS is untested: it may work, and nobody has tried."
    return ""


def virtual_environments() -> str:
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return ""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return (
        f"{sys.executable} cannot make virtual environments. "
        f"Install the missing part: apt-get install python{version}-venv"
    )


def space(folder: Path, needed: int, what: str) -> str:
    """`needed` in bytes."""
    existing = next(step for step in (folder, *folder.parents) if step.exists())
    free = shutil.disk_usage(existing).free
    if free >= needed:
        return ""
    return (
        f"{what} needs {needed / GIGABYTE:.0f} GB on the disk of {folder}, and {free / GIGABYTE:.1f} GB are free. "
        "Make room, or use a checkout on a larger disk."
    )


def ownership(*folders: Path) -> str:
    for folder in folders:
        try:
            refuse_foreign(folder)
        except EmbeddedError as error:
            return str(error)
    return ""


def writable(project: Path) -> str:
    if os.access(project, os.W_OK):
        return ""
    return f"{project} cannot be written by {user_name(os.geteuid())}. Use a checkout of your own."


def first_problem(project: Path, var: Path, *, installed: bool) -> str:
    """The first thing that stands in the way, or nothing."""
    environment = project / ".venv"
    questions: list[Callable[[], str]] = [
        python_version,
        system,
        virtual_environments,
        lambda: "" if installed else writable(project),
        lambda: ownership(var),
        lambda: _foreign_environment(environment),
        lambda: space(
            project, RUN_SPACE if installed else INSTALL_SPACE, "Running" if installed else "Installing"
        ),
    ]
    for question in questions:
        problem = question()
        if problem:
            return problem
    return ""


def _foreign_environment(folder: Path) -> str:
    if not folder.exists() or folder.stat().st_uid == os.geteuid():
        return ""
    return (
        f"{folder} belongs to {user_name(folder.stat().st_uid)}, and this is {user_name(os.geteuid())}. "
        "Use a checkout of your own, or remove that folder."
    )
