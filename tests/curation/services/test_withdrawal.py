"""What is withdrawn is gone at once for everybody, its files soon after, and nothing brings it back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from annotation.services.claims import Nothing, slot_claim
from curation.models import AuditEvent, Clip, DialoguePair, Person, Rendition, SeriesFile, Shot, Source, Track
from curation.models.record import Purge, WithdrawnSpan
from curation.selectors.browser import clips_count, clips_page
from curation.selectors.clipfilter import ClipFilter
from curation.selectors.withdrawals import exports_holding, person_reach, source_reach, withdrawn_in
from curation.services.clips import clips_derive, recipe_get_or_create
from curation.services.exports import export_request, export_run
from curation.services.purge import purge_run, purges_due
from curation.services.subsets import EmptySubset, subset_freeze
from curation.services.withdrawal import AlreadyWithdrawn, ReasonMissing, person_withdraw, source_withdraw
from curation.storage import shelf
from scoring.runner.series import Series, write_series
from scoring.runner.series import SeriesFile as Read
from scoring.scorers.base import SourceFacts
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> Path:
    settings.STORAGE = str(tmp_path / "storage")
    return tmp_path / "storage"


@pytest.fixture
def world() -> factories.World:
    made = factories.world()
    for clip in made.sft:
        factories.verdict(clip)
    return made


def rendition(clip: Clip, kind: str = "preview") -> tuple[Rendition, Path]:
    sha256 = clip.source.sha256
    path = shelf("renditions") / sha256[:2] / sha256 / f"{clip.source_id}-{clip.pk}-{kind}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"picture" * 10)
    return factories.rendition(clip, path, root=shelf("renditions"), kind=kind), path


def series(source: Source, tracks: list[int]) -> Path:
    """A series file with a face a track and second, a voice and words, kept for ``source``."""
    times = np.repeat(np.arange(10.0), len(tracks))
    words = Series(
        "words",
        {
            "time_s": np.arange(10.0),
            "end_s": np.arange(10.0) + 0.5,
            "text": np.array([f"word{i}" for i in range(10)], dtype=object),
        },
    )
    faces = Series("faces", {"time_s": times, "track": np.tile(np.array(tracks, np.int32), 10)})
    light = Series("light", {"time_s": np.arange(10.0), "luminance": np.full(10, 90, np.float32)})
    facts = SourceFacts(source.sha256, 10.0, 640, 360, 25.0, None, True, True)
    name = f"{source.sha256[:2]}/{source.sha256}/{source.pk}-look-abc.parquet"
    path = shelf("series") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_series(path, stage="look", facts=facts, series=[faces, words, light], builds={}, statuses={})
    SeriesFile.objects.create(
        source=source,
        stage="look",
        builds_key="b",
        path=name,
        sha256="0" * 64,
        size_bytes=path.stat().st_size,
    )
    return path


def purge_all() -> None:
    """Both looks: at once, and after the leases."""
    for _ in range(2):
        for each in purges_due():
            assert purge_run(purge=each)
        Purge.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_withdrawn_source_is_gone_at_once_for_everybody(world: factories.World) -> None:
    picture, _ = rendition(world.sft[0])
    queue, who = rooms.verify_queue(world), rooms.rater()
    client = Client()
    client.force_login(factories.user("admin"))
    addresses = [f"/sources/{world.source.pk}/", f"/clips/{world.sft[0].pk}/", f"/media/{picture.pk}"]
    assert [client.get(each).status_code for each in addresses] == [200, 200, 200]
    source_withdraw(source=world.source, reason="asked by the channel", by=factories.user("curator"))
    assert [client.get(each).status_code for each in addresses] == [410, 410, 404]
    assert slot_claim(queue=queue, rater=who) == Nothing("done")
    assert (
        clips_count(world.corpus, ClipFilter()).clips == 0 and not clips_page(world.corpus, ClipFilter()).rows
    )
    with pytest.raises(EmptySubset):
        subset_freeze(corpus=world.corpus, name="later", tiers=["sft"])


def test_reason_moment_and_who_are_kept_and_cannot_be_changed(world: factories.World) -> None:
    by = factories.user("curator")
    made = source_withdraw(source=world.source, reason="  licence ended ", by=by)
    assert (made.reason, made.by, made.source) == ("licence ended", by, world.source)
    event = AuditEvent.objects.get(action="source.withdraw")
    assert event.actor == by and event.detail["clips"] == len(world.clips)
    for change in (lambda: made.delete(), lambda: made.save()):
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
            change()


def test_without_a_reason_nothing_happens_and_twice_is_said(world: factories.World) -> None:
    with pytest.raises(ReasonMissing):
        source_withdraw(source=world.source, reason=" \n")
    source_withdraw(source=world.source, reason="x")
    with pytest.raises(AlreadyWithdrawn):
        source_withdraw(source=world.source, reason="x")
    assert world.corpus.withdrawals.count() == 1


def test_files_are_purged_and_a_purge_that_was_killed_goes_on(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [rendition(clip, kind)[1] for clip in world.clips for kind in ("preview", "poster")]
    paths.append(series(world.source, [0]))
    never_noted = paths[0].with_name(f"{world.source.pk}-999-preview.mp4")
    never_noted.write_bytes(b"x")
    other = paths[0].with_name(f"{world.source.pk + 1}-1-preview.mp4")  # the same film in another corpus
    other.write_bytes(b"y")
    source_withdraw(source=world.source, reason="x")
    assert all(path.exists() for path in paths), "the transaction itself touches no file"

    import curation.services.purge as module

    unlink, calls = module.os.unlink, iter([None] * 3)

    def killed(path: Path) -> None:
        if next(calls, "killed") == "killed":
            raise KeyboardInterrupt
        unlink(path)

    monkeypatch.setattr(module.os, "unlink", killed)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        purge_run(purge=purges_due()[0])
    monkeypatch.setattr(module.os, "unlink", unlink)
    assert sum(path.exists() for path in paths) == len(paths) - 3
    purge_all()
    assert not any(path.exists() for path in (*paths, never_noted)) and other.exists()
    assert not Rendition.objects.filter(clip__source=world.source).exists()
    assert not SeriesFile.objects.filter(source=world.source).exists()
    assert Purge.objects.get().state == Purge.State.DONE


def test_what_a_worker_wrote_after_the_first_look_goes_with_the_second(world: factories.World) -> None:
    target = world.source.scoring_targets.create(
        stage="render", builds_key="b", state="leased", token="0" * 32
    )
    source_withdraw(source=world.source, reason="x")
    target.refresh_from_db()
    assert (target.state, target.token) == ("cancelled", None)
    assert purge_run(purge=purges_due()[0]) and not purges_due()
    _, late = rendition(world.sft[0])
    Purge.objects.update(due_at=timezone.now())
    assert purge_run(purge=purges_due()[0])
    assert not late.exists() and Purge.objects.get().state == Purge.State.DONE


def test_past_exports_that_hold_it_are_listed_and_no_longer_given_out(world: factories.World) -> None:
    elsewhere = factories.clip(factories.source(world.corpus))
    factories.verdict(elsewhere)
    with_it = subset_freeze(corpus=world.corpus, name="all", tiers=["sft"])
    without = subset_freeze(
        corpus=world.corpus, name="other", tiers=["sft"], chosen=ClipFilter(source=elsewhere.source_id)
    )
    before, untouched = (
        export_run(job_id=export_request(subset=each, format="csv").pk) for each in (with_it, without)
    )
    assert before and untouched
    made = source_withdraw(source=world.source, reason="x")
    after = export_run(job_id=export_request(subset=with_it, format="csv").pk)
    assert after and after.manifest["counts"]["clips"] == 1
    assert [(each.record, each.clips) for each in exports_holding(made)] == [(before, len(world.sft))]
    assert [withdrawn_in(each) for each in (before, untouched, after)] == [len(world.sft), 0, 0]
    client = Client()
    client.force_login(factories.user("auditor"))
    gone = client.get(f"/exports/{before.pk}/files/clips.csv")
    assert gone.status_code == 410 and b"withdrawn since" in gone.content
    assert client.get(f"/exports/{before.pk}/files/manifest.json").status_code == 200
    assert client.get(f"/exports/{untouched.pk}/files/clips.csv").status_code == 200
    page = client.get(f"/subsets/{with_it.pk}/").content.decode()
    assert f"{len(world.sft)} of its clips were withdrawn since" in page
    given = [f"/exports/{each.pk}/files/clips.csv" in page for each in (before, after)]
    assert given == [False, True], "what is no longer given out is no link"
    page = client.get(f"/corpora/{world.corpus.slug}/withdrawals/").content.decode()
    assert "all" in page and before.destination in page and "other" not in page.split("<main")[1]


@pytest.fixture
def two(world: factories.World) -> tuple[Person, Person]:
    """Two persons of one source: one in the first three seconds, the other from the fifth on; a clip with each."""
    first, second = (
        Person.objects.create(corpus=world.corpus, source=world.source, label=label) for label in ("A", "B")
    )
    Clip.objects.filter(source=world.source).update(start_s=F("start_s") + 500, end_s=F("end_s") + 500)
    for number, (person, start, end) in enumerate(((first, 0.0, 3.0), (second, 5.0, 9.0))):
        track = Track.objects.create(
            source=world.source, number=number, person=person, start_s=start, end_s=end
        )
        Clip.objects.filter(pk=world.sft[number].pk).update(
            start_s=start, end_s=end, track=track, person=person
        )
    Clip.objects.filter(pk=world.sft[2].pk).update(start_s=2.0, end_s=6.0)  # the whole frame, both in it
    return first, second


def test_a_person_takes_every_clip_in_which_they_are_seen(
    world: factories.World, two: tuple[Person, Person]
) -> None:
    a, b = two
    pair = DialoguePair.objects.create(
        corpus=world.corpus, source=world.source, initiator=world.sft[0], responder=world.sft[1]
    )
    assert (person_reach(a).clips, person_reach(a).pairs) == (2, 1)
    made = person_withdraw(person=a, reason="asked")
    gone = set(Clip.objects.exclude(withdrawn_at=None).values_list("pk", flat=True))
    assert gone == {world.sft[0].pk, world.sft[2].pk}
    pair.refresh_from_db()
    assert pair.withdrawn_at is not None
    assert made.spans.count() == 1 and person_reach(b).clips == 1 and source_reach(world.source).clips == 6


def test_linked_appearances_leave_together(world: factories.World, two: tuple[Person, Person]) -> None:
    a, b = two
    Person.objects.filter(pk=b.pk).update(same_as=a)
    b.refresh_from_db()
    person_withdraw(person=b, reason="asked")
    assert not Person.objects.filter(withdrawn_at=None).exists()
    assert {world.sft[i].pk for i in range(3)} == set(
        Clip.objects.exclude(withdrawn_at=None).values_list("pk", flat=True)
    )
    with pytest.raises(AlreadyWithdrawn):
        person_withdraw(person=a, reason="asked")


def test_a_person_is_taken_out_of_series_that_others_share(
    world: factories.World, two: tuple[Person, Person]
) -> None:
    old = series(world.source, [0, 1])
    person_withdraw(person=two[0], reason="asked")
    purge_all()
    kept = SeriesFile.objects.get()
    path = shelf("series") / kept.path
    found = Read(path)
    faces, words, light = (found.get(name) for name in ("faces", "words", "light"))
    assert faces and words and light and not old.exists()
    assert set(faces.columns["track"]) == {1} and len(light.columns["time_s"]) == 10
    assert list(words.columns["text"]) == [f"word{i}" for i in range(3, 10)]
    assert kept.sha256 != "0" * 64 and kept.size_bytes == path.stat().st_size
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name]


def test_no_later_derivation_brings_anything_back(world: factories.World, two: tuple[Person, Person]) -> None:
    person_withdraw(person=two[0], reason="asked")
    Shot.objects.create(source=world.source, number=0, start_s=0, end_s=4)
    Shot.objects.create(source=world.source, number=1, start_s=4, end_s=9)
    recipe = recipe_get_or_create(name="shots", parameters={"scope": "frame", "min_s": 1.0, "max_s": 30.0})
    assert clips_derive(source=world.source, recipe=recipe).added == 2
    fresh = Clip.objects.filter(recipe=recipe).order_by("start_s")
    assert [clip.withdrawn_at is None for clip in fresh] == [False, True]
    source_withdraw(source=world.source, reason="x")
    other = recipe_get_or_create(name="shots", parameters={"scope": "frame", "min_s": 2.0, "max_s": 30.0})
    assert clips_derive(source=world.source, recipe=other).added == 0


def test_a_manifest_that_names_it_again_brings_nothing_back(tmp_path: Path) -> None:
    manifest = tmp_path / "clips.jsonl"
    row = '{"id": "%s", "height": 720, "width": 1280, "fps": 25, "start-time": %d, "end-time": %d, "info": {"Video Link": "%s"}}'
    first = row % ("a", 0, 5, "https://videos.example/1")
    manifest.write_text(first + "\n")
    command = ("import_manifest", str(manifest), "--corpus", "Released", "--format", "talkvid")
    call_command(*command)
    source_withdraw(source=Clip.objects.get().source, reason="asked")
    manifest.write_text(first + "\n" + row % ("b", 5, 10, "https://videos.example/1") + "\n")
    call_command(*command)
    assert Clip.objects.count() == 2 and not Clip.objects.filter(withdrawn_at=None).exists()


def test_an_export_that_a_withdrawal_overtakes_begins_anew(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from curation.services import exports

    elsewhere = factories.clip(factories.source(world.corpus))
    factories.verdict(elsewhere)
    job = export_request(subset=subset_freeze(corpus=world.corpus, name="s", tiers=["sft"]), format="csv")
    publish = exports._publish

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        source_withdraw(source=world.source, reason="meanwhile")
        return publish(*args, **kwargs)

    monkeypatch.setattr(exports, "_publish", overtaken)
    assert export_run(job_id=job.pk) is None
    monkeypatch.setattr(exports, "_publish", publish)
    record = export_run(job_id=job.pk)
    assert record and record.manifest["counts"]["clips"] == 1


def test_the_command_withdraws_lists_and_purges(
    world: factories.World, capsys: pytest.CaptureFixture[str]
) -> None:
    _, path = rendition(world.sft[0])
    subset = subset_freeze(corpus=world.corpus, name="held", tiers=["sft"])
    export_run(job_id=export_request(subset=subset, format="csv").pk)
    call_command("withdraw", "source", str(world.source.pk), "--reason", "licence ended")
    said = capsys.readouterr().out
    assert "8 clips" in said and "held" in said and not path.exists()
    with pytest.raises(CommandError, match="was withdrawn before"):
        call_command("withdraw", "source", str(world.source.pk), "--reason", "again")
    with pytest.raises(CommandError, match="no person"):
        call_command("withdraw", "person", "987654", "--reason", "x")
    call_command("withdraw", "list", "--corpus", world.corpus.slug)
    assert "licence ended" in capsys.readouterr().out
    call_command("withdraw", "purge")
    assert WithdrawnSpan.objects.count() == 0
