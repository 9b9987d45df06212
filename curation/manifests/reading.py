"""Streaming a manifest: JSON Lines, one big JSON array, or a folder of small files, at constant memory, from any
position on."""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.manifests.formats import ManifestFormat
from curation.manifests.rows import Fault

MOST_BYTES = 4 << 20
"""A single row of more is no row."""
_CHUNK = 1 << 20
_NEXT = re.compile(r"\}\s*,\s*(?=\{)")


class ManifestUnreadable(ValueError):
    """The file or folder cannot be read as a manifest at all; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a manifest, or the fault that stands in its place.

    ``line`` counts lines (files, in a folder) from 1; ``position`` is where to go on after this entry.
    """

    line: int
    position: int
    name: str = ""
    item: Any = None
    fault: Fault | None = None


def open_manifest(path: Path, format: ManifestFormat, *, position: int = 0, line: int = 0) -> Iterator[Entry]:
    """Every entry after ``position`` (as an earlier ``Entry`` told it, with its ``line``), in order.

    Raises ``ManifestUnreadable`` where there is no such file or folder, or it is of no known shape.
    """
    if path.is_dir():
        if not format.folder_of:
            raise ManifestUnreadable(f"{path} is a folder; a {format.name} manifest is one file")
        return _folder(path, format.folder_of, position)
    if not path.is_file():
        raise ManifestUnreadable(f"there is no file {path}")
    with path.open("rb") as file:
        first = file.read(64).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if first == b"[":
        return _array(path, position, line)
    if first in (b"{", b""):
        return _lines(path, position, line)
    raise ManifestUnreadable(f"{path.name} begins with {first!r}: it is neither JSON Lines nor a JSON array")


def _lines(path: Path, position: int, line: int) -> Iterator[Entry]:
    with path.open("rb") as file:
        file.seek(position)
        while raw := file.readline(MOST_BYTES + 1):
            line += 1
            if len(raw) > MOST_BYTES:
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(MOST_BYTES)
                yield Entry(line, file.tell(), fault=Fault("row", f"is longer than {MOST_BYTES >> 20} MiB"))
                continue
            if not raw.strip():
                continue
            yield _parsed(raw.removeprefix(codecs.BOM_UTF8), line, file.tell())


def _parsed(raw: bytes, line: int, position: int, name: str = "") -> Entry:
    try:
        return Entry(line, position, name, _DECODER.decode(raw.decode()))
    except UnicodeDecodeError as error:
        return Entry(line, position, name, fault=Fault("row", f"is not UTF-8 (byte {error.start})"))
    except (ValueError, RecursionError) as error:
        return Entry(line, position, name, fault=Fault("row", f"is not JSON: {error}"[:200]))


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _array(path: Path, position: int, line: int) -> Iterator[Entry]:
    """Objects of one array, decoded from a buffer that never holds more than one object and a chunk."""
    with path.open("rb") as file:
        if position == 0:
            position = file.read(3).startswith(codecs.BOM_UTF8) * 3
        file.seek(position)
        # Escapes keep the byte count exact where a text is not UTF-8; the row's checks then refuse it.
        reader = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        buffer, at, ended, opened = "", position, False, position > 3
        line = max(line, 1)

        def drop(count: int) -> None:
            nonlocal buffer, at, line
            gone, buffer = buffer[:count], buffer[count:]
            at += len(gone.encode("utf-8", "surrogateescape"))
            line += gone.count("\n")

        while True:
            lead = len(buffer) - len(buffer.lstrip(", \t\r\n"))
            if not opened and buffer[lead : lead + 1] == "[":
                lead, opened = lead + 1, True
            if lead:
                drop(lead)
                continue
            if buffer.startswith("]"):
                return
            fault = None
            if buffer:
                try:
                    item, end = _DECODER.raw_decode(buffer)
                    began = line
                    drop(end)
                    yield Entry(began, at, item=item)
                    continue
                except RecursionError:
                    fault = Fault("row", "is nested too deeply")
                except ValueError as error:
                    if ended or len(buffer) > MOST_BYTES:
                        fault = Fault("row", f"is not JSON: {error}"[:200])
            elif ended:
                return
            if fault is not None:
                began, match = line, _NEXT.search(buffer)
                drop(match.end() if match else len(buffer))
                yield Entry(began, at, fault=fault)
                continue
            raw = file.read(_CHUNK)
            ended = not raw
            buffer += reader.decode(raw, final=ended)


def _folder(path: Path, pattern: str, position: int) -> Iterator[Entry]:
    """Files below ``path`` in the order of their names; ``position`` counts them."""
    number = 0
    for where, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            if name != pattern and not (pattern.startswith("*") and name.endswith(pattern[1:])):
                continue
            number += 1
            if number <= position:
                continue
            yield _file(Path(where) / name, pattern, number)


def _file(path: Path, pattern: str, number: int) -> Entry:
    name = path.stem if pattern.startswith("*") else path.parent.name
    try:
        if path.stat().st_size > MOST_BYTES:
            return Entry(
                number, number, name, fault=Fault(path.name, f"is larger than {MOST_BYTES >> 20} MiB")
            )
        entry = _parsed(path.read_bytes(), number, number, name)
        beside = path.with_name("speaker_info.json")
        if pattern == "meta.json" and entry.fault is None:
            info = json.loads(beside.read_bytes()) if beside.is_file() else {}
            return Entry(number, number, name, {"meta": entry.item, "speaker_info": info})
        return entry
    except (OSError, ValueError) as error:
        return Entry(number, number, name, fault=Fault(path.name, f"cannot be read: {error}"[:200]))
