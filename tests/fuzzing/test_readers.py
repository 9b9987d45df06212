"""Whatever a file holds, its reader answers or refuses in its own words, soon: no other error, no hang."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from annotation.labelstudio.reading import Fault as NotRead
from annotation.labelstudio.reading import Told, Unreadable, read_export, told_of
from curation.manifests.formats import FORMATS
from curation.manifests.reading import ManifestUnreadable, open_manifest
from curation.manifests.rows import BadRow, Fault
from curation.media.child import Decoder
from curation.media.errors import MediaError
from curation.media.rttm import read_rttm
from curation.media.subtitles import SubtitlesError, read_subtitles
from curation.policies.errors import BadDocument
from curation.policies.jsonform import from_json, to_document, to_json
from curation.policies.presets import PRESETS
from tests import footage
from tests.curation.manifests import samples
from tests.fuzzing.harness import fuzz
from tests.fuzzing.strategies import as_json, documents, nearly, nearly_bytes

SUBTITLES = (
    b"1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i> [Music]\r\n\r\n2\n00:00:02,500 --> 00:00:04,000\nthere\n",
    b"WEBVTT - a\n\nNOTE no\n\nSTYLE\n::cue{}\n\n00:01.000 --> 01:00:02.000 align:start position:0%\n<v Ann>Hi</v>\nyou\n",
    "\ufeff1\n0:0:1,5 --> 0:0:2,5\né\n".encode("utf-16"),
)
RTTM = (
    b"SPEAKER talk-1 1 0.50 2.25 <NA> <NA> ann <NA> <NA>\nSPEAKER talk-1 1 3.0 1.0 <NA> <NA> bob <NA> <NA>\n",
    b";; a remark\nSPKR-INFO a 1 <NA> <NA> <NA> unknown x <NA> <NA>\nSPEAKER a 1 1e0 .5 <NA> <NA> x 0.9\n",
)
ROWS: dict[str, list[Any]] = {
    "talkvid": [samples.talkvid()],
    "speakervid": [samples.speakervid()],
    "mit": [
        {
            "source": "film",
            "video": "abc",
            "period": [25, 200],
            "num_speaker": 2,
            "url": "https://example.org/v",
            "speaker_info": {"face_track": [[0.1, 0.1, 0.5, 0.5]], "speak": [[0, 50]], "listen": [[50, 175]]},
        }
    ],
    "rushes": [
        {"source": "a.mp4", "start_s": 1.0, "end_s": 5.0, "scores": {"luminance": 100.0}, "person": "p"}
    ],
}


def test_subtitles(tmp_path: Path) -> None:
    path = tmp_path / "film.en.srt"

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            found = read_subtitles(path)
        except SubtitlesError as refused:
            assert str(refused)
            return
        for cue in found.cues:
            assert 0 <= cue.start_s < cue.end_s < math.inf

    assert fuzz("subtitles", nearly_bytes(*SUBTITLES), read, short=150)


def test_rttm() -> None:
    def read(raw: bytes) -> None:
        found = read_rttm(raw.decode("utf-8", "surrogatepass" if b"\xed" in raw else "replace"))
        for turn in found.turns:
            assert 0 <= turn.start_s < turn.end_s < math.inf and turn.line > 0

    safe = nearly_bytes(*RTTM).map(lambda raw: raw.replace(b"\xed", b""))
    assert fuzz("rttm", safe, read, short=150)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_manifest_rows(name: str) -> None:
    format = FORMATS[name]

    def read(item: Any) -> None:
        try:
            row = format.parse(item, "abc_1280x720_full_video_3_A_1.json")
        except BadRow as refused:
            assert refused.faults and all(isinstance(fault, Fault) for fault in refused.faults)
            return
        assert 0 <= row.start_s < row.end_s < math.inf
        assert all(math.isfinite(value) for value in row.values.values() if value is not None)

    rows = st.one_of(*(nearly(row) for row in ROWS[name]), documents)
    assert fuzz(f"manifest rows: {name}", rows, read, short=100)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_manifest_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    lines = b"\n".join(as_json(row) for row in ROWS[name] * 2)
    array = as_json(ROWS[name] * 2)

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            entries = list(open_manifest(path, FORMATS[name]))
        except ManifestUnreadable as refused:
            assert str(refused)
            return
        assert [entry.line for entry in entries] == sorted(entry.line for entry in entries)
        for entry in entries:
            assert (entry.fault is None) or entry.item is None

    assert fuzz(f"manifest files: {name}", nearly_bytes(lines, array), read, short=60)


def test_policy_documents() -> None:
    found = [to_document(preset.rules, name="x") for preset in PRESETS.values()]

    def read(raw: bytes) -> None:
        try:
            rules, name = from_json(raw)
        except BadDocument as refused:
            assert refused.faults
            return
        assert from_json(to_json(rules, name=name)) == (rules, name)

    inputs = st.one_of(
        *(nearly(one).map(as_json) for one in found), nearly_bytes(*(as_json(one) for one in found))
    )
    assert fuzz("policy documents", inputs, read, short=200)


def test_label_studio_exports(tmp_path: Path) -> None:
    task = {
        "id": 1,
        "data": {"rushes": {"item": 7}},
        "annotations": [
            {
                "id": 3,
                "completed_by": {"email": "a@example.org"},
                "result": [
                    {"from_name": "tier", "to_name": "v", "type": "choices", "value": {"choices": ["sft"]}}
                ],
                "lead_time": 4.5,
                "was_cancelled": False,
                "created_at": "2026-01-01T00:00:00Z",
            }
        ],
    }
    path = tmp_path / "export.json"

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            tasks = read_export(path)
        except Unreadable as refused:
            assert str(refused)
            return
        for number, one in enumerate(tasks):
            for told in told_of(one, f"task {number}"):
                assert isinstance(told, Told | NotRead)

    inputs = st.one_of(nearly([task]).map(as_json), nearly_bytes(as_json([task])))
    assert fuzz("Label Studio exports", inputs, read, short=150)


def test_videos(tmp_path: Path) -> None:
    heads = (
        b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 40,
        b"\x1aE\xdf\xa3\x93B\x82\x88matroska" + b"\0" * 40,
        b"RIFF\xff\0\0\0AVI LIST" + b"\0" * 40,
        b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    )
    path = tmp_path / "film.mp4"
    film = footage.video(tmp_path / "whole.mp4", seconds=0.5, size=(64, 48)).read_bytes()

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            facts = child.probe(path)
        except MediaError as refused:
            assert refused.reason and str(refused)
            return
        assert facts.width > 0 and facts.height > 0

    with Decoder() as child:
        assert fuzz("videos, read by the limited child", nearly_bytes(*heads, film, film), read, short=20)
