"""What is measured again, and on which queue: only what is missing or of an older build; models where the GPU is."""

from __future__ import annotations

from typing import Any

import pytest

from curation.models import ScoringTarget, SeriesFile, Source
from scoring.scorers.registry import scorer
from scoring.services import plan
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return factories.source(state="ready", has_sound=True)


def planned(source: Source) -> list[tuple[str, str, list[str]]]:
    """Plan until nothing more is asked for, as if each piece of work were done at once; gives what was asked."""
    asked = []
    while plan.source_plan(source=source):
        for target in ScoringTarget.objects.filter(source=source, state="waiting").order_by("pk"):
            asked.append((target.stage, target.queue, sorted(target.scorers)))
            if target.stage in plan.MEASURING:
                SeriesFile.objects.create(
                    source=source,
                    stage=target.stage,
                    builds_key=target.builds_key,
                    path="x",
                    sha256=f"{target.pk}",
                    size_bytes=1,
                    statuses={
                        name: {"state": "measured", "reason": "", "build": scorer(name).build().label}
                        for name in target.scorers
                    },
                )
            ScoringTarget.objects.filter(pk=target.pk).update(state="done")
    return asked


def measuring(asked: list[tuple[str, str, list[str]]]) -> list[tuple[str, list[str]]]:
    return [(stage, names) for stage, _, names in asked if stage in plan.MEASURING]


def test_only_a_scorer_with_a_newer_build_measures_again(source: Source, monkeypatch: Any) -> None:
    first = measuring(planned(source))
    assert [stage for stage, _ in first] == ["listen", "look"]
    assert {"motion", "image_quality"} <= set(first[1][1])
    assert planned(source) == []
    monkeypatch.setattr(type(scorer("motion")), "version", "later")
    again = planned(source)
    assert measuring(again) == [("look", ["motion"])]
    assert [stage for stage, _, _ in again][-1] == "derive", "scorecards follow"
    assert planned(source) == []


def test_a_scorer_that_becomes_available_measures_alone(source: Source, monkeypatch: Any) -> None:
    monkeypatch.setattr(type(scorer("subtitles")), "available", lambda self: plan_missing())
    planned(source)
    monkeypatch.undo()
    assert measuring(planned(source)) == [("listen", ["subtitles"])]


def plan_missing() -> Any:
    from scoring.scorers.base import Unavailable

    return Unavailable("not here yet")


def test_the_same_version_measured_on_another_device_is_no_older_one(
    source: Source, monkeypatch: Any
) -> None:
    planned(source)
    from dataclasses import replace

    kind = type(scorer("image_quality"))
    built = kind.build
    monkeypatch.setattr(kind, "build", lambda self: replace(built(self), device="cuda"))
    assert planned(source) == []


@pytest.mark.parametrize(
    ("setting", "here", "queue"),
    [("auto", False, "cpu"), ("auto", True, "gpu"), ("on", False, "gpu"), ("off", True, "cpu")],
)
def test_looking_goes_to_the_gpu_where_there_is_one(
    source: Source, settings: Any, monkeypatch: Any, setting: str, here: bool, queue: str
) -> None:
    settings.GPU_QUEUE = setting
    monkeypatch.setattr(plan, "_gpu_here", lambda: here)
    queues = {stage: queue for stage, queue, _ in planned(source)}
    assert queues["look"] == queue
    assert queues["listen"] == queues["derive"] == queues["render"] == "cpu"
    assert plan.queue_of("listen", ["speech", "whisper"]) == queue, "hearing words is a model's work too"
    assert set(plan.queues()) == {"cpu", queue}
