"""From a folder of real footage to scorecards: what is measured, what is honestly not, and only once."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from curation.models import Person, Scorecard, ScoringTarget, SeriesFile, Source, Track, Turn
from scoring.services.plan import source_plan
from tests import footage
from tests.paths import SHARED_MEDIA, needs_shared_media

# Leases are renewed from a connection of their own, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, settings: object) -> None:
    settings.STORAGE = str(tmp_path / "storage")  # type: ignore[attr-defined]


def score(folder: Path) -> str:
    out = StringIO()
    call_command("ingest", str(folder), corpus="t", min_seconds=1.0, stdout=StringIO(), stderr=StringIO())
    call_command("score", corpus="t", here=True, stdout=out, stderr=StringIO())
    return out.getvalue()


@needs_shared_media
def test_real_footage_comes_out_measured(tmp_path: Path) -> None:
    for name in ("talking_head_a.mp4", "debate_two_speakers.avi"):
        (tmp_path / "in").mkdir(exist_ok=True)
        shutil.copy(SHARED_MEDIA / name, tmp_path / "in")
    said = score(tmp_path / "in")
    assert not ScoringTarget.objects.filter(state="failed").exists(), said
    cards = {
        (card.clip.source.name): card
        for card in Scorecard.objects.select_related("clip__source", "provenance")
    }
    head = cards["talking_head_a.mp4"]
    assert head.completeness_min == 100.0
    assert head.face_consistency == 100.0
    assert 200 < head.face_size_px < 400
    assert Track.objects.filter(source__name="talking_head_a.mp4").count() == 1
    assert 0.8 < head.speech_share <= 1.0
    debate = Source.objects.get(name="debate_two_speakers.avi")
    assert [(track.start_s, round(track.end_s, 1)) for track in debate.tracks.all()] == [(0.0, 8.0)] * 2
    assert cards[debate.name].persons_clip == 2
    assert cards[debate.name].movement_avg is None, "no sample shows one face alone"
    assert not Person.objects.exists(), "faces are not compared unless that is allowed"
    for card in cards.values():
        unavailable = {
            name for name, one in card.provenance.statuses.items() if one["state"] == "unavailable"
        }
        assert unavailable >= {"dover", "cotracker", "whisper", "lr_asd", "identity"}
        assert "FACE_EMBEDDINGS=1" in card.provenance.statuses["identity"]["reason"]
        for scorer, status in card.provenance.statuses.items():
            assert status["state"] in ("measured", "unavailable"), (scorer, status)
            assert status["state"] == "measured" or status["reason"], "unavailable says what is missing"


def test_a_second_scoring_measures_nothing_again(tmp_path: Path) -> None:
    footage.video(tmp_path / "in" / "a.mp4", seconds=3)
    score(tmp_path / "in")
    before = list(ScoringTarget.objects.order_by("pk").values()) + list(SeriesFile.objects.values())
    assert source_plan(source=Source.objects.get()) == []
    score(tmp_path / "in")
    assert list(ScoringTarget.objects.order_by("pk").values()) + list(SeriesFile.objects.values()) == before


def test_a_source_without_sound_is_measured_without_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    footage.GOOD["picture_only.mp4"].make(tmp_path / "in")
    score(tmp_path / "in")
    card = Scorecard.objects.get()
    assert card.luminance is not None and card.has_sound == 0
    assert card.speech_share is None
    assert not Turn.objects.exists()


def test_media_that_breaks_while_it_is_measured_is_failed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    footage.DAMAGED.make(tmp_path / "in")
    footage.video(tmp_path / "in" / "good.mp4", seconds=2)
    score(tmp_path / "in")
    broken = Source.objects.get(name=footage.DAMAGED.name)
    assert broken.state == "failed" and broken.failure_code == "damaged"
    assert Scorecard.objects.get().clip.source.name == "good.mp4"
