"""The manifest of an export, and checking a folder against it. No clock time inside: same list, same bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from curation.exports.recount import recount_faults

MANIFEST = "manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a folder that is not as its manifest says."""

    name: str
    problem: str


class NoManifest(Exception):
    """The folder holds no manifest that can be read; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that was read: what it says, and the bytes that say so."""

    facts: dict[str, Any]
    data: bytes

    @property
    def sha256(self) -> str:
        """Hex digest of the very bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def files(self) -> list[dict[str, Any]]:
        """Its entries: name, bytes, sha256."""
        return self.facts["files"]  # type: ignore[no-any-return]


def file_entry(path: Path, root: Path) -> dict[str, Any]:
    """Name, size and sha256 of one file."""
    return {
        "name": path.relative_to(root).as_posix(),
        "bytes": path.stat().st_size,
        "sha256": file_sha256(path),
    }


def file_sha256(path: Path) -> str:
    """Hex digest, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def manifest_text(facts: Mapping[str, Any], folder: Path) -> str:
    """``facts`` with the entry of every file that lies in ``folder``, as canonical JSON ending in a newline."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return _text({**facts, "files": [file_entry(path, folder) for path in files]})


def _text(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of ``folder``; raises ``NoManifest``."""
    try:
        data = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise NoManifest(
            f"{folder} holds no {MANIFEST}: it is no export, or one that was not finished"
        ) from None
    except OSError as error:
        raise NoManifest(f"{folder / MANIFEST} cannot be read: {error}") from None
    return manifest_of(data, str(folder / MANIFEST))


def manifest_of(data: bytes, where: str) -> Manifest:
    """``data`` as a manifest; ``where`` names it in the sentence of ``NoManifest``."""
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except RecursionError:
        raise NoManifest(f"{where} cannot be read: it is nested too deeply") from None
    except ValueError as error:  # no UTF-8, no JSON, or a number of thousands of digits
        raise NoManifest(f"{where} cannot be read: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("files"), list):
        raise NoManifest(f"{where} is JSON, but lists no files")
    for number, entry in enumerate(found["files"]):
        if not _is_entry(entry):
            raise NoManifest(f"{where}, files.{number}: is no entry of a file with name, bytes and sha256")
    return Manifest(found, data)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and bool(entry["name"].strip("\0 "))
        and "\0" not in entry["name"]
        and type(entry.get("bytes")) is int
        and isinstance(entry.get("sha256"), str)
    )


def form_faults(manifest: Manifest) -> Iterator[Fault]:
    """Whether the manifest is written as Rushes writes it: one that was edited and put back in order still shows by
    its figures, one that was only shuffled shows here."""
    names = [entry["name"] for entry in manifest.files]
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        yield Fault(MANIFEST, f"lists {twice[0]} more than once")
    elif names != sorted(names, key=PurePosixPath):
        yield Fault(MANIFEST, "lists its files in another order than they are written in")
    elif _text(manifest.facts).encode() != manifest.data:
        yield Fault(MANIFEST, "is not in the form in which it is written: somebody edited it")


def verify_folder(folder: Path) -> list[Fault]:
    """Everything that differs from the manifest: files changed, gone, or beside it, and counts that its files do not
    bear out. Empty is as written. Links are never followed."""
    manifest = read_manifest(folder)
    faults, root = [], folder.resolve()
    for entry in manifest.files:
        try:
            problem = _problem(root, entry)
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
        if problem:
            faults.append(Fault(entry["name"], problem))
    listed = {entry["name"] for entry in manifest.files}
    faults += [Fault(*each) for each in _strangers(folder, listed | {MANIFEST})]
    return faults or statement_faults(manifest, folder)


def statement_faults(manifest: Manifest, folder: Path) -> list[Fault]:
    """What ``manifest`` says else than the files of ``folder`` do, which are known to be those that it lists: files that
    differ are counted by nobody, for the first sentence is the one that matters."""
    return [Fault(*each) for each in recount_faults(folder, manifest.facts)] or list(form_faults(manifest))


def _problem(root: Path, entry: Mapping[str, Any]) -> str:
    path = root / entry["name"]
    if not path.resolve().is_relative_to(root):
        return "leads out of the folder"
    if path.is_symlink():
        return "is a link, not the file that was written"
    if not path.exists():
        return "is missing"
    if not path.is_file():
        return "is no file"
    size = path.stat().st_size
    if size != entry["bytes"]:
        return f"has {size} bytes, not {entry['bytes']}"
    return "" if file_sha256(path) == entry["sha256"] else "has other content: its sha256 differs"


def _strangers(folder: Path, listed: set[str]) -> Iterator[tuple[str, str]]:
    for where, folders, files in os.walk(folder):
        folders.sort()
        at = Path(where)
        for name in sorted(files):
            if (told := (at / name).relative_to(folder).as_posix()) not in listed:
                yield told, "is not in the manifest"
        for name in folders:
            path = at / name
            if path.is_symlink() or not any(path.iterdir()):
                yield path.relative_to(folder).as_posix(), "is not in the manifest"
