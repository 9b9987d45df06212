"""Reading: benchmarks with their leaks, and training splits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from curation.api.facts import corpus_get
from curation.api.paging import Place, page_of
from curation.api.schemas import paged
from curation.errors import NotFound
from curation.models import Benchmark, BenchmarkLeak, TrainingSplit

router = Router(tags=["benchmarks"])


class BenchmarkOut(Schema):
    """A benchmark; its clips are those of its subset, to be exported."""

    id: int
    name: str
    unit: str
    seed: str
    subset: int
    plan: dict[str, Any]
    report: dict[str, Any] = Field(description="strata with wanted, available and taken; leaks counted")
    made_at: datetime


class LeakOut(Schema):
    """What a clip of a benchmark shares with the training tiers, or why nobody could check it."""

    id: int
    clip: int
    kind: str
    other: int | None = Field(description="the nearest clip, or the first")
    others: int = Field(description="how many clips are concerned")
    distance: int | None = Field(description="bits of 63 that differ")
    reason: str


class SplitOut(Schema):
    """A training split; the side of each clip is in the exports of its subset."""

    id: int
    name: str
    seed: str
    subset: int
    benchmark: int | None = Field(description="whose persons and sources are held out")
    plan: dict[str, Any]
    report: dict[str, Any]
    made_at: datetime


@router.get(
    "/corpora/{slug:corpus}/benchmarks",
    response=paged(BenchmarkOut),
    url_name="benchmarks",
    operation_id="benchmarks",
)
def benchmarks(request: HttpRequest, place: Query[Place], corpus: str = Path(...)) -> dict[str, Any]:
    """Benchmarks of a corpus."""
    return page_of(Benchmark.objects.filter(corpus=corpus_get(corpus)), place, _benchmark)


@router.get(
    "/benchmarks/{int:benchmark}/leaks",
    response=paged(LeakOut),
    url_name="benchmark-leaks",
    operation_id="benchmark_leaks",
)
def leaks(
    request: HttpRequest, place: Query[Place], benchmark: int = Path(..., ge=0, le=2**62)
) -> dict[str, Any]:
    """Everything that a benchmark shares with the training tiers, and what nobody could check."""
    if not Benchmark.objects.filter(pk=benchmark).exists():
        raise NotFound(f"there is no benchmark {benchmark}")
    return page_of(BenchmarkLeak.objects.filter(benchmark=benchmark), place, _leak)


@router.get(
    "/corpora/{slug:corpus}/splits", response=paged(SplitOut), url_name="splits", operation_id="splits"
)
def splits(request: HttpRequest, place: Query[Place], corpus: str = Path(...)) -> dict[str, Any]:
    """Training splits of a corpus."""
    return page_of(TrainingSplit.objects.filter(corpus=corpus_get(corpus)), place, _split)


def _benchmark(row: Benchmark) -> dict[str, Any]:
    return {**_drawn(row), "unit": row.unit}


def _split(row: TrainingSplit) -> dict[str, Any]:
    return {**_drawn(row), "benchmark": row.benchmark_id}


def _drawn(row: Benchmark | TrainingSplit) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in ("name", "seed", "plan", "report", "made_at")}
    return {"id": row.pk, "subset": row.subset_id, **kept}


def _leak(row: BenchmarkLeak) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in ("kind", "others", "distance", "reason")}
    return {"id": row.pk, "clip": row.clip_id, "other": row.other_id, **kept}
