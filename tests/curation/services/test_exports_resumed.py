"""An export that is broken off goes on where it was, or begins anew; either way it ends in the same bytes."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from curation.exports import writers
from curation.exports.writers import FORMATS
from curation.models import ExportJob
from curation.services import exports
from curation.services.exports import export_request, export_run
from curation.services.subsets import subset_freeze
from curation.storage import shelf
from tests import factories
from tests.curation.services.test_exports import cut, store, write  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("format", list(FORMATS))
@pytest.mark.parametrize("kills", [(3,), (5, 6), (7, 8)])
def test_a_killed_export_goes_on_and_ends_in_the_same_bytes(
    format: str, kills: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after so many clips of nine, once or twice; then left to end."""
    world = factories.world(sft=9, pretrain=0, reject=0, undecided=0)
    root = shelf("renditions")
    for clip in world.clips:
        path = root / f"{clip.pk}.mp4"
        path.write_bytes(b"picture of %d" % clip.pk)
        cut(clip, path, root)
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"], validated_only=False)
    monkeypatch.setattr(exports, "_EVERY", 1)
    monkeypatch.setattr(exports, "_CHECKPOINT", 2)
    monkeypatch.setattr(exports, "_CHECKPOINT_S", 0.0)
    if issubclass(FORMATS[format], writers.Parts):
        monkeypatch.setattr(FORMATS[format], "part_clips", 2)
    unbroken, folder = write(subset, format)
    expected = {path.name: path.read_bytes() for path in folder.iterdir()}
    job, add, added = export_request(subset=subset, format=format), FORMATS[format].add, []
    for kill in kills:

        def until(self: Any, clip: Any, kill: int = kill) -> None:
            if clip.position == kill:
                raise KeyboardInterrupt
            added.append(clip.position)
            add(self, clip)

        monkeypatch.setattr(FORMATS[format], "add", until)
        with pytest.raises(KeyboardInterrupt):
            export_run(job_id=job.pk)
        ExportJob.objects.update(leased_until=timezone.now() - timezone.timedelta(seconds=1))
    monkeypatch.setattr(
        FORMATS[format], "add", lambda self, clip: (added.append(clip.position), add(self, clip))
    )
    record = export_run(job_id=job.pk)
    assert record is not None and record.manifest_sha256 == unbroken.manifest_sha256
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == expected
    assert len(added) <= 9 + 2 * len(kills), "it went on instead of starting over"
    assert not list(shelf("exports").glob(".writing-*"))


@pytest.mark.parametrize(
    ("size", "earlier"), [(10**6, 0), (4, 1)], ids=["files gone", "begun by another version"]
)
def test_a_broken_off_export_that_cannot_be_gone_on_with_begins_anew(size: int, earlier: int) -> None:
    world = factories.world(sft=3, pretrain=0, reject=0, undecided=0)
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"], validated_only=False)
    unbroken, _ = write(subset, "csv")
    job = export_request(subset=subset, format="csv")
    left_behind = shelf("exports") / f".writing-{job.pk}-lost"
    left_behind.mkdir()
    (left_behind / "clips.csv").write_text("as it was once written")
    checkpoint = {
        "token": "lost",
        "left": 0,
        "version": FORMATS["csv"].version - earlier,
        "position": 1,
        "files": {"clips.csv": size},
        "state": {},
        "tally": {"clips": 2},
    }
    ExportJob.objects.filter(pk=job.pk).update(checkpoint=checkpoint)
    record = export_run(job_id=job.pk)
    assert record is not None and record.manifest_sha256 == unbroken.manifest_sha256
