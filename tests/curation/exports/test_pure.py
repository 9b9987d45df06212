"""Pieces of exports without a database: cells that no spreadsheet runs, manifests that find every change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.exports.columns import ParquetPart, canonical, csv_cell
from curation.exports.manifest import MANIFEST, NoManifest, manifest_text, verify_folder
from curation.exports.tables import WORDS


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = csv_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, f"'{text}")


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    assert [csv_cell(value) for value in (-1.5, 0, True, None, "")] == ["-1.5", "0", "true", "", ""]


def test_a_number_that_is_none_stops_the_export() -> None:
    with pytest.raises(ValueError):
        canonical({"x": float("nan")})
    assert canonical({"name": "NaN of Infinity"}) == b'{"name":"NaN of Infinity"}'


def test_a_large_whole_score_goes_into_parquet(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    part = ParquetPart(tmp_path / "x.parquet", WORDS)
    part.add([("clip", 0, 1, "word", 17201992)])
    part.close()
    assert pq.read_table(tmp_path / "x.parquet").to_pylist()[0]["probability"] == 17201992.0


def test_a_manifest_is_the_same_whatever_order_files_were_made_in(tmp_path: Path) -> None:
    for folder, names in ((tmp_path / "a", "xyz"), (tmp_path / "b", "zyx")):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(name)
    assert manifest_text({"k": 1}, tmp_path / "a") == manifest_text({"k": 1}, tmp_path / "b")


def test_a_manifest_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / MANIFEST).write_text(json.dumps({"files": [{"name": "../secret", "bytes": 1, "sha256": "0"}]}))
    assert [fault.problem for fault in verify_folder(folder)] == ["leads out of the folder"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "\0"])
def test_what_is_no_manifest_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(NoManifest):
        verify_folder(tmp_path)
