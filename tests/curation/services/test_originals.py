"""The original quality of a clip: its source's own size, made once, and a sentence where it cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.media.probe import probe
from curation.models import Rendition
from curation.services.originals import NoOriginal, original_make
from curation.storage import stored
from tests import footage
from tests.curation.services.test_renditions import ingested

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, settings: object) -> None:
    settings.STORAGE = str(tmp_path / "storage")  # type: ignore[attr-defined]


def test_it_has_the_sources_size_and_is_made_once(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=2)
    source = ingested(tmp_path)
    clip = source.clips.first()
    made = original_make(clip=clip)
    found = probe(stored("renditions", made.path))
    assert (found.width, found.height) == (source.width, source.height) == (made.width, made.height)
    assert made.timestamps and len(made.timestamps) == found.frame_count
    Path(source.uri).unlink()
    assert original_make(clip=clip).pk == made.pk


def test_a_source_that_is_gone_is_said_so(tmp_path: Path) -> None:
    footage.video(tmp_path / "a.mp4", seconds=2)
    clip = ingested(tmp_path).clips.first()
    Path(clip.source.uri).unlink()
    with pytest.raises(NoOriginal, match=r"a\.mp4.*not on this machine"):
        original_make(clip=clip)
    assert not Rendition.objects.filter(kind="original").exists()
