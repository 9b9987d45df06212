"""Names that must stay inside a folder."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from curation.media.errors import OutsideFolder


def inside(root: Path, name: str) -> Path:
    """The absolute path of `name` under `root`, which it cannot leave, neither by its parts nor by a link.

    The file need not exist. Raises OutsideFolder for an absolute name, "..", a NUL, a backslash, an empty name, and
    for a link that leads out of `root`.
    """
    shown = repr(name[:200])
    if not name or "\0" in name or "\\" in name:
        raise OutsideFolder(f"{shown} is no name of a file in a folder")
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or pure == PurePosixPath("."):
        raise OutsideFolder(f"{shown} leads out of the folder it must stay in")
    base = root.resolve()
    try:
        resolved = (base / pure).resolve()
    except (OSError, RuntimeError) as error:
        raise OutsideFolder(f"{shown} cannot be followed to a file ({error})") from error
    if not resolved.is_relative_to(base) or resolved == base:
        raise OutsideFolder(f"{shown} leads, by a link, out of the folder it must stay in")
    return resolved


def is_text(path: Path) -> bool:
    """Whether the name of `path` is UTF-8, so that it can be stored, shown and sent. File systems take any bytes."""
    return os.fsencode(path) == str(path).encode("utf-8", "replace")


def as_text(path: Path) -> str:
    r"""The name of `path` for people, with what is no UTF-8 as \xNN."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
