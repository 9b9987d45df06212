"""Renditions in object storage: passed through by default; by addresses that live for seconds where one opts in."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from curation.config.env import Environment, EnvironmentProblem
from curation.models import Clip, Rendition
from curation.services.purge import purge_run, purges_due
from curation.services.renditions import rendition_make
from curation.services.withdrawal import source_withdraw
from curation.storage import stored
from tests import factories, footage
from tests.s3 import Bucket

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(settings: Any, tmp_path: Path, bucket: Bucket) -> Rendition:
    """The preview of a clip, made while renditions lie in object storage, and no longer on this machine."""
    settings.STORAGE, settings.RENDITIONS_IN = str(tmp_path / "store"), f"s3://{bucket.name}/renditions"
    path = footage.video(tmp_path / "talk.mp4", seconds=1)
    clip = factories.clip(factories.source(uri=str(path)), start_s=0.0, end_s=0.8)
    found = rendition_make(clip=clip, path=path, kind="preview")
    assert found is not None and bucket.names() == [f"renditions/{found.path}"]
    stored("renditions", found.path).unlink()
    return found


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(factories.user("curator"))
    return client


def whole(bucket: Bucket, found: Rendition) -> bytes:
    return bucket.get(f"renditions/{found.path}")


def test_by_default_it_passes_through_in_ranges_past_throttling_and_lost_lines(
    made: Rendition, client: Client, bucket: Bucket
) -> None:
    bucket.door.faults = ["slow", "drop", "cut"]
    response = client.get(f"/media/{made.pk}")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "video/mp4")
    assert b"".join(response.streaming_content) == whole(bucket, made)  # type: ignore[attr-defined]
    part = client.get(f"/media/{made.pk}", headers={"range": "bytes=10-19"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, whole(bucket, made)[10:20])  # type: ignore[attr-defined]
    assert "media-src 'self' blob: data:;" in response.headers["Content-Security-Policy"]


def test_who_opts_in_gets_an_address_that_lives_for_seconds_and_reads_this_object_only(
    made: Rendition, client: Client, bucket: Bucket, settings: Any
) -> None:
    settings.PRESIGNED_SECONDS = 45
    response = client.get(f"/media/{made.pk}")
    assert (response.status_code, response.headers["Cache-Control"]) == (302, "private, no-store")
    address = response.headers["Location"]
    parts = urlsplit(address)
    lives = {k: v[0] for k, v in parse_qs(parts.query).items()}
    assert lives.get("X-Amz-Expires") == "45", lives
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == whole(bucket, made)
    page = client.get("/")
    assert (
        f"media-src 'self' blob: data: {settings.S3_ENDPOINT_URL};" in page.headers["Content-Security-Policy"]
    )
    assert settings.S3_ENDPOINT_URL not in page.headers["Content-Security-Policy"].split("media-src")[0]
    assert 'name="presigned-seconds" content="45"' in page.content.decode()
    assert client.head(f"/media/{made.pk}").status_code == 200, "the look that precedes a renewal"


def test_each_renewal_looks_at_the_right_again(made: Rendition, client: Client, settings: Any) -> None:
    settings.PRESIGNED_SECONDS = 60
    assert client.get(f"/media/{made.pk}").status_code == 302
    Clip.objects.filter(pk=made.clip_id).update(withdrawn_at=timezone.now())
    assert client.get(f"/media/{made.pk}").status_code == 404
    assert client.head(f"/media/{made.pk}").status_code == 404
    assert Client().get(f"/media/{made.pk}").headers["Location"].startswith("/login"), "and at who asks"


def test_no_address_lives_longer_than_a_minute() -> None:
    with pytest.raises(EnvironmentProblem, match="PRESIGNED_SECONDS"):
        Environment({"PRESIGNED_SECONDS": "61"}).integer("PRESIGNED_SECONDS", 0, least=0, most=60)


def test_withdrawal_takes_it_out_of_object_storage_too(made: Rendition, bucket: Bucket) -> None:
    folder = made.path.rpartition("/")[0]
    bucket.put(f"renditions/{folder}/{made.clip.source_id}-0-preview.mp4", b"written and never noted")
    bucket.put("renditions/other", b"somebody else's")
    source_withdraw(source=made.clip.source, reason="asked to")
    for purge in purges_due():
        assert purge_run(purge=purge)
    assert bucket.names() == ["renditions/other"]
