"""What a lost worker left of an export that nobody will go on with: its half-written folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from curation.models import ExportJob
from curation.storage import shelf

_NAME = re.compile(r"\.writing-(\d+)-[0-9a-f]{32}")


def leftovers_remove() -> list[str]:
    """Remove the half-written folders of exports that have ended; returns their names.

    Such a one failed because its workers were lost, or was cancelled after that. A worker that is still at it finds
    out that its lease is gone, and writes nothing more anyway.
    """
    found: dict[int, list[Path]] = {}
    for path in shelf("exports").glob(".writing-*"):
        if named := _NAME.fullmatch(path.name):
            found.setdefault(int(named[1]), []).append(path)
    if not found:
        return []
    still = ExportJob.objects.filter(pk__in=found, state__in=ExportJob.OPEN).values_list("pk", flat=True)
    ended = [path for job in found.keys() - set(still) for path in found[job]]
    for path in ended:
        shutil.rmtree(path, ignore_errors=True)
    return sorted(path.name for path in ended)
