"""Writers: take clips one by one, keep nothing of them, and leave files that are the same bytes each time.

A writer can say how far its files are whole (``checkpoint``) and go on from there in another process (``resumed``):
an export that was killed ends in the same bytes as one that was not. Each puts the tables that go along (tracks,
turns, words, landmarks) beside the clips, or with the clip where a format keeps a clip's things together.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar

from curation.exports.card import CARD, CLIP_FIELDS, Fields, card_text
from curation.exports.columns import (
    BUFFER,
    CsvRows,
    JsonRows,
    ParquetPart,
    RowFile,
    canonical,
    canonical_of_json,
)
from curation.exports.flat import flat_values
from curation.exports.labelstudio import LABELSTUDIO_FIELDS, labelstudio_task
from curation.exports.record import ExportClip
from curation.exports.speakervid import SPEAKERVID_FIELDS, speakervid_row
from curation.exports.tables import ALONG, CLIPS
from curation.exports.talkvid import TALKVID_FIELDS, talkvid_row
from curation.spreadsheets import READING


class ExportFailed(Exception):
    """A clip that a format cannot hold; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``files``: name → bytes that are whole; ``state``: what else the writer needs to go on, as plain JSON."""

    files: dict[str, int]
    state: dict[str, Any]


class Writer(ABC):
    """One export format. Files are made below ``folder`` and complete only after ``close``."""

    name: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[int] = 3  # of what is written: raised with any change of its bytes
    needs_media: ClassVar[bool] = False
    # For the card: the files' names as patterns, and what the main ones hold.
    main: ClassVar[str]
    along: ClassVar[str] = ""
    within: ClassVar[str] = ""  # where a clip's rows of the tables along are, if not in files of their own
    fields: ClassVar[Fields]
    reading: ClassVar[str] = ""  # what a reader must know of all files

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def add(self, clip: ExportClip) -> None:
        """Write one clip and what goes along; raises ``ExportFailed`` where the format cannot hold it."""

    @abstractmethod
    def close(self) -> None:
        """Finish the files."""

    def card(self, rows: dict[str, int]) -> None:
        """Put in the README that documents every column; ``rows``: how many each table along holds."""
        text = card_text(
            title=self.title,
            main=self.main,
            fields=self.fields,
            along=self.along,
            within=self.within,
            rows=rows,
            reading=self.reading,
        )
        (self.folder / CARD).write_text(text, encoding="utf-8", newline="\n")

    def checkpoint(self) -> Checkpoint | None:
        """What is on the disk for good, if the writer can go on from here; None at a place where it cannot."""
        return None

    @classmethod
    @abstractmethod
    def resumed(cls, folder: Path, state: dict[str, Any]) -> Writer:
        """A writer that goes on in ``folder``, which holds the files of the checkpoint cut to their lengths."""


class LineWriter(Writer):
    """Text files that grow at their ends: the clips, and a file for each table along."""

    file_name: ClassVar[str]
    rows: ClassVar[type[RowFile]] = JsonRows
    along = "{}.jsonl"

    def __init__(self, folder: Path, *, append: bool = False) -> None:
        super().__init__(folder)
        self._tables = [self.rows(folder, table, append=append) for table in ALONG.values()]
        self._file = (folder / self.file_name).open("ab" if append else "wb", buffering=BUFFER)

    def _add_along(self, clip: ExportClip) -> None:
        key = clip.key
        for file in self._tables:
            if rows := clip.along.get(file.table.name):
                file.add_of(key, rows)

    def checkpoint(self) -> Checkpoint:
        self._file.flush()
        os.fsync(self._file.fileno())
        sizes = {self.file_name: os.fstat(self._file.fileno()).st_size}
        return Checkpoint(sizes | {file.path.name: file.kept() for file in self._tables}, {})

    @classmethod
    def resumed(cls, folder: Path, state: dict[str, Any]) -> LineWriter:
        return cls(folder, append=True)

    def close(self) -> None:
        self._file.close()
        for file in self._tables:
            file.close()


def _line(clip: ExportClip, value: dict[str, Any]) -> bytes:
    """``value`` as JSON. All of it came out of JSON but for the clip's times."""
    if not (isfinite(clip.start_s) and isfinite(clip.end_s)):
        raise ExportFailed(f"clip {clip.clip_id} lies from {clip.start_s} to {clip.end_s} s: that is no time")
    return canonical_of_json(value)


