"""A frozen subset leaves as files that hold exactly it, the same bytes each time, whole or not at all."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from curation.exports.manifest import verify_folder
from curation.exports.writers import FORMATS
from curation.models import Clip, ExportJob, ExportRecord, Person, Scorecard, Subset
from curation.selectors import exporting
from curation.selectors.browser import clips_count
from curation.selectors.clipfilter import BadFilter, ClipFilter
from curation.selectors.exporting import exportable_count, held_count
from curation.services import exports
from curation.services.exports import export_cancel, export_claim, export_request, export_run
from curation.services.subsets import EmptySubset, subset_freeze
from curation.storage import shelf
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> Path:
    settings.STORAGE = str(tmp_path / "storage")
    return tmp_path / "storage"


@pytest.fixture
def world() -> factories.World:
    """Three sft proposed (two settled sft, one settled reject), pretrain settled as sft once."""
    made = factories.world(sft=3, pretrain=2, reject=2, undecided=1)
    factories.verdict(made.sft[0], "sft")
    factories.verdict(made.sft[1], "sft")
    factories.verdict(made.sft[2], "reject")
    factories.verdict(made.pretrain[0], "sft")
    return made


def write(subset: Subset, format: str = "talkvid-jsonl") -> tuple[ExportRecord, Path]:
    record = export_run(job_id=export_request(subset=subset, format=format).pk)
    assert record is not None
    return record, shelf("exports") / record.destination


def cut(clip: Clip, path: Path, root: Path) -> None:
    made = {"picture": "copied", "sound": "encoded", "frames": 150}
    factories.rendition(
        clip, path, root=root, kind="cut", made=made, start_s=clip.start_s, width=64, height=36
    )


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "clips.jsonl").read_text().splitlines()]


def test_validated_only_takes_exactly_what_people_settled_so(world: factories.World) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"], validated_only=True)
    record, folder = write(subset)
    expected = [world.sft[0].pk, world.sft[1].pk, world.pretrain[0].pk]
    assert [row["rushes"]["clip"] for row in lines(folder)] == sorted(expected)
    assert record.manifest["counts"]["clips"] == subset.clip_count == 3
    assert not verify_folder(folder)


def test_a_verdict_outweighs_the_proposal_where_proposals_count_too(world: factories.World) -> None:
    subset = subset_freeze(corpus=world.corpus, name="all", tiers=["sft", "pretrain"], validated_only=False)
    _, folder = write(subset)
    by_clip = {row["rushes"]["clip"]: row["rushes"] for row in lines(folder)}
    assert world.sft[2].pk not in by_clip, "people rejected it"
    assert by_clip[world.pretrain[0].pk]["tier"] == "sft"
    assert by_clip[world.pretrain[0].pk]["proposal"]["tier"] == "pretrain"
    assert by_clip[world.pretrain[1].pk]["tier"] == "pretrain"
    assert by_clip[world.pretrain[1].pk]["verdict"] is None


def test_the_same_subset_twice_is_byte_for_byte_the_same(world: factories.World) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft", "pretrain"], validated_only=False)
    for format in FORMATS:
        if FORMATS[format].needs_media:
            continue
        first, folder = write(subset, format)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        # Scored again and renamed meanwhile: the frozen list does not care.
        Scorecard.objects.filter(clip__corpus=world.corpus).update(movement_min=1.0)
        world.source.__class__.objects.filter(pk=world.source.pk).update(name="renamed.mp4", language="xx")
        second, again = write(subset, format)
        assert again == folder
        assert {path.name: path.read_bytes() for path in again.iterdir()} == before, format
        assert first.manifest_sha256 == second.manifest_sha256


def test_talkvids_fields_carry_measured_numbers_and_null_otherwise(world: factories.World) -> None:
    clip = world.sft[0]
    _, folder = write(subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"]))
    row = next(row for row in lines(folder) if row["rushes"]["clip"] == clip.pk)
    assert (row["width"], row["height"], row["fps"]) == (1280, 720, 25.0)
    assert row["durations"] == "6.000s"
    assert row["start-frame"] == round(clip.start_s * 25)
    assert row["head_detail"]["scores"]["min_movement"] == 88.0
    assert row["dover_scores"] is None and row["cotracker_ratio"] is None and row["description"] is None
    assert row["rushes"]["not_measured"]["dover"]["state"] == "unavailable"
    assert row["rushes"]["verdict"]["raters"] == ["rater-amber"]
    assert set(row["info"]) == {
        "Person ID", "Ethnicity", "Age Group", "Gender", "Video Link", "Language", "Video Category",
    }  # fmt: skip


def test_a_varying_frame_rate_gives_no_frame_numbers() -> None:
    world = factories.world()
    world.source.__class__.objects.filter(pk=world.source.pk).update(variable_rate=True)
    factories.verdict(world.sft[0])
    _, folder = write(subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"]))
    assert [row["start-frame"] for row in lines(folder)] == [None]


def test_a_clip_withdrawn_after_freezing_is_in_no_later_export(world: factories.World) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    Clip.objects.filter(pk=world.sft[0].pk).update(withdrawn_at=timezone.now())
    record, folder = write(subset)
    assert world.sft[0].pk not in {row["rushes"]["clip"] for row in lines(folder)}
    assert record.manifest["counts"] | {"seconds": 0} == {
        "clips": 2, "seconds": 0, "by_tier": {"sft": 2}, "by_split": {}, "settled_by_people": 2,
        "withdrawn_since_frozen": 1,
    }  # fmt: skip
    assert exportable_count(subset) == 2


def test_what_can_be_exported_is_counted_as_it_is_written(world: factories.World) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    assert exportable_count(subset) == 3
    person = Person.objects.create(corpus=world.corpus, label="p", withdrawn_at=timezone.now())
    Clip.objects.filter(pk=world.sft[1].pk).update(person=person)
    # Gone twice over is gone once.
    Clip.objects.filter(pk=world.sft[1].pk).update(withdrawn_at=timezone.now())
    record, _ = write(subset)
    assert ExportJob.objects.get().total == 2, "its bar goes to the end"
    assert exportable_count(subset) == record.manifest["counts"]["clips"] == 2
    world.source.__class__.objects.filter(pk=world.source.pk).update(withdrawn_at=timezone.now())
    record, _ = write(subset)
    assert exportable_count(subset) == record.manifest["counts"]["clips"]


def test_a_withdrawn_person_and_a_held_clip_stay_out(world: factories.World) -> None:
    person = Person.objects.create(corpus=world.corpus, label="p", withdrawn_at=timezone.now())
    Clip.objects.filter(pk=world.sft[0].pk).update(person=person)
    Clip.objects.filter(pk=world.sft[1].pk).update(held_at=timezone.now())
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    assert [m.clip_id for m in subset.members.all()] == [world.pretrain[0].pk]
    assert held_count(subset) == 0
    Clip.objects.filter(pk=world.pretrain[0].pk).update(held_at=timezone.now())
    assert held_count(subset) == exportable_count(subset) == 1, "a frozen list stays as it is, and says so"


def test_the_filter_narrows_the_subset_and_is_in_the_manifest(world: factories.World) -> None:
    chosen = ClipFilter(metric="movement_min", low=50)
    subset = subset_freeze(corpus=world.corpus, name="steady", tiers=["sft"], chosen=chosen)
    record, _ = write(subset)
    assert subset.clip_count == 2
    assert record.manifest["subset"]["filter"]["filter"] == {"metric": "movement_min", "low": 50}
    assert record.manifest["subset"]["filter_words"] == ["movement, worst from 50"]
    assert clips_count(world.corpus, ClipFilter(verdict="sft", metric="movement_min", low=50)).clips == 2


def test_nothing_to_freeze_is_said_and_leaves_nothing() -> None:
    world = factories.world()
    with pytest.raises(EmptySubset, match="settled by people"):
        subset_freeze(corpus=world.corpus, name="none", tiers=["sft"])
    assert not Subset.objects.exists()
    with pytest.raises(BadFilter, match="no tier"):
        subset_freeze(corpus=world.corpus, name="none", tiers=["best"])


def test_a_job_is_claimed_once_and_a_stale_lease_writes_nothing(world: factories.World) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    job = export_request(subset=subset, format="csv")
    assert export_request(subset=subset, format="csv").pk == job.pk, "asked twice is one export"
    claim = export_claim()
    assert claim is not None and export_claim() is None
    ExportJob.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timezone.timedelta(seconds=1))
    record = export_run(job_id=job.pk)
    assert record is not None
    with pytest.raises(exports.StaleLease):
        exports._renew(claim, 1)


def test_cancelling_leaves_no_folder_and_no_record(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    job = export_request(subset=subset, format="csv")
    whole = exports._renew

    def cancelled_meanwhile(*args: Any) -> None:
        export_cancel(job=job)
        whole(*args)

    monkeypatch.setattr(exports, "_renew", cancelled_meanwhile)
    assert export_run(job_id=job.pk) is None
    assert ExportJob.objects.get(pk=job.pk).state == "cancelled"
    assert not ExportRecord.objects.exists()
    assert not [path for path in shelf("exports").rglob("*") if path.is_file()]


def test_shards_without_media_fail_with_the_clip_and_the_mend(world: factories.World) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    job = export_request(subset=subset, format="webdataset")
    assert export_run(job_id=job.pk) is None
    job.refresh_from_db()
    assert job.state == "failed"
    assert f"clip {world.sft[0].pk}: the file of its source" in job.error and "is not here" in job.error


@pytest.mark.parametrize("step", ["add", "close"])
def test_what_a_format_cannot_hold_fails_at_once_with_a_sentence(
    world: factories.World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def refuse(*_given: Any) -> None:
        raise ValueError("no room for it")

    monkeypatch.setattr(FORMATS["csv"], step, refuse)
    job = export_request(subset=subset_freeze(corpus=world.corpus, name="x", tiers=["sft"]), format="csv")
    assert export_run(job_id=job.pk) is None
    job.refresh_from_db()
    assert job.state == "failed" and "cannot be written as csv: no room for it" in job.error
    assert (f"clip {world.sft[0].pk} " in job.error) == (step == "add")


def test_shards_carry_the_media_and_are_the_same_twice(world: factories.World) -> None:
    root = shelf("renditions")
    for clip in (world.sft[0], world.sft[1], world.pretrain[0]):
        path = root / f"{clip.pk}.mp4"
        path.write_bytes(b"picture of %d" % clip.pk)
        cut(clip, path, root)
    # Longer than a member's name may be, and a dot, which ends a key.
    Clip.objects.filter(pk=world.sft[0].pk).update(external_id="x" * 200)
    Clip.objects.filter(pk=world.sft[1].pk).update(external_id="a.b/c")
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    first, folder = write(subset, "webdataset")
    import tarfile

    with tarfile.open(folder / "clips-000000.tar") as shard:
        names = shard.getnames()
        assert [name.partition(".")[2] for name in names] == ["json", "along.json", "mp4"] * 3
        assert shard.extractfile(names[2]).read() == b"picture of %d" % world.sft[0].pk  # type: ignore[union-attr]
    second, _ = write(subset, "webdataset")
    assert first.manifest_sha256 == second.manifest_sha256


def test_clips_are_streamed_a_piece_at_a_time(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_CHUNK", 2)
    subset = subset_freeze(
        corpus=world.corpus, name="all", tiers=["sft", "pretrain", "reject"], validated_only=False
    )
    stream = exporting.export_clips(subset)
    with CaptureQueriesContext(connection) as first:
        next(stream)
    assert 1 <= len(first) <= 9, "one piece, its provenance and what goes along, not the list"
    assert [clip.position for clip in stream] == list(range(1, subset.clip_count))


def test_verify_finds_what_was_changed_added_or_lost(world: factories.World, capsys: Any) -> None:
    _, folder = write(subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"]))
    call_command("export", "verify", str(folder))
    (folder / "clips.jsonl").write_bytes((folder / "clips.jsonl").read_bytes().replace(b"1280", b"1281"))
    (folder / "extra.txt").write_text("x")
    assert {fault.name for fault in verify_folder(folder)} == {"clips.jsonl", "extra.txt"}
    with pytest.raises(CommandError, match="2 faults"):
        call_command("export", "verify", str(folder))
    (folder / "manifest.json").unlink()
    with pytest.raises(CommandError, match=r"holds no manifest\.json"):
        call_command("export", "verify", str(folder))


def test_the_command_freezes_and_writes_at_once(world: factories.World, capsys: Any) -> None:
    call_command("export", "write", "--corpus", world.corpus.slug, "--tier", "sft", "--name", "by hand")
    record = ExportRecord.objects.get()
    assert record.manifest["counts"]["clips"] == 3
    with pytest.raises(CommandError, match="there is no 'nowhere'"):
        call_command("export", "write", "--corpus", "nowhere")


def test_tables_load_with_their_readers(world: factories.World) -> None:
    import csv

    import pyarrow.parquet as pq

    world.source.__class__.objects.filter(pk=world.source.pk).update(name='=HYPERLINK("x")')
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    table = pq.read_table(write(subset, "parquet")[1] / "clips-000000.parquet").to_pylist()
    assert [row["clip"] for row in table] == [m.clip_id for m in subset.members.order_by("position")]
    assert table[0]["movement_min"] == 88.0 and table[0]["dover_technical"] is None
    with (write(subset, "csv")[1] / "clips.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["source_name"] == '\'=HYPERLINK("x")', "a spreadsheet must not run it"
    assert rows[0]["dover_technical"] == ""
    tasks = json.loads((write(subset, "label-studio")[1] / "tasks.json").read_text())
    assert tasks[0]["annotations"][0]["result"][0]["value"]["choices"] == ["sft"]
    speakervid = lines(write(subset, "speakervid-jsonl")[1])
    assert (
        speakervid[0]["num_frames"] == 150 and speakervid[0]["dover"] is None and speakervid[0]["sync"] == {}
    )


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_write_the_same_export(world: factories.World) -> None:
    subset = subset_freeze(corpus=world.corpus, name="sft", tiers=["sft"])
    export_request(subset=subset, format="csv")
    records: list[Any] = []

    def work() -> None:
        records.append(export_run())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(record is not None for record in records) == 1
    assert ExportRecord.objects.count() == 1
