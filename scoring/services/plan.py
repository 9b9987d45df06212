"""What is still to be measured of a source: sound, then picture, then scorecards; only what no present build has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache

from django.conf import settings

from curation.embedded.parts import has_gpu
from curation.models import Recipe, ScoringTarget, SeriesFile, Source
from curation.services.targets import target_enqueue
from scoring.scorers.base import Build, FaceScorer, PictureScorer, Scorer, SoundScorer
from scoring.scorers.registry import scorers

LISTEN, LOOK, DERIVE, RENDER = "listen", "look", "derive", "render"
MEASURING = (LISTEN, LOOK)
CPU, GPU = "cpu", "gpu"


def stage_of(scorer: Scorer) -> str:
    """The stage in which a scorer works: by what it is given."""
    if isinstance(scorer, SoundScorer):
        return LISTEN
    if isinstance(scorer, PictureScorer | FaceScorer):
        return LOOK
    return DERIVE


def builds(stage: str) -> dict[str, Build]:
    """The present builds of the scorers of a stage that can measure on this machine."""
    return {one.name: one.build() for one in scorers() if stage_of(one) == stage and one.available() is None}


def key_of(labels: Iterable[str]) -> str:
    """One name for a set of builds and what else a result depends on."""
    return hashlib.sha256("\n".join(sorted(labels)).encode()).hexdigest()


def queues() -> tuple[str, ...]:
    """The queues that work may be put on here."""
    return (CPU, GPU) if _uses_gpu() else (CPU,)


def queue_of(stage: str, names: Iterable[str] = ()) -> str:
    """The queue of a stage: looking runs its models on the GPU where there is one, and so does hearing words."""
    heavy = stage == LOOK or (stage == LISTEN and "whisper" in names)
    return GPU if heavy and _uses_gpu() else CPU


def _uses_gpu() -> bool:
    return settings.GPU_QUEUE == "on" or (settings.GPU_QUEUE == "auto" and _gpu_here())


@cache
def _gpu_here() -> bool:
    return has_gpu()


def source_plan(*, source: Source) -> list[str]:
    """Enqueue the next work of ``source``, if any; safe to call at any time, as often as one likes.

    One measuring stage at a time, because looking may read what was heard. Returns the stages that are new.
    """
    new: list[str] = []
    if source.state != Source.State.READY:
        return new
    if target_enqueue(source=source, stage=RENDER, builds_key=clips_key(source)):
        new.append(RENDER)
    measuring = ScoringTarget.objects.filter(
        source=source, stage__in=(*MEASURING, DERIVE), state__in=("waiting", "leased")
    )
    if measuring.exists():
        return new
    for stage in MEASURING:
        if stage == LISTEN and not source.has_sound:
            continue
        have = _have(source, stage)
        missing = {name: build for name, build in builds(stage).items() if _what(build.label) not in have}
        if missing and target_enqueue(
            source=source,
            stage=stage,
            builds_key=key_of(_what(build.label) for build in missing.values()),
            scorers=list(missing),
            queue=queue_of(stage, missing),
        ):
            return [*new, stage]
    if target_enqueue(source=source, stage=DERIVE, builds_key=derive_key(source)):
        new.append(DERIVE)
    return new


def clips_key(source: Source) -> str:
    """One name for the present set of a source's clips."""
    ids = source.clips.filter(is_current=True).order_by("pk").values_list("pk", flat=True)
    return key_of(["clips", *map(str, ids)])


def derive_key(source: Source) -> str:
    """One name for all that a source's scorecards depend on: series, failures, recipes, the aggregating code."""
    series = source.series_files.values_list("sha256", flat=True)
    failed = source.scoring_targets.filter(stage__in=MEASURING, state="failed").values_list(
        "builds_key", flat=True
    )
    aggregating = [f"{one.name} {one.version} {one.available() is None}" for one in scorers()]
    recipes = [
        f"recipe {pk}" for pk in Recipe.objects.filter(corpora=source.corpus_id).values_list("pk", flat=True)
    ]
    return key_of([*recipes, *series, *(f"failed {key}" for key in failed), *aggregating])


def _have(source: Source, stage: str) -> set[str]:
    """The builds whose outcome on this source is known."""
    files = SeriesFile.objects.filter(source=source, stage=stage)
    return {_what(entry["build"]) for file in files for entry in file.statuses.values()}


def _what(label: str) -> str:
    """A build's label less its device: the same version measured elsewhere is no older one."""
    return re.sub(r"(, )?[^,()]*\)$", ")", label)