class JsonLines(LineWriter):
    """One JSON object a line."""

    file_name = main = "clips.jsonl"

    def add(self, clip: ExportClip) -> None:
        self._file.write(_line(clip, self.row(clip)) + b"\n")
        self._add_along(clip)

    @staticmethod
    @abstractmethod
    def row(clip: ExportClip) -> dict[str, Any]:
        """The clip as the object of its line."""


class TalkVidLines(JsonLines):
    """TalkVid's release fields."""

    name = "talkvid-jsonl"
    title = "JSONL in TalkVid's fields"
    row = staticmethod(talkvid_row)
    fields = TALKVID_FIELDS


class SpeakerVidLines(JsonLines):
    """SpeakerVid's merged_anno fields."""

    name = "speakervid-jsonl"
    title = "JSONL in SpeakerVid's fields"
    row = staticmethod(speakervid_row)
    fields = SPEAKERVID_FIELDS


class LabelStudioJson(LineWriter):
    """A list of tasks, written as it goes."""

    name = "label-studio"
    title = "Label Studio JSON"
    file_name = main = "tasks.json"
    fields = LABELSTUDIO_FIELDS

    def __init__(self, folder: Path, *, append: bool = False) -> None:
        super().__init__(folder, append=append)
        self._any = append and (folder / self.file_name).stat().st_size > 0

    def add(self, clip: ExportClip) -> None:
        self._file.write((b",\n" if self._any else b"[\n") + _line(clip, labelstudio_task(clip)))
        self._any = True
        self._add_along(clip)

    def close(self) -> None:
        self._file.write(b"\n]\n" if self._any else b"[]\n")
        super().close()


class CsvTable(LineWriter):
    """RFC 4180, UTF-8, a header line; an empty cell is not measured or not told."""

    name = "csv"
    title = "CSV table"
    file_name = main = "clips.csv"
    rows = CsvRows
    along = "{}.csv"
    fields = CLIP_FIELDS
    reading = f"UTF-8, lines and quotes as in RFC 4180; an empty cell is unknown. {READING}"

    def __init__(self, folder: Path, *, append: bool = False) -> None:
        Writer.__init__(self, folder)
        self._tables = [CsvRows(folder, table, append=append) for table in ALONG.values()]
        self._clips = CsvRows(folder, CLIPS, append=append)
        self._file = self._clips.file

    def add(self, clip: ExportClip) -> None:
        self._clips.add([flat_values(clip)])
        self._add_along(clip)


