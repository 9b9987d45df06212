"""What leaves is read by each ecosystem's own reader, and is row by row what the database holds."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curation.exports.tables import ALONG
from curation.media.containers import open_media
from curation.models import Clip, ExportRecord, Person, Source, Subset, Track, Turn
from curation.services.exports import export_request, export_run
from curation.services.subsets import subset_freeze
from curation.storage import shelf
from scoring.runner.series import Series, write_series
from scoring.scorers.base import SourceFacts
from tests import factories, footage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STORAGE = str(tmp_path / "storage")
    for name in ("HF_HOME", "HF_DATASETS_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def subset(tmp_path: Path) -> Subset:
    """Three clips of a real file: the whole frame from a key frame on, a region, and one that begins between key
    frames; two people's tracks, two turns, three words, six samples of a face."""
    world = factories.world(sft=3, pretrain=0, reject=0, undecided=0)
    path = footage.video(tmp_path / "talk.mp4", seconds=3)
    Source.objects.filter(pk=world.source.pk).update(uri=str(path), name="=talk.mp4", duration_s=3.0)
    ada = Person.objects.create(corpus=world.corpus, label="Ada", gender="F", attributes_origin="import")
    gone = Person.objects.create(corpus=world.corpus, label="Gone", withdrawn_at=factories.SCORED_AT)
    track = Track.objects.create(
        source=world.source, number=1, person=ada, start_s=0, end_s=3, mean_box=[0.1, 0.2, 0.3, 0.4]
    )
    Track.objects.create(source=world.source, number=2, person=gone, start_s=0, end_s=3)
    Turn.objects.create(source=world.source, track=track, person=ada, start_s=0.2, end_s=0.9, talk_share=0.5)
    Turn.objects.create(source=world.source, start_s=0.95, end_s=2.5, off_screen=True, speaker="B")
    spans = ((0.0, 1.0, None), (0.0, 0.98, [0.5, 0.0, 0.5, 0.5]), (1.1, 2.0, None))
    for clip, (start, end, region) in zip(world.clips, spans, strict=True):
        Clip.objects.filter(pk=clip.pk).update(start_s=start, end_s=end, region=region)
    facts = SourceFacts(sha256=world.source.sha256, duration_s=3.0)
    words = Series(
        "words",
        {
            "time_s": np.array([0.2, 0.8, 2.1]),
            "end_s": np.array([0.5, 1.2, 2.4]),
            "word": np.array([" one", " zwölf", " three"], object),
            "probability": np.array([0.5, 0.25, 1], np.float32),
        },
    )
    rows = np.arange(6 * 17, dtype=np.float32).reshape(6, 17)
    rows[1, :] = np.nan
    head = Series(
        "head",
        {
            "time_s": np.arange(6) * 0.2,
            "track": np.ones(6, np.int32),
            "keypoints": rows[:, :10],
            "pose": rows[:, 10:13],
            "box": rows[:, 13:],
        },
    )
    for stage, series in (("listen", words), ("look", head)):
        name = shelf("series") / f"{stage}.parquet"
        write_series(name, stage=stage, facts=facts, series=[series], builds={}, statuses={})  # type: ignore[arg-type]
        world.source.series_files.create(
            stage=stage, builds_key=stage, path=name.name, sha256="0" * 64, size_bytes=1
        )
    factories.verdict(world.sft[0], "sft")
    return subset_freeze(corpus=world.corpus, name="all", tiers=["sft"], validated_only=False)


def write(subset: Subset, format: str) -> tuple[ExportRecord, Path]:
    job = export_request(subset=subset, format=format)
    record = export_run(job_id=job.pk)
    job.refresh_from_db()
    assert record is not None, job.error
    return record, shelf("exports") / record.destination


def expected(subset: Subset) -> list[dict[str, Any]]:
    """The rows as the database holds them."""
    return [
        {
            "clip": member.clip_id,
            "start_s": member.clip.start_s,
            "end_s": member.clip.end_s,
            "tier": "sft",
            "verdict": "sft" if member.verdict_id else None,
            "source_sha256": member.clip.source.sha256,
            "movement_min": member.clip.scorecards.get().movement_min,
            "dover_technical": None,
        }
        for member in subset.members.select_related("clip__source").order_by("position")
    ]


def same(rows: Any, subset: Subset) -> None:
    wanted = expected(subset)
    assert [{name: row[name] for name in wanted[0]} for row in rows] == wanted


def test_hugging_face_and_pandas_read_parquet(subset: Subset) -> None:
    import datasets
    import pandas

    _, folder = write(subset, "parquet")
    same(datasets.load_dataset(str(folder))["train"], subset)
    frame = pandas.read_parquet(folder / "clips-000000.parquet")
    same(frame.astype(object).where(frame.notna(), None).to_dict("records"), subset)
    turns = datasets.load_dataset(str(folder), "turns")["train"]
    # The first clip meets both turns: it ends at 1 s, and the second begins at 0.95 s.
    assert [(row["start_s"], row["person"], row["off_screen"], row["talk_share"]) for row in turns][:2] == [
        (0.2, "Ada", False, 0.5),
        (0.95, None, True, None),
    ]


