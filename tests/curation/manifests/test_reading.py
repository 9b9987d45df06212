"""Manifests are streamed from any place on; what is no JSON is named, and the next row is found again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.manifests import FORMATS, Entry, ManifestUnreadable, open_manifest

TALKVID = FORMATS["talkvid"]


def read(path: Path, **place: int) -> list[Entry]:
    return list(open_manifest(path, TALKVID, **place))


ROWS = st.lists(st.fixed_dictionaries({"id": st.text(max_size=8), "n": st.integers()}), max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, shape=st.sampled_from(["lines", "array", "pretty", "marked"]))
def test_reading_on_from_any_entry_gives_the_rest(tmp_path_factory: Any, rows: list[Any], shape: str) -> None:
    path = tmp_path_factory.mktemp("m") / "m.json"
    if shape == "lines":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    else:
        text = json.dumps(rows, ensure_ascii=False, indent=2 if shape != "array" else None)
        path.write_text(text, "utf-8-sig" if shape == "marked" else "utf-8")
    entries = read(path)
    assert [entry.item for entry in entries] == rows
    for place, entry in enumerate(entries):
        assert [one.item for one in read(path, position=entry.position, line=entry.line)] == rows[place + 1 :]


def test_a_broken_row_is_named_and_the_next_one_found(tmp_path: Path) -> None:
    lines = tmp_path / "a.jsonl"
    lines.write_bytes(b'{"id": 1}\n{"id": \n\xff\xfe\n{"id": NaN}\n{"id": 4}')
    found = read(lines)
    assert [entry.line for entry in found if entry.fault] == [2, 3, 4]
    assert [entry.item for entry in found if not entry.fault] == [{"id": 1}, {"id": 4}]
    array = tmp_path / "b.json"
    array.write_text('[{"id": 1},\n{"id": },\n{"id": 3}\n]')
    found = read(array)
    assert [entry.item for entry in found if not entry.fault] == [{"id": 1}, {"id": 3}]
    assert [entry.line for entry in found if entry.fault] == [2]


def test_a_manifest_that_was_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"id": 1}, {"id": 2}, {"id": "thr')
    found = read(path)
    assert [entry.item for entry in found if not entry.fault] == [{"id": 1}, {"id": 2}]
    assert found[-1].fault is not None


def test_a_huge_line_is_a_fault_and_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": "' + b"x" * (5 << 20) + b'"}\n{"id": 2}\n')
    found = read(path)
    assert found[0].fault is not None and found[1].item == {"id": 2}


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for number in (2, 1, 3):
        (tmp_path / f"v_{number}.json").write_text(json.dumps({"n": number}))
    (tmp_path / "v_4.json").write_text("{")
    found = list(open_manifest(tmp_path, FORMATS["speakervid"]))
    assert [entry.name for entry in found] == ["v_1", "v_2", "v_3", "v_4"]
    assert found[3].fault is not None
    assert list(open_manifest(tmp_path, FORMATS["speakervid"], position=found[1].position)) == found[2:]


def test_what_is_no_manifest_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    for path in (tmp_path / "a.txt", tmp_path / "none", tmp_path):
        with pytest.raises(ManifestUnreadable, match=str(path.name)):
            read(path)