class Parts(Writer):
    """Files of so many clips each, numbered from 0; only whole ones can be gone on after."""

    part_clips: ClassVar[int]
    part_names: ClassVar[tuple[str, ...]]

    def __init__(self, folder: Path, *, count: int = 0) -> None:
        super().__init__(folder)
        self._count = count

    def checkpoint(self) -> Checkpoint | None:
        if self._count % self.part_clips:
            return None
        self._end_part()
        sizes = {}
        for number in range(self._count // self.part_clips):
            for name in (pattern.format(number) for pattern in self.part_names):
                with (self.folder / name).open("rb") as file:
                    os.fsync(file.fileno())
                sizes[name] = (self.folder / name).stat().st_size
        return Checkpoint(sizes, {"count": self._count})

    @classmethod
    def resumed(cls, folder: Path, state: dict[str, Any]) -> Parts:
        return cls(folder, count=int(state["count"]))

    @abstractmethod
    def _begin_part(self, number: int) -> None:
        """Open the files of a part."""

    @abstractmethod
    def _end_part(self) -> None:
        """Finish the files at hand, if there are any."""

    def _step(self) -> None:
        """Before a clip: the next part, where one ends."""
        if self._count % self.part_clips == 0:
            self._end_part()
            self._begin_part(self._count // self.part_clips)
        self._count += 1

    def close(self) -> None:
        if self._count == 0:
            self._begin_part(0)
        self._end_part()


class ParquetTable(Parts):
    """Parquet with zstd, loadable with Hugging Face ``datasets``; fixed schemas, row groups of 10,000."""

    name = "parquet"
    title = "Parquet table"
    part_clips = 250_000
    part_names = ("clips-{:06d}.parquet", *(f"{name}-{{:06d}}.parquet" for name in ALONG))
    main = "clips-*.parquet"
    along = "{}-*.parquet"
    fields = CLIP_FIELDS

    def __init__(self, folder: Path, *, count: int = 0) -> None:
        super().__init__(folder, count=count)
        self._parts: dict[str, ParquetPart] = {}

    def add(self, clip: ExportClip) -> None:
        self._step()
        self._parts[CLIPS.name].add([flat_values(clip)])
        for name, rows in clip.along.items():
            if rows:
                key = clip.key
                self._parts[name].add((key, *row) for row in rows)

    def _begin_part(self, number: int) -> None:
        for pattern, table in zip(self.part_names, (CLIPS, *ALONG.values()), strict=True):
            self._parts[table.name] = ParquetPart(self.folder / pattern.format(number), table)

    def _end_part(self) -> None:
        for part in self._parts.values():
            part.close()
        self._parts = {}


MEDIA_FIELDS = (
    ("rushes.media.sha256", "", "hash of the media file beside it"),
    ("rushes.media.picture", "", "copied (as it is in the source) or encoded"),
    ("rushes.media.sound", "", "copied or encoded; null: there is none"),
    ("rushes.media.start_s", "s", "where its first picture stands in the source"),
    ("rushes.media.frames", "pictures", "how many it has"),
    ("rushes.media.width", "pixel", "width of its picture"),
    ("rushes.media.height", "pixel", "height of its picture"),
)


class WebDataset(Parts):
    """Tar shards of at most 1,000 clips: ``<key>.json``, ``<key>.along.json`` and ``<key>.mp4``, the clip's region cut
    out of its source."""

    name = "webdataset"
    title = "WebDataset shards with media"
    version = 4
    needs_media = True
    part_clips = 1_000
    part_names = ("clips-{:06d}.tar",)
    main = "clips-*.tar"
    within = "KEY.along.json"
    fields = (*TALKVID_FIELDS, *MEDIA_FIELDS)

    def __init__(self, folder: Path, *, count: int = 0) -> None:
        super().__init__(folder, count=count)
        self._shard: tarfile.TarFile | None = None

    def add(self, clip: ExportClip) -> None:
        media = clip.media
        if media is None:
            raise ExportFailed(f"clip {clip.clip_id} has no media, and these shards carry it")
        self._step()
        key = member_key(clip.key)
        body = talkvid_row(clip)
        body["rushes"]["media"] = {
            "sha256": media.sha256,
            "picture": media.picture,
            "sound": media.sound,
            "start_s": media.start_s,
            "frames": media.frames,
            "width": media.width,
            "height": media.height,
        }
        along = {
            name: [dict(zip(table.names[1:], row, strict=True)) for row in clip.along.get(name, ())]
            for name, table in ALONG.items()
        }
        for ending, value in (("json", body), ("along.json", along)):
            text = canonical(value)
            self._member(f"{key}.{ending}", len(text), io.BytesIO(text))
        with media.path.open("rb") as file:
            self._member(f"{key}{_ENDINGS[media.content_type]}", media.path.stat().st_size, file)

    def _begin_part(self, number: int) -> None:
        path = self.folder / self.part_names[0].format(number)
        self._shard = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115

    def _end_part(self) -> None:
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    def _member(self, name: str, size: int, file: Any) -> None:
        assert self._shard is not None
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o644, 0
        self._shard.addfile(member, file)


def member_key(name: str) -> str:
    """What a clip's files are called in a shard: its name, or where that is no plain one, what is plain of it and a hash.

    Dots end a key in this format, members have at most 100 bytes, and two clips never share one.
    """
    if _PLAIN.fullmatch(name) and not _HASHED.search(name):
        return name
    return f"{_NOT_PLAIN.sub('_', name)[:60]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


_PLAIN, _NOT_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}"), re.compile(r"[^A-Za-z0-9_]+")
_HASHED = re.compile(r"-[0-9a-f]{16}$")
_ENDINGS = {"video/mp4": ".mp4", "video/webm": ".webm"}

FORMATS: dict[str, type[Writer]] = {
    writer.name: writer
    for writer in (TalkVidLines, SpeakerVidLines, ParquetTable, CsvTable, LabelStudioJson, WebDataset)
}
