"""Two machines, each with a folder of its own, over one database, one Redis and one S3: one is killed, nothing is lost."""

from __future__ import annotations

from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from curation.config import celery_app
from curation.models import Clip, Rendition, Scorecard, ScoringTarget, SeriesFile, Source
from tests import footage
from tests.s3 import Bucket
from tests.scoring.conftest import Worker, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]
FILMS = 3


def test_one_of_two_machines_is_killed_and_every_film_is_scored_once(
    tmp_path: Path,
    storage: Path,
    bucket: Bucket,
    broker: str,
    database_environment: dict[str, str],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``STORAGE`` is the one folder that machines share; what each fetches from S3 lies in its own ``RUSHES_VAR``."""
    monkeypatch.setattr(celery_app.conf, "broker_url", broker)
    celery_app.set_current()
    for number in range(FILMS):
        film = footage.video(tmp_path / "made" / f"{number}.mp4", seconds=2 + number / 5, size=(160, 120))
        bucket.put(f"films/{number}.mp4", film.read_bytes())
    address = f"s3://{bucket.name}/films/"
    call_command("ingest", address, corpus="films", min_seconds=1.0, stdout=StringIO(), stderr=StringIO())
    assert Source.objects.filter(state="ready", uri__startswith="s3://").count() == FILMS
    call_command("score", corpus="films", no_wait=True, stdout=StringIO(), stderr=StringIO())

    common = {
        **database_environment,
        "CELERY_BROKER_URL": broker,
        "STORAGE": str(storage),
        "SCORING_LEASE_SECONDS": "4",
        "S3_ENDPOINT_URL": settings.S3_ENDPOINT_URL,
        "S3_REGION": "us-east-1",
        "S3_BUCKETS": bucket.name,
    }
    folders = [tmp_path / "one", tmp_path / "two"]
    machines = []
    targets = ScoringTarget.objects.filter(source__corpus__slug="films")
    try:
        for folder in folders:
            folder.mkdir()
            machines.append(Worker({**common, "RUSHES_VAR": str(folder)}, folder / "worker.log"))
        wait_until(lambda: all(_fetched(folder) for folder in folders), 120, "both machines are at work")
        wait_until(lambda: targets.filter(state="leased").count() == 2, 60, "both hold work")
        machines[0].kill()
        left = set(targets.filter(state="leased").values_list("pk", flat=True))
        assert left, "the kill must leave work hanging"
        wait_until(
            lambda: not targets.exclude(state="done").exists(),
            150,
            f"all is done: {Counter(targets.values_list('state', flat=True))}",
        )
    finally:
        for machine in machines:
            machine.kill()

    assert targets.filter(pk__in=left, attempts__gt=1).exists(), "what the killed one held was taken up"
    assert SeriesFile.objects.count() == targets.filter(stage__in=("listen", "look")).count() == 2 * FILMS
    assert len(set(SeriesFile.objects.values_list("source", "stage", "builds_key"))) == 2 * FILMS
    assert Scorecard.objects.filter(luminance__isnull=False).count() == Clip.objects.count() >= FILMS
    made = list(Rendition.objects.values_list("clip", "kind"))
    assert made and len(made) == len(set(made))
    assert not list(storage.rglob("*.mp4.part"))


def _fetched(folder: Path) -> list[Path]:
    """Copies of objects in this machine's own folder."""
    return [path for path in folder.glob("cache/s3/*") if path.suffix == ".mp4"]
