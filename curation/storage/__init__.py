"""Where the files that Rushes makes are kept: series, renditions and exports under one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from django.conf import settings

Shelf = Literal["series", "renditions", "exports"]


def shelf(name: Shelf) -> Path:
    """The folder of one kind of file, made if it is not there."""
    folder = Path(settings.STORAGE) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def stored(name: Shelf, relative: str) -> Path:
    """The path of a stored file; raises ``ValueError`` for a name that leaves its shelf."""
    root = shelf(name).resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root) or path == root:
        raise ValueError(f"{relative!r} lies outside the {name} folder")
    return path
