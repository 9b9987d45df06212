"""A folder goes in: good files become sources with clips, bad ones are listed with their reason, twice changes nothing."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from curation.models import Clip, Corpus, RefusedFile, Shot, Source
from tests import footage
from tests.paths import SHARED_MEDIA, needs_shared_media

pytestmark = pytest.mark.django_db


def ingest(folder: Path, **options: object) -> str:
    out = StringIO()
    call_command("ingest", str(folder), corpus="Trial", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def everything() -> list[tuple[object, ...]]:
    return [
        *Source.objects.order_by("pk").values_list("pk", "sha256", "state", "uri"),
        *Shot.objects.order_by("pk").values_list("pk", "start_s", "end_s"),
        *Clip.objects.order_by("pk").values_list("pk", "start_s", "end_s"),
    ]


def test_good_files_go_in_and_bad_ones_are_listed(tmp_path: Path) -> None:
    footage.video(tmp_path / "one" / "a.mp4", seconds=4)
    footage.GOOD["mpeg4.avi"].make(tmp_path)
    for bad in footage.BAD.values():
        bad.make(tmp_path)
    (tmp_path / "notes.txt").write_text("not a video")
    said = ingest(tmp_path, min_seconds=1.0)
    assert Source.objects.filter(state="ready").count() == 2
    assert Clip.objects.count() == 2
    listed = {
        **dict(RefusedFile.objects.values_list("name", "code")),
        **dict(Source.objects.filter(state="failed").values_list("name", "failure_code")),
    }
    assert listed == {bad.name: bad.reason for bad in footage.BAD.values()}
    for name, code in listed.items():
        assert name in said and f"[{code}]" in said
    assert "1 other files passed over" in said


def test_again_changes_nothing(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=4, cuts_s=[2.0])
    footage.BAD["truncated"].make(tmp_path)
    ingest(tmp_path, min_seconds=1.0)
    before = everything()
    assert "already known 1, failed 1" in ingest(tmp_path, min_seconds=1.0)
    assert everything() == before


def test_the_same_content_twice_is_one_source_and_a_moved_file_is_followed(tmp_path: Path) -> None:
    first = footage.video(tmp_path / "a.mp4", seconds=4)
    (tmp_path / "b.mp4").write_bytes(first.read_bytes())
    ingest(tmp_path)
    assert Source.objects.get().name == "a.mp4"
    first.unlink()
    ingest(tmp_path)
    assert Source.objects.get().name == "b.mp4"


def test_a_broken_file_that_is_mended_goes_in(tmp_path: Path) -> None:
    whole = footage.video(tmp_path / "a.mp4", seconds=4).read_bytes()
    (tmp_path / "a.mp4").write_bytes(b"")
    ingest(tmp_path)
    assert RefusedFile.objects.get().code == "empty"
    (tmp_path / "a.mp4").write_bytes(whole)
    ingest(tmp_path)
    assert not RefusedFile.objects.exists()
    assert Source.objects.get().state == "ready"


def test_another_minimum_is_another_recipe_and_short_spans_are_kept_with_their_reason(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=4, cuts_s=[1.0])
    ingest(tmp_path)
    assert [(round(c.start_s, 2), round(c.end_s, 2)) for c in Clip.objects.all()] == [(1.0, 4.0)]
    source = Source.objects.get()
    assert [(d.code, round(d.end_s, 2)) for d in source.dropped_spans.all()] == [("too_short", 1.0)]
    ingest(tmp_path, min_seconds=0.5)
    assert Clip.objects.filter(recipe__version=2).count() == 2


def test_names_are_data(tmp_path: Path) -> None:
    hostile = tmp_path / "<script>alert(1)</script> ';--\n%s.mp4".replace("/", "∕")
    footage.video(hostile, seconds=3)
    ingest(tmp_path)
    assert Source.objects.get().name == hostile.name


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = footage.video(tmp_path / "outside" / "a.mp4", seconds=3)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.mp4").symlink_to(outside)
    assert "Nothing to do" in ingest(inside)


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_a_folder_that_is_none_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(CommandError, match=r"no such folder|is a file"):
        ingest(tmp_path / name)
    assert not Corpus.objects.exists()


def test_only_allowed_folders_are_read_where_some_are_named(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOTS = [tmp_path / "allowed"]  # type: ignore[attr-defined]
    (tmp_path / "other").mkdir()
    with pytest.raises(CommandError, match="MEDIA_ROOTS"):
        ingest(tmp_path / "other")


def test_the_report_has_a_line_a_file(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=4)
    footage.BAD["text"].make(tmp_path)
    ingest(tmp_path, report=tmp_path / "report.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert [(row["outcome"], row["code"]) for row in rows] == [
        ("added", ""),
        ("refused", "refused_container"),
    ]


@needs_shared_media
def test_real_footage_goes_in_whole() -> None:
    ingest(SHARED_MEDIA)
    assert Source.objects.filter(state="ready").count() == 4
    assert not Source.objects.filter(state="failed").exists()
    assert Source.objects.get(name="stage_with_cuts.mp4").shots.count() == 4


def test_a_file_whose_name_is_no_text_is_refused_and_the_others_go_in(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=2)
    (tmp_path / "a.mp4").rename(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.mp4"))
    footage.video(tmp_path / "b.mp4", seconds=4)
    report = tmp_path / "report.jsonl"
    said = ingest(tmp_path, min_seconds=1.0, report=report)
    assert "added 1" in said and r"a\xff.mp4: has a name that is no UTF-8" in said
    assert RefusedFile.objects.get().name == r"a\xff.mp4"
    assert [json.loads(line)["code"] for line in report.read_text().splitlines()] == ["name", ""]
