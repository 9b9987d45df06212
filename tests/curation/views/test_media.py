"""A player gets the bytes that it asks for, and a withdrawn clip none at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from curation.models import Clip, Person, Rendition, Source
from curation.storage import shelf
from tests import factories

pytestmark = pytest.mark.django_db
BYTES = bytes(range(256)) * 40


@pytest.fixture
def made(settings: Any, tmp_path: Path) -> Rendition:
    settings.STORAGE = str(tmp_path)
    root = shelf("renditions")
    (root / "a.mp4").write_bytes(BYTES)
    return factories.rendition(factories.clip(), root / "a.mp4", root=root)


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(factories.user("curator"))
    return client


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_whole_then_a_part_then_nothing_new(made: Rendition, client: Client) -> None:
    whole = client.get(f"/media/{made.pk}")
    assert (whole.status_code, whole.headers["Content-Type"], body(whole)) == (200, "video/mp4", BYTES)
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = client.get(f"/media/{made.pk}", headers={"range": "bytes=100-199"})
    assert (part.status_code, body(part)) == (206, BYTES[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(BYTES)}"
    again = client.get(f"/media/{made.pk}", headers={"if-none-match": whole.headers["ETag"]})
    assert (again.status_code, body(again)) == (304, b"")


def test_a_range_of_another_version_gets_the_whole(made: Rendition, client: Client) -> None:
    response = client.get(f"/media/{made.pk}", headers={"range": "bytes=0-9", "if-range": '"older"'})
    assert (response.status_code, len(body(response))) == (200, len(BYTES))


def test_a_range_beyond_the_end_is_said_so(made: Rendition, client: Client) -> None:
    response = client.get(f"/media/{made.pk}", headers={"range": f"bytes={len(BYTES)}-"})
    assert (response.status_code, response.headers["Content-Range"]) == (416, f"bytes */{len(BYTES)}")


def test_head_says_how_long_it_is_and_sends_nothing(made: Rendition, client: Client) -> None:
    response = client.head(f"/media/{made.pk}")
    assert (response.headers["Content-Length"], body(response)) == (str(len(BYTES)), b"")


@pytest.mark.parametrize("what", ["clip", "source", "person"])
def test_withdrawn_is_gone_at_once(made: Rendition, client: Client, what: str) -> None:
    now = timezone.now()
    if what == "clip":
        Clip.objects.filter(pk=made.clip_id).update(withdrawn_at=now)
    elif what == "source":
        Source.objects.filter(pk=made.clip.source_id).update(withdrawn_at=now)
    else:
        person = Person.objects.create(corpus=made.clip.corpus, label="p", withdrawn_at=now)
        Clip.objects.filter(pk=made.clip_id).update(person=person)
    assert client.get(f"/media/{made.pk}").status_code == 404
    client.force_login(factories.user("curator"))
    assert client.get(f"/clips/{made.clip_id}/").status_code == 410


def test_a_path_that_leaves_the_store_or_a_type_that_runs_is_refused(made: Rendition, client: Client) -> None:
    Rendition.objects.filter(pk=made.pk).update(path="../../secret-key")
    assert client.get(f"/media/{made.pk}").status_code == 404
    Rendition.objects.filter(pk=made.pk).update(path="a.mp4", content_type="text/html")
    assert client.get(f"/media/{made.pk}").status_code == 404


def test_nobody_else_sees_media(made: Rendition) -> None:
    assert Client().get(f"/media/{made.pk}", headers={"sec-fetch-dest": "video"}).status_code == 401
