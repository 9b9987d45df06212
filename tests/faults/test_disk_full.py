"""A disk that is full costs attempts, never a wrong number: work waits, then fails with the reason, then goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from curation.models import ExportJob, ExportRecord, Scorecard, ScoringTarget, SeriesFile
from curation.services.exports import export_request, export_run
from curation.services.subsets import subset_freeze
from curation.services.targets import targets_retry_failed
from curation.storage import shelf
from scoring.services.work import work_once
from tests import factories, footage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small_disk(tmp_path: Path, settings: object) -> Iterator[Path]:
    """Storage on a file system of its own of 4 MB."""
    place = tmp_path / "small"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True
        ).returncode
    ):
        pytest.skip("a small file system cannot be mounted here")
    settings.STORAGE = str(place)  # type: ignore[attr-defined]
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Use up every byte; returns the file that does."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    return filler


def test_scoring_waits_for_room_and_then_goes_on(tmp_path: Path, small_disk: Path) -> None:
    footage.video(tmp_path / "in" / "a.mp4", seconds=2)
    call_command("ingest", str(tmp_path / "in"), corpus="t", min_seconds=1.0, stdout=StringIO())
    call_command("score", corpus="t", no_wait=True, stdout=StringIO(), stderr=StringIO())
    filler = fill(small_disk)
    while work_once(queues=("cpu",)):
        pass
    render = ScoringTarget.objects.get(stage="render")
    assert (render.state, render.failure_code, render.attempts) in (
        ("failed", "cannot_write", 3),  # the maker met it
        ("failed", "os_28", 3),  # the folder could not even be made
    )
    assert "No space left" in render.failure
    for target in ScoringTarget.objects.exclude(stage__in=("render", "derive")):
        assert (target.state, target.attempts) == ("failed", 3) and "No space left" in target.failure
    assert not SeriesFile.objects.exists()
    assert Scorecard.objects.filter(luminance__isnull=False).count() == 0

    filler.unlink()
    source = ScoringTarget.objects.first().source
    targets_retry_failed(corpus_id=source.corpus_id)
    while work_once(queues=("cpu",)):
        pass
    assert set(ScoringTarget.objects.values_list("state", flat=True)) == {"done"}
    assert Scorecard.objects.get().luminance is not None
    assert Scorecard.objects.get().provenance.statuses["image_quality"]["state"] == "measured"
    left = [path for path in small_disk.rglob("*") if path.is_file() and path.name.startswith(".")]
    assert left == []


def test_an_export_without_room_is_absent_and_says_why(small_disk: Path) -> None:
    made = factories.world(sft=3)
    subset = subset_freeze(corpus=made.corpus, name="all", tiers=["sft"], validated_only=False)
    shelf("exports")
    filler = fill(small_disk)
    job = export_request(subset=subset, format="talkvid-jsonl")
    assert export_run(job_id=job.pk) is None
    job.refresh_from_db()
    assert job.state == ExportJob.State.FAILED and "No space left" in job.error
    assert not ExportRecord.objects.exists() and list(shelf("exports").iterdir()) == []
    filler.unlink()
    record = export_run(job_id=export_request(subset=subset, format="talkvid-jsonl").pk)
    assert record is not None and (shelf("exports") / record.destination / "manifest.json").exists()
