"""Segments behind a manifest: one writer publishes by renaming, any number of processes read.

``manifest.json`` lists segments oldest first; the latest segment of a clip wins. A reader that opened a manifest
keeps its segments even when they are pruned, because the mapping outlives the name.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from curation.analytics.errors import Busy, NoSnapshot
from curation.analytics.schema import WORD_COLUMNS
from curation.analytics.segments import Columns, SegmentWriter

_MANIFEST = "manifest.json"
_CHECKED = "checked.json"
GRACE_S = 600.0  # how long a segment outlives its last manifest: longer than opening one takes


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment's folder and its rows."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One published state. ``watermark`` is the writer's own note of what is in it; ``made_at`` is Unix time."""

    generation: int = 0
    segments: tuple[SegmentEntry, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    watermark: Mapping[str, Any] = field(default_factory=dict)
    made_at: float = 0.0

    @property
    def rows(self) -> int:
        """Rows in all segments, superseded ones included."""
        return sum(entry.rows for entry in self.segments)


class Words:
    """Grow-only dictionaries of the word columns: a word's code never changes."""

    def __init__(self, known: Mapping[str, Sequence[str]] | None = None) -> None:
        self._lists = {name: list((known or {}).get(name) or [""]) for name in WORD_COLUMNS}
        self._codes = {name: {word: i for i, word in enumerate(words)} for name, words in self._lists.items()}

    def code(self, column: str, word: str | None) -> int:
        """The code of ``word``, given one if new; None and "" are 0. Raises ``OverflowError`` when a column is full."""
        codes, words = self._codes[column], self._lists[column]
        found = codes.get(word or "")
        if found is None:
            found = len(words)
            if found > _largest(column):
                raise OverflowError(f"{column} has more than {found} different words")
            words.append(word or "")
            codes[word or ""] = found
        return found

    def as_dict(self) -> dict[str, tuple[str, ...]]:
        """The words of each column in order of their codes."""
        return {name: tuple(words) for name, words in self._lists.items()}


class SnapshotStore:
    """The segments and manifest of one corpus and origin, in ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def manifest(self) -> Manifest:
        """The published state; raises ``NoSnapshot`` before the first."""
        try:
            raw = json.loads((self.root / _MANIFEST).read_text())
        except FileNotFoundError:
            raise NoSnapshot(f"no analytic snapshot in {self.root.name} yet") from None
        return Manifest(
            generation=raw["generation"],
            segments=tuple(SegmentEntry(**entry) for entry in raw["segments"]),
            words={name: tuple(words) for name, words in raw["words"].items()},
            watermark=raw["watermark"],
            made_at=raw["made_at"],
        )

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever something is published: a cheap question for readers to ask each time."""
        try:
            found = (self.root / _MANIFEST).stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def checked(self) -> tuple[Mapping[str, Any], float]:
        """``(watermark, Unix time)`` of when the writer last found the snapshot up to date. Raises ``NoSnapshot``."""
        manifest = self.manifest()
        try:
            note = json.loads((self.root / _CHECKED).read_text())
        except FileNotFoundError:
            note = {}
        if note.get("generation") == manifest.generation:
            return note["watermark"], note["at"]
        return manifest.watermark, manifest.made_at

    def note_checked(self, watermark: Mapping[str, Any]) -> None:
        """Say that nothing had changed up to ``watermark``; readers need not open anything anew."""
        note = {"generation": self.manifest().generation, "watermark": dict(watermark), "at": time.time()}
        self._put(_CHECKED, note)

    @contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[None]:
        """Be the only writer: wait for another to finish, or (without ``wait``) raise ``Busy``."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "writer.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise Busy(f"{self.root.name} is being written by another process") from None
            yield

    def publish(
        self, parts: Iterable[Columns], *, words: Words, watermark: Mapping[str, Any], replace: bool = False
    ) -> Manifest:
        """Write ``parts`` (in order of clip id) as one segment, add it (or, with ``replace``, begin anew with it) and
        publish. Call inside ``writing``. Memory is that of one part. Killed before its last line, nothing was
        published.
        """
        try:
            old = self.manifest()
        except NoSnapshot:
            old = Manifest()
        name = f"s{old.generation + 1:08d}"
        shutil.rmtree(self.root / name, ignore_errors=True)  # of a writer that was killed before publishing
        with SegmentWriter(self.root / name) as segment:
            for part in parts:
                segment.append(part)
        entries = (*(() if replace else old.segments), SegmentEntry(name, segment.rows))
        manifest = Manifest(old.generation + 1, entries, words.as_dict(), dict(watermark), time.time())
        self._put(_MANIFEST, asdict(manifest))
        self.prune(manifest)
        return manifest

    def prune(self, manifest: Manifest, *, grace_s: float = GRACE_S) -> int:
        """Remove segments that no manifest has named for ``grace_s``; returns how many."""
        named = {entry.name for entry in manifest.segments}
        removed = 0
        for folder in self.root.iterdir():
            if folder.is_dir() and folder.name not in named:
                left = folder / "left"
                if folder.name.startswith("s") and not left.exists():
                    left.touch()
                elif time.time() - (left if left.exists() else folder).stat().st_mtime > grace_s:
                    shutil.rmtree(folder, ignore_errors=True)
                    removed += 1
        return removed

    def _put(self, name: str, content: Mapping[str, Any]) -> None:
        draft = self.root / f".{name}.{os.getpid()}"
        with draft.open("w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.root / name)


def _largest(column: str) -> int:
    return 2 ** (8 * np.dtype(WORD_COLUMNS[column]).itemsize - 1) - 1
