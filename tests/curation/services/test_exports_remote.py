"""Exports in object storage, and what `manage.py export verify` finds there and here."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from curation.exports.manifest import verify_folder
from curation.exports.writers import FORMATS
from curation.services import exports
from curation.services.exports import export_request, export_run
from curation.services.subsets import subset_freeze
from curation.storage import shelf
from tests import factories
from tests.curation.services.test_exports import store, world, write  # noqa: F401
from tests.s3 import Bucket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("format", [name for name, writer in FORMATS.items() if not writer.needs_media])
def test_counts_are_counted_again_from_the_files(world: factories.World, format: str) -> None:  # noqa: F811
    subset = subset_freeze(corpus=world.corpus, name="all", tiers=["sft", "pretrain"], validated_only=False)
    _, folder = write(subset, format)
    assert not verify_folder(folder)
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    told["counts"]["settled_by_people"] += 1
    told["along"]["turns"]["rows"] = 7
    path.write_text(json.dumps(told))
    assert [fault.problem for fault in verify_folder(folder)] == [
        "counts.settled_by_people says 4, the files hold 3",
        "along.turns.rows says 7, the files hold 0",
    ]


def test_an_export_to_object_storage_is_whole_only_with_its_manifest(
    world: factories.World,  # noqa: F811
    bucket: Bucket,
    settings: Any,
) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    _, here = write(subset)
    settings.EXPORTS_TO = f"s3://{bucket.name}/sets"
    job = export_request(subset=subset, format="talkvid-jsonl")
    bucket.door.faults, bucket.door.only = ["drop", "slow", "slow"], "PUT"
    record = export_run(job_id=job.pk)
    assert record is not None and record.destination.startswith(f"s3://{bucket.name}/sets/")
    prefix = record.destination.removeprefix(f"s3://{bucket.name}/")
    assert {key.removeprefix(f"{prefix}/"): bucket.get(key) for key in bucket.names()} == {
        path.name: path.read_bytes() for path in here.iterdir()
    }
    assert not list(shelf("exports").glob(".writing-*"))
    call_command("export", "verify", record.destination)
    client = Client()
    client.force_login(factories.user("auditor"))
    part = client.get(f"/exports/{record.pk}/files/clips.jsonl", headers={"range": "bytes=3-9"})
    assert part.status_code == 206 and b"".join(part) == (here / "clips.jsonl").read_bytes()[3:10]
    bucket.put(f"{prefix}/clips.jsonl", b"changed")
    bucket.put(f"{prefix}/extra", b"x")
    with pytest.raises(CommandError, match="2 faults"):
        call_command("export", "verify", record.destination)
    with pytest.raises(CommandError, match="is not one of this installation's"):
        call_command("export", "write", "--subset", str(subset.pk), "--to", "s3://elsewhere/x")


def test_storage_that_is_down_keeps_what_was_written_and_says_so(
    world: factories.World,  # noqa: F811
    bucket: Bucket,
    settings: Any,
) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    address, settings.EXPORTS_TO = settings.S3_ENDPOINT_URL, f"s3://{bucket.name}/sets"
    job = export_request(subset=subset, format="csv")
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
    assert export_run(job_id=job.pk) is None
    job.refresh_from_db()
    assert job.state == "waiting" and "cannot be reached" in job.error
    settings.S3_ENDPOINT_URL = address
    assert export_run(job_id=job.pk) is not None
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
    again = export_request(subset=subset, format="parquet")
    for _ in range(exports.MAX_ATTEMPTS):
        assert export_run(job_id=again.pk) is None
    again.refresh_from_db()
    assert again.state == "failed" and "cannot be reached" in again.error
