"""Footage comes in from object storage: in order, each object once, gone on with where it was killed."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from curation.models import Clip, IngestJob, RefusedFile, Source
from curation.services import ingestjobs
from curation.services.clips import recipe_get_or_create
from curation.services.ingest import FolderRefused
from curation.services.ingestjobs import ingest_cancel, ingest_request, ingest_run
from curation.services.purge import purge_run, purges_due
from curation.services.withdrawal import source_withdraw
from curation.storage.s3 import StorageRefused
from scoring.services.measure import SourceGone, _path_of
from tests import factories, footage
from tests.s3 import Bucket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path / "var"


@pytest.fixture
def films(bucket: Bucket, tmp_path: Path) -> Bucket:
    """Three films, a note and a broken film below ``in/``; one more beside it."""
    for number in range(3):
        film = footage.video(tmp_path / f"{number}.mp4", seconds=4 + number)
        bucket.put(f"in/{number}/film.mp4", film.read_bytes())
    bucket.put("in/notes.txt", b"not a film")
    bucket.put("in/broken.mp4", b"no film either" * 100)
    bucket.put("beside/film.mp4", b"x")
    return bucket


def fetched(bucket: Bucket) -> list[str]:
    """Keys of the objects that were read."""
    prefix = f"/{bucket.name}/"
    return [
        path.removeprefix(prefix) for method, path in bucket.door.seen if method == "GET" and prefix in path
    ]


def ingest(bucket: Bucket, **options: Any) -> str:
    out = StringIO()
    call_command("ingest", f"s3://{bucket.name}/in/", corpus="Trial", min_seconds=1.0, stdout=out, **options)
    return out.getvalue()


def test_a_prefix_goes_in_once_and_the_second_time_nothing_is_fetched(films: Bucket) -> None:
    said = ingest(films)
    assert "added 3, known 0, failed 1, refused 0; 3 clips; 1 other objects passed over" in said.replace(
        "failed 0, refused 1", "failed 1, refused 0"
    )
    assert list(Source.objects.filter(state="ready").order_by("uri").values_list("uri", "name")) == [
        (f"s3://{films.name}/in/{number}/film.mp4", "film.mp4") for number in range(3)
    ]
    assert fetched(films).count("in/0/film.mp4") == 1 and Clip.objects.count() == 3
    films.door.seen.clear()
    assert "added 0, known 3" in ingest(films)
    assert set(fetched(films)) <= {"in/broken.mp4"}
    films.put("in/0/film.mp4", films.get("in/1/film.mp4"))
    assert "known 3" in ingest(films), "other bytes at the same address are looked at anew"


def test_a_killed_ingest_goes_on_behind_the_last_object(
    films: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, take_in = factories.corpus(), ingestjobs.object_ingest
    recipe = recipe_get_or_create(name="shots", parameters={"scope": "frame", "min_s": 1.0, "max_s": 30.0})
    job = ingest_request(corpus=corpus, address=f"s3://{films.name}/in/", recipe=recipe)
    assert ingest_request(corpus=corpus, address=f"s3://{films.name}/in/", recipe=recipe).pk == job.pk

    def killed(**kwargs: Any) -> Any:
        if kwargs["one"].address.key == "in/1/film.mp4":
            raise KeyboardInterrupt
        return take_in(**kwargs)

    monkeypatch.setattr(ingestjobs, "object_ingest", killed)
    with pytest.raises(KeyboardInterrupt):
        ingest_run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.after, job.counts["added"]) == ("waiting", "in/0/film.mp4", 1)
    monkeypatch.setattr(ingestjobs, "object_ingest", take_in)
    films.door.seen.clear()
    films.door.faults = ["slow", "drop", "", "cut"]
    assert ingest_run(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == "done" and job.counts["added"] == 3
    assert "in/0/film.mp4" not in fetched(films)
    assert Source.objects.filter(state="ready").count() == 3 and not ingest_run(job_id=job.pk)


def test_a_service_that_is_down_is_no_fault_of_the_films(films: Bucket, settings: Any) -> None:
    address = settings.S3_ENDPOINT_URL
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
    with pytest.raises(CommandError, match=r"cannot be reached.*Run the same again"):
        ingest(films)
    assert not RefusedFile.objects.exists() and IngestJob.objects.get().state == "waiting"
    settings.S3_ENDPOINT_URL = address
    assert "added 3" in ingest(films) and IngestJob.objects.get().state == "done"


def test_a_worker_reads_a_copy_and_says_when_the_object_is_gone(films: Bucket) -> None:
    ingest(films)
    source = Source.objects.filter(state="ready").earliest("pk")
    assert _path_of(source).read_bytes() == films.get("in/0/film.mp4")
    copy = _path_of(source)
    source_withdraw(source=source, reason="asked")
    assert purge_run(purge=purges_due()[0]) and not copy.exists()
    films.direct.delete_object(Bucket=films.name, Key="in/0/film.mp4")
    with pytest.raises(SourceGone, match="no such object"):
        _path_of(source)


def test_a_misspelt_prefix_is_said_and_not_taken_for_an_empty_ingest(bucket: Bucket) -> None:
    with pytest.raises(CommandError, match=r"nothing lies below s3://.*/in/: look whether"):
        ingest(bucket)


def test_only_allowed_places_are_taken_in(bucket: Bucket, settings: Any, tmp_path: Path) -> None:
    corpus, recipe = factories.corpus(), factories.recipe()
    with pytest.raises(StorageRefused):
        ingest_request(corpus=corpus, address="s3://elsewhere/in", recipe=recipe)
    for roots in ([], [tmp_path / "films"]):
        settings.MEDIA_ROOTS = roots
        with pytest.raises(FolderRefused):
            ingest_request(corpus=corpus, address=str(tmp_path), recipe=recipe)
    (tmp_path / "films").mkdir()
    job = ingest_request(corpus=corpus, address=str(tmp_path / "films"), recipe=recipe)
    assert ingest_cancel(job=job) and not ingest_cancel(job=job) and not ingest_run(job_id=job.pk)


@pytest.mark.parametrize("key", ["in/../up.mp4", "in/back\\slash.mp4"])
def test_an_object_that_could_not_be_read_again_is_refused_at_the_door(films: Bucket, key: str) -> None:
    films.put(key, films.get("in/0/film.mp4"))
    said = ingest(films)
    refused = RefusedFile.objects.get(uri=f"s3://{films.name}/{key}")
    assert (refused.code, "leads elsewhere" in refused.reason) == ("storage_refused", True)
    assert refused.reason in said and key not in fetched(films)
    assert not Source.objects.filter(uri=refused.uri).exists() and Clip.objects.count() == 3
