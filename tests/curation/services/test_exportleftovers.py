"""What a lost worker wrote stays while somebody may go on with it, and not a moment longer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from curation.models import ExportJob
from curation.services import exports
from curation.services.exportleftovers import leftovers_remove
from curation.services.exports import MAX_ATTEMPTS, export_cancel, export_claim, export_request, export_run
from curation.services.subsets import subset_freeze
from curation.storage import shelf
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(settings: Any, tmp_path: Path) -> ExportJob:
    settings.STORAGE = tmp_path / "storage"
    world = factories.world(sft=3, pretrain=0, reject=0, undecided=0)
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"], validated_only=False)
    return export_request(subset=subset, format="talkvid-jsonl")


def lose(job: ExportJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker writes it and is killed; its lease runs out."""

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(exports, "_publish", killed)
        with pytest.raises(KeyboardInterrupt):
            export_run(job_id=job.pk)
    ExportJob.objects.update(leased_until=timezone.now() - timezone.timedelta(seconds=1))


def folders() -> list[str]:
    return sorted(path.name for path in shelf("exports").glob(".writing-*"))


def test_a_folder_that_somebody_can_go_on_with_stays(job: ExportJob, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(job, monkeypatch)
    assert leftovers_remove() == [] and len(folders()) == 1
    assert export_run(job_id=job.pk) is not None and folders() == []


def test_it_goes_when_the_export_has_failed_with_its_last_worker(
    job: ExportJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(MAX_ATTEMPTS):
        lose(job, monkeypatch)
    assert export_claim() is None
    job.refresh_from_db()
    assert job.state == ExportJob.State.FAILED and "was lost" in job.error
    left = folders()
    assert len(left) == 1 and leftovers_remove() == left and folders() == []


def test_it_goes_when_the_export_was_cancelled_after_its_worker_was_lost(
    job: ExportJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(job, monkeypatch)
    assert export_cancel(job=job)
    assert len(leftovers_remove()) == 1 and folders() == []


def test_other_files_are_left_alone(job: ExportJob) -> None:
    (shelf("exports") / ".writing-about-it").mkdir(parents=True)
    assert leftovers_remove() == [] and folders() == [".writing-about-it"]
