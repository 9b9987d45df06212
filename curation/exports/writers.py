"""Writers: take clips one by one, keep nothing of them, and leave files that are the same bytes each time.

A writer can say how far its files are whole (``checkpoint``) and go on from there in another process (``resumed``):
an export that was killed ends in the same bytes as one that was not.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tarfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from curation.exports.flat import COLUMNS, FACTS, SCORES, flat_row
from curation.exports.labelstudio import labelstudio_task
from curation.exports.record import ExportClip
from curation.exports.speakervid import speakervid_row
from curation.exports.talkvid import talkvid_row


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
    version: ClassVar[int] = 1
    needs_media: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def add(self, clip: ExportClip) -> None:
        """Write one clip; raises ``ExportFailed`` where the format cannot hold it."""

    @abstractmethod
    def close(self) -> None:
        """Finish the files."""

    def checkpoint(self) -> Checkpoint | None:
        """What is on the disk for good, if the writer can go on from here; None at a place where it cannot."""
        return None

    @classmethod
    @abstractmethod
    def resumed(cls, folder: Path, state: dict[str, Any]) -> Writer:
        """A writer that goes on in ``folder``, which holds the files of the checkpoint cut to their lengths."""


class LineWriter(Writer):
    """A text file that grows at its end."""

    file_name: ClassVar[str]
    newline: ClassVar[str] = "\n"

    def __init__(self, folder: Path, *, append: bool = False) -> None:
        super().__init__(folder)
        mode = "a" if append else "w"
        self._file = (folder / self.file_name).open(mode, encoding="utf-8", newline=self.newline)

    def checkpoint(self) -> Checkpoint:
        self._file.flush()
        os.fsync(self._file.fileno())
        return Checkpoint({self.file_name: os.fstat(self._file.fileno()).st_size}, {})

    @classmethod
    def resumed(cls, folder: Path, state: dict[str, Any]) -> LineWriter:
        return cls(folder, append=True)

    def close(self) -> None:
        self._file.close()


def canonical(value: Any) -> str:
    """JSON on one line with keys in the order given; NaN is an error, not a word."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)


class JsonLines(LineWriter):
    """One JSON object a line."""

    file_name = "clips.jsonl"

    def add(self, clip: ExportClip) -> None:
        self._file.write(canonical(self.row(clip)) + "\n")

    @staticmethod
    @abstractmethod
    def row(clip: ExportClip) -> dict[str, Any]:
        """The clip as the object of its line."""


class TalkVidLines(JsonLines):
    """TalkVid's release fields."""

    name = "talkvid-jsonl"
    title = "JSONL in TalkVid's fields"
    row = staticmethod(talkvid_row)


class SpeakerVidLines(JsonLines):
    """SpeakerVid's merged_anno fields."""

    name = "speakervid-jsonl"
    title = "JSONL in SpeakerVid's fields"
    row = staticmethod(speakervid_row)


class LabelStudioJson(LineWriter):
    """A list of tasks, written as it goes."""

    name = "label-studio"
    title = "Label Studio JSON"
    file_name = "tasks.json"

    def __init__(self, folder: Path, *, append: bool = False) -> None:
        super().__init__(folder, append=append)
        self._any = append and (folder / self.file_name).stat().st_size > 0

    def add(self, clip: ExportClip) -> None:
        self._file.write((",\n" if self._any else "[\n") + canonical(labelstudio_task(clip)))
        self._any = True

    def close(self) -> None:
        self._file.write("\n]\n" if self._any else "[]\n")
        self._file.close()


