"""A benchmark and a split leave as files that say which side and stratum each clip is of, and the report with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curation.benchmarks.plan import BenchmarkPlan, Part
from curation.benchmarks.sides import SplitPlan
from curation.services.benchmarks import benchmark_make
from curation.services.exports import export_request, export_run
from curation.services.splits import split_make
from curation.storage import shelf
from tests import factories
from tests.curation.services import benchmarkroom as room

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> None:
    settings.STORAGE = str(tmp_path / "storage")


def written(subset: Any, format: str) -> tuple[Any, Path]:
    record = export_run(job_id=export_request(subset=subset, format=format).pk)
    assert record is not None
    return record, shelf("exports") / record.destination


def test_a_benchmark_says_split_stratum_and_report() -> None:
    corpus = factories.corpus()
    list(room.people(corpus, 3))
    plan = BenchmarkPlan((Part(("age_group",), 6),))
    benchmark = benchmark_make(corpus=corpus, name="bench", plan=plan, seed="s")
    record, folder = written(benchmark.subset, "talkvid-jsonl")
    rows = [json.loads(line)["rushes"] for line in (folder / "clips.jsonl").read_text().splitlines()]
    assert [row["split"] for row in rows] == ["benchmark"] * 6
    assert {row["stratum"] for row in rows} == {f"age_group: {age}" for age in room.AGES}
    assert record.manifest["benchmark"]["report"] == benchmark.report
    assert record.manifest["benchmark"]["seed"] == "s"
    assert record.manifest["counts"]["by_split"] == {"benchmark": 6}


def test_a_split_has_its_column_in_tables_and_its_sides_in_the_manifest() -> None:
    import pyarrow.parquet as pq

    corpus = factories.corpus()
    list(room.people(corpus, 20))
    split = split_make(corpus=corpus, name="split", plan=SplitPlan(validated_only=True), seed="s")
    record, folder = written(split.subset, "parquet")
    table = pq.read_table(folder / "clips-000000.parquet").to_pydict()
    expected = dict(split.subset.members.values_list("clip_id", "evidence__split"))
    assert dict(zip(table["clip"], table["split"], strict=True)) == expected
    assert set(table["stratum"]) == {None}
    told = {side: facts["clips"] for side, facts in split.report["sides"].items()}
    assert record.manifest["counts"]["by_split"] == told
    assert record.manifest["training_split"]["report"] == split.report
