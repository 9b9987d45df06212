"""Batches say the same wherever they are read, hold no more than they may, and tell the database what the row says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.manifests import FORMATS, ManifestUnreadable, batches
from curation.manifests.ahead import ReaderGone, batches_ahead
from curation.manifests.batches import read_batches
from curation.manifests.copytext import COLUMNS, copy_line
from tests.curation.manifests import samples

TALKVID = FORMATS["talkvid"]
ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


def written(path: Path, count: int) -> Path:
    rows = [json.dumps(samples.talkvid(n, **({"fps": "x"} if n % 7 == 3 else {}))) for n in range(count)]
    path.write_text("\n".join(rows))
    return path


def unescaped(field: str) -> str | None:
    if field == "\\N":
        return None
    parts = iter(field)
    return "".join(ESCAPES[one + next(parts)] if one == "\\" else one for one in parts)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30),
    st.floats(1e-30, 1e30),
)
def test_any_text_and_number_reaches_the_database_as_it_is(text: str, number: float) -> None:
    item = samples.talkvid(0, id=text, description=text, dover_scores=number)
    item["info"]["Language"] = text[:20]
    row = TALKVID.parse(item, "")
    line = copy_line(7, row, "talkvid", TALKVID.metrics)
    fields = [unescaped(field) for field in line.removesuffix("\n").split("\t")]
    assert len(fields) == len(COLUMNS) + len(TALKVID.metrics) and "\n" not in line[:-1]
    told = dict(zip([*(name for name, _ in COLUMNS), *TALKVID.metrics], fields, strict=True))
    assert (told["line"], told["clip"], told["language"], told["region"]) == ("7", text, text[:20], None)
    assert json.loads(told["attributes"] or "")["description"] == text
    assert float(told["dover_technical"] or "") == number and float(told["end_s"] or "") == row.end_s


def test_a_second_process_gives_the_same_batches(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", 40)
    here = list(read_batches(path, TALKVID, origin="t", size=9))
    assert list(batches_ahead(path, TALKVID, origin="t", size=9)) == here
    assert [batch.good for batch in here] == [8, 7, 8, 8, 3] and len(here[0].faults) == 1
    for before, after in pairwise(here):
        rest = batches_ahead(path, TALKVID, origin="t", size=9, position=before.position, line=before.line)
        assert next(rest) == after


def test_a_batch_of_large_rows_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_BYTES", 2_000)
    sizes = [
        batch.good for batch in read_batches(written(tmp_path / "a.jsonl", 30), TALKVID, origin="t", size=100)
    ]
    assert sum(sizes) == 26 and max(sizes) < 10


def test_a_reader_that_is_killed_is_told_from_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    start = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *args, **kw: started.append(start(*args, **kw)) or started[0]
    )
    # More than a pipe holds, so that the reader cannot have ended by itself.
    reading = batches_ahead(written(tmp_path / "a.jsonl", 1000), TALKVID, origin="t", size=10)
    next(reading)
    os.kill(started[0].pid, signal.SIGKILL)
    with pytest.raises(ReaderGone, match="SIGKILL"):
        list(reading)


def test_what_is_no_manifest_is_refused_from_there_too(tmp_path: Path) -> None:
    with pytest.raises(ManifestUnreadable, match="there is no file"):
        list(batches_ahead(tmp_path / "none.jsonl", TALKVID, origin="t", size=10))
