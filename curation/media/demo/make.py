"""Making the whole set of demo footage into a folder, once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from curation.media.demo.film import film
from curation.media.demo.takes import TAKES, Expected, Take

VERSION = 1
"""Raise it when the pictures change, so that footage made before is made again."""
RECORD = ".demo-footage.json"


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file of the set. `expected` is the tier it is meant for (`failed`: it must not be scored); `made` is
    False if it lay there already."""

    path: Path
    shows: str
    expected: Expected
    people: tuple[str, ...]
    made: bool

    @property
    def name(self) -> str:
        return self.path.name


def make_demo_footage(
    folder: Path,
    *,
    progress: Callable[[int, int, str], None] | None = None,
    takes: Sequence[Take] = TAKES,
    workers: int = 2,
) -> list[DemoFile]:
    """Make every take that is not there whole, `workers` at a time; returns all of them in order.

    `progress(done, total, name)` is called once at the start with done = 0 and an empty name, then after each file,
    always from the calling thread. A file is whole if the folder's record lists it with this version and its size;
    it is written under another name and renamed, so an interrupted run leaves none half-made. Raises PortraitMissing,
    SpeechUnavailable, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = _read_record(folder)
    missing = [take for take in takes if not _is_whole(folder / take.name, record)]
    done = len(takes) - len(missing)
    if progress is not None:
        progress(done, len(takes), "")
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        jobs = {pool.submit(_make, take, folder): take for take in missing}
        try:
            for job in as_completed(jobs):
                record[jobs[job].name] = job.result()
                _write_record(folder, record)
                done += 1
                if progress is not None:
                    progress(done, len(takes), jobs[job].name)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    made = {take.name for take in missing}
    return [
        DemoFile(
            path=folder / take.name,
            shows=take.shows,
            expected=take.expected,
            people=take.people,
            made=take.name in made,
        )
        for take in takes
    ]


def _make(take: Take, folder: Path) -> int:
    target = folder / take.name
    # The ending stays, since it names the container; the leading dot keeps it out of every listing.
    unfinished = folder / f".unfinished-{take.name}"
    try:
        film(take, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _is_whole(path: Path, record: dict[str, int]) -> bool:
    return path.is_file() and record.get(path.name) == path.stat().st_size


def _read_record(folder: Path) -> dict[str, int]:
    try:
        found = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return dict(found["files"]) if isinstance(found, dict) and found.get("version") == VERSION else {}


def _write_record(folder: Path, record: dict[str, int]) -> None:
    unfinished = folder / f"{RECORD}.{os.getpid()}"
    unfinished.write_text(json.dumps({"version": VERSION, "files": record}, indent=1, sort_keys=True))
    unfinished.replace(folder / RECORD)
