"""Ingest: a folder of files becomes sources with shots and clips; what is broken is listed, the rest goes in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings

from curation.errors import RushesError
from curation.media.child import decoder
from curation.media.errors import Empty, MediaError, Missing, RefusedContainer
from curation.media.fingerprint import fingerprint
from curation.media.paths import as_text, is_text
from curation.models import Corpus, Recipe, Source

from .clips import clips_derive
from .sources import file_refuse, source_fail, source_follow, source_register

VIDEO_SUFFIXES = frozenset(
    {
        ".mp4",
        ".m4v",
        ".mov",
        ".mkv",
        ".webm",
        ".avi",
        ".mpg",
        ".mpeg",
        ".ts",
        ".m2ts",
        ".flv",
        ".ogv",
        ".3gp",
        ".wmv",
    }
)


class FolderRefused(RushesError):
    """The folder is missing, is no folder, cannot be read, or lies outside the folders that may be read."""

    code = "folder_refused"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file. ``sentence`` says why where it did not go in."""

    path: Path
    outcome: Literal["added", "known", "failed", "refused"]
    clips: int = 0
    dropped: int = 0
    code: str = ""
    sentence: str = ""
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The video files under a folder, in order, and how many others were passed over."""

    videos: tuple[Path, ...]
    passed_over: int


def folder_list(folder: Path) -> Listing:
    """Every video file under ``folder``, links not followed out of it. Raises ``FolderRefused``."""
    try:
        root = folder.expanduser().resolve(strict=True)
    except OSError as error:
        raise FolderRefused(f"{folder}: there is no such folder; name one that exists") from error
    if not root.is_dir():
        raise FolderRefused(f"{folder} is a file; name the folder that it lies in")
    roots = [Path(one).resolve() for one in settings.MEDIA_ROOTS]
    if roots and not any(root.is_relative_to(one) for one in roots):
        raise FolderRefused(f"{folder} lies outside MEDIA_ROOTS ({', '.join(map(str, roots))}); add it there")
    videos: list[Path] = []
    passed_over = 0
    for where, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            path = Path(where) / name
            inside = path.resolve().is_relative_to(root)
            if path.suffix.lower() in VIDEO_SUFFIXES and not name.startswith(".") and inside:
                videos.append(path)
            else:
                passed_over += 1
    return Listing(tuple(videos), passed_over)


def folder_ingest(
    *,
    corpus: Corpus,
    videos: tuple[Path, ...],
    recipe: Recipe,
    on_start: Callable[[Path], None] | None = None,
) -> Iterator[FileOutcome]:
    """Take the files one by one, each in transactions of its own, so that a kill loses at most the one at hand."""
    for path in videos:
        if on_start is not None:
            on_start(path)
        yield file_ingest(corpus=corpus, path=path, recipe=recipe)


def file_ingest(*, corpus: Corpus, path: Path, recipe: Recipe, uri: str | None = None) -> FileOutcome:
    """Probe a file, cut its shots, derive its clips. Idempotent by content; never raises for a bad file.

    ``uri``: where it lies for good, where ``path`` is but a copy of an object.
    """
    if uri is None and not is_text(path):
        told, sentence = Path(as_text(path)), "has a name that is no UTF-8; rename it, then take it in"
        file_refuse(corpus=corpus, path=told, code="name", reason=sentence)
        return FileOutcome(told, "refused", code="name", sentence=sentence)
    try:
        sha256 = fingerprint(path)
    except MediaError as error:
        file_refuse(corpus=corpus, uri=uri, path=path, code=error.reason, reason=error.sentence)
        return FileOutcome(path, "refused", code=error.reason, sentence=error.sentence)
    known = Source.objects.filter(corpus=corpus, sha256=sha256).exclude(state=Source.State.FAILED).first()
    if known is not None:
        if known.state == Source.State.WITHDRAWN:
            sentence = "was withdrawn from this corpus and stays out"
            return FileOutcome(path, "refused", code="withdrawn", sentence=sentence, source_id=known.pk)
        source_follow(source=known, path=path, uri=uri)
        derived = clips_derive(source=known, recipe=recipe)
        return FileOutcome(path, "known", derived.added + derived.kept, derived.dropped, source_id=known.pk)
    try:
        probed = decoder().probe(path, need_picture=True)
        shots = decoder().shots(path)
    except (Missing, Empty, RefusedContainer) as error:
        file_refuse(corpus=corpus, uri=uri, path=path, code=error.reason, reason=error.sentence)
        return FileOutcome(path, "refused", code=error.reason, sentence=error.sentence)
    except MediaError as error:
        failed = source_fail(corpus=corpus, uri=uri, path=path, sha256=sha256, error=error)
        return FileOutcome(path, "failed", code=error.reason, sentence=error.sentence, source_id=failed.pk)
    source, _ = source_register(corpus=corpus, uri=uri, path=path, sha256=sha256, probed=probed, shots=shots)
    derived = clips_derive(source=source, recipe=recipe)
    return FileOutcome(path, "added", derived.added + derived.kept, derived.dropped, source_id=source.pk)
