"""A browser plays a clip straight from object storage, asks for its right again while it is open, and loses it at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from curation.models import Clip
from curation.services.renditions import rendition_make
from curation.storage import stored
from tests import factories, footage
from tests.s3 import Bucket

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_clip_plays_from_storage_and_stops_when_it_is_withdrawn(
    signed_in: Callable[..., Any], bucket: Bucket, settings: Any, tmp_path: Path
) -> None:
    settings.STORAGE, settings.RENDITIONS_IN = str(tmp_path / "store"), f"s3://{bucket.name}/renditions"
    settings.PRESIGNED_SECONDS = 2
    path = footage.video(tmp_path / "talk.mp4", seconds=2)
    clip = factories.clip(factories.source(uri=str(path)), start_s=0.0, end_s=1.8)
    made = rendition_make(clip=clip, path=path, kind="preview")
    assert made is not None
    stored("renditions", made.path).unlink()
    bucket.door.seen.clear()
    page = signed_in("curator")
    answers: list[tuple[str, int]] = []
    page.on(
        "response", lambda told: told.request.method == "HEAD" and answers.append((told.url, told.status))
    )
    page.goto(f"/clips/{clip.pk}/")
    while page.evaluate("document.querySelector('[data-player]').readyState") < 2:
        page.wait_for_timeout(50)
    assert page.evaluate("document.querySelector('[data-player]').videoWidth") == made.width
    assert [name for method, name in bucket.door.seen if method == "GET" and made.path in name], (
        "the picture came from storage itself"
    )
    while not answers:
        page.wait_for_timeout(50)
    assert page.evaluate("document.querySelector('[data-player]').getAttribute('src')"), "it may go on"
    Clip.objects.filter(pk=clip.pk).update(withdrawn_at=timezone.now())
    page.locator("[data-player]:not([src])").wait_for(state="attached")
    assert {url for url, _ in answers} == {f"{page.url.partition('/clips')[0]}/media/{made.pk}"}
    assert (answers[0][1], answers[-1][1]) == (200, 404)
    # What this test is about: that one origin, and the refusal at the end. Anything else still fails it.
    expected = (
        f"loads {settings.S3_ENDPOINT_URL}/",
        "Failed to load resource: the server responded with a status of 404",
    )
    signed_in.complaints[:] = [each for each in signed_in.complaints if not each.startswith(expected)]  # type: ignore[attr-defined]
