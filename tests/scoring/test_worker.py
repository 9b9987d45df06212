"""Real workers over a real broker: what is ingested gets scored, once, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from curation.models import Clip, Scorecard, ScoringTarget, SeriesFile
from scoring.selectors import scoring_progress
from tests import footage
from tests.scoring.conftest import Worker, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

Start = Callable[[], Worker]


def ingest(folder: Path) -> Clip:
    call_command("ingest", str(folder), corpus="trial", min_seconds=1.0, stdout=StringIO(), stderr=StringIO())
    clip = Clip.objects.first()
    assert clip is not None
    return clip


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in ScoringTarget.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_a_worker_killed_in_the_middle_leaves_every_clip_scored_once(
    tmp_path: Path, storage: Path, start_worker: Start
) -> None:
    for number in range(4):
        footage.video(
            tmp_path / "in" / f"{number}.mp4", seconds=4, cuts_s=[1.5 + number / 4], size=(320, 240)
        )
    corpus = ingest(tmp_path / "in").corpus
    call_command("score", corpus="trial", no_wait=True, stdout=StringIO(), stderr=StringIO())
    for _ in range(2):
        worker = start_worker()
        before = ScoringTarget.objects.filter(state="done").count()
        wait_until(
            lambda before=before: (
                ScoringTarget.objects.filter(state="done").count() > before
                and ScoringTarget.objects.filter(state="leased").exists()
            ),
            90,
            "a worker in the middle of its work",
        )
        worker.kill()
        assert ScoringTarget.objects.filter(state="leased").exists(), "the kill must leave work hanging"
    start_worker()
    wait_until(
        lambda: set(states()) == {"done"} and scoring_progress(corpus=corpus).open_targets == 0,
        120,
        f"all done: {states()}",
    )

    assert Scorecard.objects.count() == Clip.objects.count() == 8
    assert Scorecard.objects.filter(luminance=None).count() == 0
    measured = list(SeriesFile.objects.values_list("source_id", "stage", "builds_key"))
    assert (
        len(measured)
        == len(set(measured))
        == ScoringTarget.objects.filter(stage__in=("listen", "look")).count()
    )
    assert ScoringTarget.objects.filter(attempts__gt=1).exists()
    kept = {storage / "series" / one for one in SeriesFile.objects.values_list("path", flat=True)}
    assert kept <= set((storage / "series").rglob("*.parquet"))


def test_a_source_that_went_bad_fails_with_its_reason_and_the_others_are_scored(
    tmp_path: Path, storage: Path, start_worker: Start
) -> None:
    footage.video(tmp_path / "in" / "good.mp4", seconds=3)
    gone = footage.video(tmp_path / "in" / "gone.mp4", seconds=4)
    ingest(tmp_path / "in")
    gone.unlink()
    start_worker()
    out = StringIO()
    call_command("score", corpus="trial", stdout=out, stderr=StringIO())
    assert "source_gone" in out.getvalue() and "gone.mp4" in out.getvalue()
    cards = {
        card.clip.source.name: card for card in Scorecard.objects.select_related("clip__source", "provenance")
    }
    assert cards["good.mp4"].luminance is not None
    assert cards["gone.mp4"].luminance is None
    status = cards["gone.mp4"].provenance.statuses["image_quality"]
    assert status["state"] == "failed" and "no longer at" in status["reason"]


def test_scoring_again_does_nothing(tmp_path: Path, storage: Path, start_worker: Start) -> None:
    footage.video(tmp_path / "in" / "a.mp4", seconds=3)
    ingest(tmp_path / "in")
    start_worker()
    call_command("score", corpus="trial", stdout=StringIO(), stderr=StringIO())
    before = list(ScoringTarget.objects.order_by("pk").values())
    out = StringIO()
    call_command("score", corpus="trial", stdout=out, stderr=StringIO())
    assert "0 new pieces of work" in out.getvalue()
    assert list(ScoringTarget.objects.order_by("pk").values()) == before


def test_a_worker_that_is_asked_to_stop_hands_long_work_back(
    tmp_path: Path, storage: Path, start_worker: Start
) -> None:
    """The attempt does not count: a machine may be restarted as often as it likes."""
    footage.video(tmp_path / "in" / "long.mp4", seconds=120, fps=10, size=(320, 240), sound=False)
    ingest(tmp_path / "in")
    ScoringTarget.objects.all().delete()
    call_command("score", corpus="trial", no_wait=True, stdout=StringIO(), stderr=StringIO())
    ScoringTarget.objects.filter(stage="render").delete()
    worker = start_worker()
    look = ScoringTarget.objects.filter(stage="look")
    wait_until(lambda: look.filter(state="leased", progress__gt=0.01).exists(), 120, "looking has begun")
    worker.stop()
    target = look.get()
    assert (target.state, target.attempts, target.token) == ("waiting", 0, None)
