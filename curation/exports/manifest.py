"""The manifest of an export, and checking a folder against it. No clock time inside: same list, same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
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
    whole = {**facts, "files": [file_entry(path, folder) for path in files]}
    return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of ``folder``; raises ``NoManifest``."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoManifest(
            f"{folder} holds no {MANIFEST}: it is no export, or one that was not finished"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NoManifest(f"{folder / MANIFEST} cannot be read: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("files"), list):
        raise NoManifest(f"{folder / MANIFEST} is JSON, but lists no files")
    return found


def verify_folder(folder: Path) -> list[Fault]:
    """Everything that differs from the manifest: files changed, gone, or beside it, and counts that its files do not
    bear out. Empty is as written."""
    manifest = read_manifest(folder)
    faults, listed = [], set()
    root = folder.resolve()
    for entry in manifest["files"]:
        name = str(entry.get("name", ""))
        listed.add(name)
        path = (folder / name).resolve()
        if not path.is_relative_to(root):
            faults.append(Fault(name, "leads out of the folder"))
        elif not path.is_file():
            faults.append(Fault(name, "is missing"))
        elif path.stat().st_size != entry.get("bytes"):
            faults.append(Fault(name, f"has {path.stat().st_size} bytes, not {entry.get('bytes')}"))
        elif file_sha256(path) != entry.get("sha256"):
            faults.append(Fault(name, "has other content: its sha256 differs"))
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST and name not in listed:
            faults.append(Fault(name, "is not in the manifest"))
    # Files that differ are counted by nobody: the first sentence is the one that matters.
    return faults or [Fault(*each) for each in recount_faults(folder, manifest)]
