"""Pieces of exports without a database: cells that no spreadsheet runs, manifests that find every change."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.exports.columns import JsonRows, ParquetPart, canonical, canonical_of_json, csv_cell
from curation.exports.evidence import evidence, evidence_fields
from curation.exports.manifest import MANIFEST, NoManifest, manifest_text, verify_folder
from curation.exports.record import ExportClip, ExportSource, ExportVerdict, Statuses
from curation.exports.tables import SCORES, WORDS
from curation.exports.writers import FORMATS, ExportFailed, member_key


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = csv_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, f"'{text}")


@given(
    st.lists(
        st.sampled_from(["'", "'=1", "=1", '"', "\r\n", "\n", ",", "é"]) | st.text(), min_size=4, max_size=4
    )
)
def test_a_table_of_cells_gives_every_text_back_by_the_rule_in_its_readme(words: list[str]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerow(csv_cell(word) for word in words)
    file.seek(0)
    (row,) = csv.reader(file)
    assert [cell[1:] if cell.startswith("'") else cell for cell in row] == words


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    assert [csv_cell(value) for value in (-1.5, 0, True, None, "")] == ["-1.5", "0", "true", "", ""]


def test_a_number_that_is_none_stops_the_export() -> None:
    with pytest.raises(ValueError):
        canonical({"x": float("nan")})
    assert canonical({"name": "NaN of Infinity"}) == b'{"name":"NaN of Infinity"}'


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(_JSON)
def test_the_quick_way_to_write_json_gives_the_bytes_of_the_strict_one(value: object) -> None:
    try:
        strict = canonical(value)
    except UnicodeEncodeError:
        return  # half a surrogate pair: no file of ours can hold one
    assert canonical_of_json(value) == strict


@given(st.dictionaries(st.text(), st.text()), st.sampled_from("\x85\u2028\u2029\x0b\x1e\n"))
def test_json_is_one_line_for_whoever_tells_lines_apart(value: dict[str, str], end: str) -> None:
    value |= {f"before{end}": f"after{end}{end}é"}
    for text in (canonical(value), canonical_of_json(value)):
        (line,) = text.decode().splitlines()
        assert json.loads(line) == value


def test_a_clip_at_no_time_stops_the_export(tmp_path: Path) -> None:
    source = ExportSource("0" * 64, "", "a.mp4", "", "", "", 1280, 720, 25.0, True, 9.0)
    clip = ExportClip(
        0, 7, "", 1.0, float("nan"), "", "", None, None, "shots 1", source, None, "sft", None, (), (), None, None,
        "", {},
    )  # fmt: skip
    for name in ("talkvid-jsonl", "speakervid-jsonl", "label-studio"):
        with pytest.raises((ExportFailed, ValueError)):
            FORMATS[name](tmp_path).add(clip)


def leaves(value: object, at: str) -> Iterator[str]:
    """Names of everything below ``at``, as a README has them."""
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from leaves(below, f"{at}.{name}")
    else:
        yield re.sub(r"(builds|not_measured)\.\w+", r"\1.SCORER", at)


def test_a_readme_names_all_evidence_that_lies_beside_a_clip_and_no_other() -> None:
    source = ExportSource("0" * 64, "", "a.mp4", "", "", "", 1280, 720, 25.0, True, 9.0)
    said = {"raters": ["a", "b"], "answers": ["sft", "sft"], "judgments": ["1", "2"], "rule": "agreed", "disputed": False,
            "rubric": {"slug": "tiers", "version": 3}, "item": 7}  # fmt: skip
    measured = Statuses(
        {"blur": {"state": "measured", "build": 4}, "dover": {"state": "unavailable", "reason": "x"}}
    )
    clip = ExportClip(
        0, 7, "", 1.0, 2.0, "", "", None, None, "shots 1", source, None, "sft", "sft", (), (),
        ExportVerdict("sft", "agreed", True, said), 1, "measured", dict.fromkeys(SCORES, 0.5), statuses=measured,
    )  # fmt: skip
    for at in ("rushes", "data.rushes"):
        told = {name for name, _, _ in evidence_fields(at)} - {at}
        assert told == set(leaves(evidence(clip), at))
    assert (measured.told, measured.untold) == ("blur=4", "dover=unavailable")


def test_rows_that_clips_share_are_written_for_each_as_if_they_were_its_own(tmp_path: Path) -> None:
    shared: list[tuple[object, ...]] = [(-0.0, 1.5, "é", 0.25), (0.0, 1.5, "é", None)]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder in (whole, parts):
        folder.mkdir()
    plain, quick = JsonRows(whole, WORDS), JsonRows(parts, WORDS)
    for key in ('a"b', "clip"):
        plain.add((key, *row) for row in shared)
        quick.add_of(key, shared)
    plain.close(), quick.close()
    assert (parts / "words.jsonl").read_bytes() == (whole / "words.jsonl").read_bytes()
    assert b'"start_s":-0.0' in (parts / "words.jsonl").read_bytes()


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


@given(st.sets(st.text(min_size=1, max_size=200), max_size=8))
def test_members_of_a_shard_have_names_that_fit_and_are_their_own(names: set[str]) -> None:
    keys = {member_key(name) for name in names}
    assert len(keys) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", key) and len(key) <= 80 for key in keys)


def test_a_plain_name_is_kept_and_names_that_look_alike_in_it_are_not() -> None:
    assert member_key("src-0001_a") == "src-0001_a"
    other = member_key("a/b")
    assert len({member_key(name) for name in ("a/b", "a.b", "a_b", other)}) == 4
