"""Listen: the sound of a source decoded in blocks, once for each rate and channel layout asked for.

A scorer that fails says so and leaves the others alone; memory doesn't grow with the length, apart from what
scorers keep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curation.media.errors import NoSound
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.opener import HERE, Opener
from curation.media.sound import SoundBlock
from scoring.runner.frames import explain
from scoring.runner.look import source_facts
from scoring.runner.series import Series, write_series
from scoring.scorers.base import (
    Build,
    Listening,
    OpenSource,
    Scorer,
    SoundScorer,
    SoundWants,
    SourceFacts,
    Status,
)

Progress = Callable[[float, float], None]


@dataclass(frozen=True, slots=True)
class ListenResult:
    """What listening came to. ``seconds`` by scorer, and ``decode``, ``total``."""

    series_path: Path
    sha256: str
    facts: SourceFacts
    builds: dict[str, Build]
    statuses: dict[str, Status]
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Worker:
    name: str
    listening: Listening
    status: Status = field(default_factory=lambda: Status("measured"))
    seconds: float = 0.0

    def hear(self, block: SoundBlock) -> None:
        if self.status.word != "measured":
            return
        began = time.perf_counter()
        try:
            self.listening.hear(block)
        except Exception as error:
            self.status = Status("failed", explain(error, block.start_s))
        self.seconds += time.perf_counter() - began

    def finish(self) -> list[Series]:
        if self.status.word != "measured":
            return []
        began = time.perf_counter()
        try:
            return list(self.listening.finish())
        except Exception as error:
            self.status = Status("failed", explain(error))
            return []
        finally:
            self.seconds += time.perf_counter() - began


def listen_source(
    path: str | Path,
    out_dir: str | Path,
    scorers: Sequence[Scorer] | None = None,
    *,
    facts: SourceFacts | None = None,
    progress: Progress | None = None,
    limits: DecodeLimits = DEFAULT_LIMITS,
    media: Opener = HERE,
) -> ListenResult:
    """Hear ``path`` and write ``<out_dir>/<sha256>.listen.parquet``.

    ``scorers``: those to run (``None``: all of the registry that listen). A source without sound writes a file
    without series, in which each scorer is ``unavailable`` for that reason: no sound is a fact, not a failure.
    Raises a ``MediaError`` when the sound cannot be read to its end: then nothing is written.
    """
    path = Path(path)
    began = time.perf_counter()
    facts = facts if facts is not None else source_facts(path, media)
    source = OpenSource(path, facts, media=media)
    chosen = _all_listeners() if scorers is None else tuple(scorers)
    builds: dict[str, Build] = {}
    statuses: dict[str, Status] = {}
    groups: dict[SoundWants, list[_Worker]] = {}
    for scorer in chosen:
        if not isinstance(scorer, SoundScorer):
            continue
        missing = scorer.available()
        if missing is not None or not facts.has_sound:
            reason = missing.reason if missing is not None else "the source has no sound"
            statuses[scorer.name] = Status("unavailable", reason)
            continue
        try:
            builds[scorer.name] = scorer.build()
            groups.setdefault(scorer.wants_sound, []).append(_Worker(scorer.name, scorer.begin_sound(source)))
        except Exception as error:
            statuses[scorer.name] = Status("failed", explain(error))
    decode_s = _hear(source, groups, progress, limits)
    series: list[Series] = []
    seconds = {"decode": decode_s}
    for worker in (one for workers in groups.values() for one in workers):
        series += worker.finish()
        statuses[worker.name] = worker.status
        seconds[worker.name] = worker.seconds
    series_path = write_series(
        Path(out_dir) / f"{facts.sha256}.listen.parquet",
        stage="listen",
        facts=facts,
        series=series,
        builds=builds,
        statuses=statuses,
    )
    seconds["total"] = time.perf_counter() - began
    return ListenResult(series_path, facts.sha256, facts, builds, statuses, seconds)


def _hear(
    source: OpenSource,
    groups: dict[SoundWants, list[_Worker]],
    progress: Progress | None,
    limits: DecodeLimits,
) -> float:
    """Decode once a group and hand the blocks out; returns the seconds that decoding took."""
    facts, decode_s = source.facts, 0.0
    for number, (wants, workers) in enumerate(groups.items()):
        waited = time.perf_counter()
        try:
            for block in source.media.sound(
                source.path, rate=wants.rate_hz, channels=wants.channels, block_s=wants.block_s, limits=limits
            ):
                decode_s += time.perf_counter() - waited
                for worker in workers:
                    worker.hear(block)
                if progress is not None:
                    share = min(1.0, block.start_s / facts.duration_s) if facts.duration_s else 1.0
                    progress((number + share) / len(groups) * facts.duration_s, facts.duration_s)
                waited = time.perf_counter()
        except NoSound:
            for worker in workers:
                worker.status = Status("unavailable", "the source has no sound")
        decode_s += time.perf_counter() - waited
    if progress is not None:
        progress(facts.duration_s, facts.duration_s)
    return decode_s


def _all_listeners() -> tuple[Scorer, ...]:
    from scoring.scorers.registry import scorers

    return tuple(one for one in scorers() if isinstance(one, SoundScorer))