# What a spreadsheet would take for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(value: Any) -> str:
    """A cell that no spreadsheet runs: text that looks like a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


class CsvTable(LineWriter):
    """RFC 4180, UTF-8, a header line; an empty cell is not measured or not told."""

    name = "csv"
    title = "CSV table"
    file_name = "clips.csv"
    newline = ""

    def __init__(self, folder: Path, *, append: bool = False) -> None:
        super().__init__(folder, append=append)
        self._csv = csv.writer(self._file, lineterminator="\r\n")
        if not append:
            self._csv.writerow(COLUMNS)

    def add(self, clip: ExportClip) -> None:
        row = flat_row(clip)
        self._csv.writerow([csv_cell(row[name]) for name in COLUMNS])


class Parts(Writer):
    """Files of so many clips each, numbered from 0; only whole ones can be gone on after."""

    part_clips: ClassVar[int]
    part_name: ClassVar[str]

    def __init__(self, folder: Path, *, count: int = 0) -> None:
        super().__init__(folder)
        self._count = count

    def checkpoint(self) -> Checkpoint | None:
        if self._count % self.part_clips:
            return None
        self._end_part()
        names = [self.part_name.format(number) for number in range(self._count // self.part_clips)]
        sizes = {}
        for name in names:
            with (self.folder / name).open("rb") as file:
                os.fsync(file.fileno())
            sizes[name] = (self.folder / name).stat().st_size
        return Checkpoint(sizes, {"count": self._count})

    @classmethod
    def resumed(cls, folder: Path, state: dict[str, Any]) -> Parts:
        return cls(folder, count=int(state["count"]))

    @abstractmethod
    def _end_part(self) -> None:
        """Finish the file at hand, if there is one."""

    @property
    def _next_path(self) -> Path:
        return self.folder / self.part_name.format(self._count // self.part_clips)


class ParquetTable(Parts):
    """Parquet with zstd, loadable with Hugging Face ``datasets``; a fixed schema, row groups of 10,000."""

    name = "parquet"
    title = "Parquet table"
    part_clips = 250_000
    part_name = "clips-{:06d}.parquet"
    _ROWS = 10_000

    def __init__(self, folder: Path, *, count: int = 0) -> None:
        super().__init__(folder, count=count)
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {"text": pa.string(), "whole": pa.int64(), "number": pa.float64(), "flag": pa.bool_()}
        self._schema = pa.schema(
            [
                *(pa.field(name, kinds[kind]) for name, kind in FACTS),
                *(pa.field(name, pa.float32()) for name in SCORES),
            ]
        )
        self._table = pa.Table
        self._open = lambda path: pq.ParquetWriter(path, self._schema, compression="zstd", version="2.6")
        self._file: Any = None
        self._rows: list[dict[str, Any]] = []

    def add(self, clip: ExportClip) -> None:
        if self._count % self.part_clips == 0:
            self._end_part()
            self._file = self._open(self._next_path)
        self._rows.append(flat_row(clip))
        self._count += 1
        if len(self._rows) >= self._ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(self._table.from_pylist(self._rows, schema=self._schema))
            self._rows = []

    def _end_part(self) -> None:
        if self._file is not None:
            self._flush()
            self._file.close()
            self._file = None

    def close(self) -> None:
        if self._count == 0:
            self._file = self._open(self._next_path)
        self._end_part()


class WebDataset(Parts):
    """Tar shards of at most 1,000 clips: ``<key>.json`` beside ``<key>.mp4``, the rendition as it lies in the store."""

    name = "webdataset"
    title = "WebDataset shards with media"
    needs_media = True
    part_clips = 1_000
    part_name = "clips-{:06d}.tar"

    def __init__(self, folder: Path, *, count: int = 0) -> None:
        super().__init__(folder, count=count)
        self._shard: tarfile.TarFile | None = None

    def add(self, clip: ExportClip) -> None:
        media = next((each for each in clip.media if each.kind in ("original", "preview")), None)
        if media is None:
            raise ExportFailed(
                f"clip {clip.clip_id} has no rendition yet, and these shards carry media: let the renditions finish, "
                "then export again"
            )
        if self._count % self.part_clips == 0:
            self._begin()
        # Dots end a key in this format.
        key = clip.key.replace(".", "_").replace("/", "_")
        body = talkvid_row(clip)
        body["rushes"]["media"] = {"kind": media.kind, "sha256": media.sha256}
        text = canonical(body).encode()
        self._member(f"{key}.json", len(text), io.BytesIO(text))
        with media.path.open("rb") as file:
            self._member(f"{key}{_ENDINGS[media.content_type]}", media.path.stat().st_size, file)
        self._count += 1

    def _begin(self) -> None:
        self._end_part()
        self._shard = tarfile.open(self._next_path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115

    def _end_part(self) -> None:
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    def _member(self, name: str, size: int, file: Any) -> None:
        assert self._shard is not None
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o644, 0
        self._shard.addfile(member, file)

    def close(self) -> None:
        if self._count == 0:
            self._begin()
        self._end_part()


_ENDINGS = {"video/mp4": ".mp4", "video/webm": ".webm"}

FORMATS: dict[str, type[Writer]] = {
    writer.name: writer
    for writer in (TalkVidLines, SpeakerVidLines, ParquetTable, CsvTable, LabelStudioJson, WebDataset)
}
