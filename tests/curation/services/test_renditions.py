"""Renditions: every clip gets what the review page needs, from any source that could be read, once."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from curation.media.errors import MediaError
from curation.media.probe import probe
from curation.models import Clip, PictureHash, Rendition, Source
from curation.services.picturehashes import unhashed
from curation.services.renditions import source_render
from curation.storage import stored
from tests import footage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, settings: object) -> None:
    settings.STORAGE = str(tmp_path / "storage")  # type: ignore[attr-defined]


def ingested(folder: Path) -> Source:
    call_command("ingest", str(folder), corpus="t", min_seconds=1.0, stdout=StringIO(), stderr=StringIO())
    return Source.objects.get()


def render(source: Source) -> int:
    return source_render(source=source, path=Path(source.uri), progress=lambda share: None)


def test_an_avi_with_mpeg4_becomes_what_a_browser_plays(tmp_path: Path) -> None:
    footage.GOOD["mpeg4.avi"].make(tmp_path)
    source = ingested(tmp_path)
    assert render(source) == 3
    preview = Rendition.objects.get(kind="preview")
    found = probe(stored("renditions", preview.path))
    assert (found.codec, found.sound_codec, found.container) == ("h264", "aac", "mov")
    assert preview.timestamps is not None and len(preview.timestamps) == found.frame_count == 50
    assert preview.timestamps[0] == 0 and preview.timestamps == sorted(preview.timestamps)
    outline = json.loads(stored("renditions", Rendition.objects.get(kind="waveform").path).read_text())
    assert len(outline["low"]) == len(outline["high"]) > 100


def test_a_preview_brings_its_picture_hashes(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=3)
    render(ingested(tmp_path))
    preview = Rendition.objects.get(kind="preview")
    kept = PictureHash.objects.get(clip=preview.clip)
    assert kept.preview_sha256 == preview.sha256 and bool(kept.hashes) != bool(kept.problem)
    assert not unhashed(preview.clip.corpus).exists()


def test_again_makes_nothing_new(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=3)
    source = ingested(tmp_path)
    render(source)
    before = list(Rendition.objects.order_by("pk").values())
    assert render(source) == 0
    assert list(Rendition.objects.order_by("pk").values()) == before


def test_a_source_without_sound_has_no_waveform(tmp_path: Path) -> None:
    footage.GOOD["picture_only.mp4"].make(tmp_path)
    render(ingested(tmp_path))
    assert set(Rendition.objects.values_list("kind", flat=True)) == {"preview", "poster"}


def test_uneven_times_are_kept_as_they_are(tmp_path: Path) -> None:
    times = footage.uneven_times()
    footage.video(tmp_path / "uneven.mp4", times=times)
    render(ingested(tmp_path))
    timestamps = Rendition.objects.get(kind="preview").timestamps
    assert timestamps == pytest.approx([float(time - times[0]) for time in times], abs=2e-3)


def test_a_clip_that_cannot_be_shown_does_not_keep_the_others_from_it(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=3)
    source = ingested(tmp_path)
    good = Clip.objects.get()
    Clip.objects.create(corpus=source.corpus, source=source, recipe=good.recipe, start_s=100.0, end_s=104.0)
    with pytest.raises(MediaError):
        render(source)
    assert good.renditions.count() == 3
