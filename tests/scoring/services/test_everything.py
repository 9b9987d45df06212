"""With every model that can be made or found installed: one source through the whole pipeline, nothing left out."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from curation.models import Clip, Person, Scorecard, SeriesFile, Source, Turn
from scoring.scorers import registry
from tests.paths import SHARED_MEDIA, SHARED_WEIGHTS, needs_shared_media, needs_shared_weights
from tests.scoring.adapters.tiny_models import tiny_dover, tiny_embedding
from tests.scoring.adapters.tiny_whisper import checkpoint

pytestmark = [pytest.mark.django_db(transaction=True), needs_shared_media, needs_shared_weights]

SUBTITLES = """1
00:00:00,200 --> 00:00:01,900
{\\an8}<i>Hello there</i> [Music]

2
00:00:02,000 --> 00:00:03,500
how are you today
"""


@pytest.fixture
def installed(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LR-ASD's own weights; DOVER, Whisper and a face embedding of the right shape; a fresh registry."""
    folder = tmp_path / "weights"
    folder.mkdir()
    shutil.copy(SHARED_WEIGHTS / "lr_asd_talkset.model", folder)
    tiny_dover(folder)
    tiny_embedding(folder)
    monkeypatch.setenv("WEIGHTS_DIR", str(folder))
    monkeypatch.setenv("FACE_EMBEDDINGS", "1")
    monkeypatch.setenv("WHISPER_MODEL", str(checkpoint(folder / "tiny.pt")))
    monkeypatch.setenv("WHISPER_LANGUAGE", "en")
    monkeypatch.setattr(registry, "_made", {})
    settings.STORAGE = str(tmp_path / "storage")
    settings.WEIGHTS_DIR = folder
    return folder


def test_all_that_is_installed_measures_and_the_rest_says_what_it_lacks(
    installed: Path, tmp_path: Path
) -> None:
    media = tmp_path / "in"
    media.mkdir()
    shutil.copy(SHARED_MEDIA / "talking_head_b.mp4", media)
    (media / "talking_head_b.en.srt").write_text(SUBTITLES)
    quiet: dict[str, Any] = {"stdout": StringIO(), "stderr": StringIO()}
    call_command("ingest", str(media), corpus="t", **quiet)
    call_command("derive", corpus="t", recipe="turns", **quiet)
    call_command("score", corpus="t", here=True, **quiet)

    frame = Scorecard.objects.select_related("provenance").get(clip__recipe__name="shots")
    talk = Scorecard.objects.select_related("provenance").get(clip__recipe__name="turns")
    states = {name: status["state"] for name, status in talk.provenance.statuses.items()}
    assert {name for name, state in states.items() if state != "measured"} == {"cotracker"}
    assert "cotracker3" in talk.provenance.statuses["cotracker"]["reason"], "and how to get it"
    # words: Whisper's own figures, and the subtitles beside the video under their own name
    assert talk.asr_avg_logprob < 0 and 0 <= talk.asr_no_speech_prob <= 1
    assert frame.subtitle_share == pytest.approx(3.2 / frame.duration_s, abs=0.01)
    # speaking
    assert talk.lr_asd_score > 1 and talk.lr_asd_talk_share > 0.95
    assert talk.offscreen_voice_share == 0
    assert Turn.objects.get().origin == "lr_asd"
    assert talk.sync_offset_frames is None, "three seconds cannot tell"
    assert "chance" in talk.provenance.statuses["mouth_voice"]["notes"]["sync_offset_frames"]
    # the picture
    assert 0 <= talk.dover_fused <= 1 and talk.dover_technical is not None
    # one person, numbered, and no vector of their face anywhere
    person = Person.objects.get()
    assert set(Clip.objects.exclude(track=None).values_list("person", flat=True)) == {person.pk}
    kept = {name.split("/")[0] for file in SeriesFile.objects.all() for name in columns(file)}
    assert "persons" in kept and not [name for name in kept if "embed" in name or "vector" in name]
    assert not Source.objects.get().scoring_targets.exclude(state="done").exists()


def columns(file: SeriesFile) -> list[str]:
    import pyarrow.parquet as pq

    from curation.storage import stored

    schema = pq.read_schema(stored("series", file.path))
    widest = {name: schema.field(name).type.value_type for name in schema.names}
    for name in widest:
        if name.startswith("persons/"):
            assert str(widest[name]) in ("double", "int32"), "numbers of tracks and persons, nothing more"
    return schema.names
