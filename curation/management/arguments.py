"""Arguments that several commands take."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.management.base import CommandError


def report_can_be_written(path: Path | None) -> None:
    """Raise CommandError now, not after hours of work, where a file cannot be written."""
    if path is None:
        return
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise CommandError(f"--report: {path} cannot be written; name a file in a folder that exists")