def test_hugging_face_reads_both_kinds_of_lines(subset: Subset) -> None:
    import datasets

    _, folder = write(subset, "talkvid-jsonl")
    for row, told in zip(datasets.load_dataset(str(folder))["train"], expected(subset), strict=True):
        assert (row["rushes"]["clip"], row["start-time"], row["end-time"]) == (
            told["clip"], told["start_s"], told["end_s"],
        )  # fmt: skip
        assert row["head_detail"]["scores"]["min_movement"] == told["movement_min"]
    _, folder = write(subset, "speakervid-jsonl")
    for row, told in zip(datasets.load_dataset(str(folder))["train"], expected(subset), strict=True):
        assert (row["rushes"]["clip"], row["start_seconds"], row["end_seconds"]) == (
            told["clip"], told["start_s"], told["end_s"],
        )  # fmt: skip
    boxes = [row["bbox"] for row in datasets.load_dataset(str(folder))["train"]]
    assert boxes == [None, [0.5, 0.0, 1.0, 0.5], None]


def test_a_table_of_cells_is_read_without_a_formula_in_it(subset: Subset) -> None:
    import pandas

    _, folder = write(subset, "csv")
    frame = pandas.read_csv(folder / "clips.csv")
    same(frame.astype(object).where(frame.notna(), None).to_dict("records"), subset)
    for path in folder.glob("*.csv"):
        with path.open(newline="") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell[:1] in "=+@\t\r" and cell]
    assert set(frame["source_name"]) == {"'=talk.mp4"}
    assert list(frame["raters"].dropna()) == ["rater-amber"]
    assert all("dover=unavailable" in told.split() for told in frame["not_measured"])


@pytest.mark.parametrize("format", ["talkvid-jsonl", "csv", "parquet", "webdataset"])
def test_tracks_turns_words_and_landmarks_go_along(subset: Subset, format: str) -> None:
    record, folder = write(subset, format)
    along = record.manifest["along"]
    # Clips of [0, 1), [0, 0.98) and [1.1, 2): nobody withdrawn, spans uncut, samples inside only.
    assert {name: told["rows"] for name, told in along.items()} == {
        "tracks": 3, "turns": 5, "words": 5, "landmarks": 10,
    }  # fmt: skip
    assert all(not told["clips_without"] for told in along.values())
    card = (folder / "README.md").read_text()
    for name, table in ALONG.items():
        columns = table.columns[1:] if format == "webdataset" else table.columns
        assert all(f"| {column.name} | {column.unit} |" in card for column in columns), name
    if format == "webdataset":
        return
    rows = table_rows(folder, format, "words")
    assert [row["word"] for row in rows] == [" one", " zwölf", " one", " zwölf", " zwölf"]
    assert {row["id"] for row in rows} == {row["id"] for row in table_rows(folder, format, "tracks")}
    faces = table_rows(folder, format, "landmarks")
    assert (float(faces[0]["eye_left_x"]), float(faces[0]["box_bottom"])) == (0.0, 16.0)
    assert faces[1]["nose_x"] in (None, ""), "what the mesh did not find is no number"


def table_rows(folder: Path, format: str, name: str) -> list[dict[str, Any]]:
    if format == "csv":
        with (folder / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))
    if format == "parquet":
        import pyarrow.parquet as pq

        return pq.read_table(folder / f"{name}-000000.parquet").to_pylist()
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


def test_what_nobody_measured_goes_along_as_a_reason() -> None:
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    subset = subset_freeze(corpus=world.corpus, name="bare", tiers=["sft"], validated_only=False)
    record, folder = write(subset, "talkvid-jsonl")
    assert record.manifest["along"]["words"] == {
        "rows": 0,
        "clips_without": {"its source has no series: it was not measured here": 2},
    }
    assert set(record.manifest["along"]["tracks"]["clips_without"].values()) == {2}
    assert (folder / "words.jsonl").read_bytes() == b""


def test_webdataset_reads_shards_whose_media_is_the_clips_region(subset: Subset) -> None:
    import webdataset

    _, folder = write(subset, "webdataset")
    samples = list(webdataset.WebDataset(str(folder / "clips-000000.tar"), shardshuffle=False).decode())
    told = [sample["json"]["rushes"] for sample in samples]
    assert [one["clip"] for one in told] == [row["clip"] for row in expected(subset)]
    assert [(one["media"]["picture"], one["media"]["start_s"]) for one in told] == [
        ("copied", 0.0),
        ("encoded", 0.0),
        ("encoded", pytest.approx(1.12, abs=0.021)),
    ]
    whole, half = ((one["media"]["width"], one["media"]["height"]) for one in told[:2])
    assert half == (whole[0] // 2, whole[1] // 2)
    for sample in samples:
        with _opened(sample["mp4"], folder) as file:
            assert file.picture().codec_context.width == sample["json"]["rushes"]["media"]["width"]
    assert samples[0]["along.json"]["words"][1]["word"] == " zwölf"
    again, _ = write(subset, "webdataset")
    assert again.manifest_sha256 == ExportRecord.objects.order_by("pk")[0].manifest_sha256


def _opened(data: bytes, folder: Path) -> Any:
    path = folder.parent / "sample.mp4"
    path.write_bytes(data)
    return open_media(path)
