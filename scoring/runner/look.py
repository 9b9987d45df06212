"""Look: the picture of a source decoded once, in order, for every scorer at once.

    result = look_source("a.mp4", Path("series"), progress=print)
    result.series_path, result.shots, result.tracks, result.statuses

What is held in memory doesn't grow with the length, apart from the series themselves: under 100 kB a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.opener import HERE, Opener
from curation.media.probe import ProbeResult
from curation.media.shots import FoundShot
from scoring.runner.ahead import ReadAhead, WantedAt
from scoring.runner.faces import FaceStage, faces_wanted
from scoring.runner.frames import Feeder, explain, wanted_by
from scoring.runner.series import Series, SeriesReader, write_series
from scoring.scorers.base import (
    Box,
    Build,
    FaceScorer,
    OpenSource,
    PictureScorer,
    Pixels,
    Scorer,
    SourceFacts,
    Status,
    sha256_of,
)
from scoring.scorers.shots import LookingAtShots, Shots

Progress = Callable[[float, float], None]
"""Called about twice a second with seconds of the source done, and seconds in all."""
PROGRESS_STEP_S = 0.5


@dataclass(frozen=True, slots=True)
class FoundTrack:
    """One person's face through one shot; ``box`` is its mean in the source's displayed pixels."""

    number: int
    shot: int
    start_s: float
    end_s: float
    box: tuple[float, float, float, float]
    detections: int


@dataclass(frozen=True, slots=True)
class LookResult:
    """What looking came to. ``frames`` decoded. ``seconds``: where the time went: by scorer; ``decode``, waiting for the
    next picture; ``convert``, conversions that were not made ahead; ``faces_waited``, waiting for faces to be found;
    ``total``. Beside these, in threads of their own and thus not parts of the total: ``ahead``, decoding and
    converting, and ``faces``, finding faces."""

    series_path: Path
    sha256: str
    facts: SourceFacts
    shots: tuple[FoundShot, ...]
    tracks: tuple[FoundTrack, ...]
    builds: dict[str, Build]
    statuses: dict[str, Status]
    frames: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def facts_from_probe(found: ProbeResult, sha256: str) -> SourceFacts:
    """Probe facts as scorers read them."""
    return SourceFacts(
        sha256=sha256,
        duration_s=found.duration_s,
        width_px=found.display_width,
        height_px=found.display_height,
        frame_rate_fps=found.fps,
        bit_rate_bps=found.picture_bitrate,
        has_picture=found.has_picture,
        has_sound=found.has_sound,
        start_s=0.0,
    )


def source_facts(path: Path, media: Opener = HERE) -> SourceFacts:
    """Probe and hash one file. Raises a ``MediaError`` if it is no usable media file."""
    return facts_from_probe(media.probe(path), sha256_of(path))


def look_source(
    path: str | Path,
    out_dir: str | Path,
    scorers: Sequence[Scorer] | None = None,
    *,
    facts: SourceFacts | None = None,
    heard: SeriesReader | None = None,
    progress: Progress | None = None,
    limits: DecodeLimits = DEFAULT_LIMITS,
    media: Opener = HERE,
) -> LookResult:
    """Decode ``path`` once and write ``<out_dir>/<sha256>.look.parquet``.

    ``scorers``: those to run (``None``: all of the registry that look); shots are always found. ``heard``: the
    series of an earlier listening, for scorers that set the picture against the sound. ``media``: where it is decoded. One that is unavailable
    or fails says so in ``statuses`` and leaves the others alone. Raises a ``MediaError`` when the file itself
    cannot be read to its end: then nothing is written.
    """
    path = Path(path)
    began = time.perf_counter()
    facts = facts if facts is not None else source_facts(path, media)
    # The pictures are read by a thread of their own; what scorers read meanwhile goes beside it.
    source = OpenSource(path, facts, heard, media=media.beside())
    chosen = _all_lookers() if scorers is None else tuple(scorers)
    # Faces are found by a second thread, while scorers look at the frames before.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="finding faces") as finder:
        one_pass = _Pass(source, chosen, finder)
        one_pass.run(progress, limits, media)
        series = one_pass.finish()
    series_path = write_series(
        Path(out_dir) / f"{facts.sha256}.look.parquet",
        stage="look",
        facts=facts,
        series=series,
        builds=one_pass.builds,
        statuses=one_pass.statuses,
    )
    seconds = one_pass.seconds()
    seconds["total"] = time.perf_counter() - began
    return LookResult(
        series_path=series_path,
        sha256=facts.sha256,
        facts=facts,
        shots=tuple(one_pass.shots.found),
        tracks=tracks_of(series),
        builds=one_pass.builds,
        statuses=one_pass.statuses,
        frames=one_pass.frames,
        seconds=seconds,
    )


class _Pass:
    """One decoding of one source: who looks, what they came to."""

    def __init__(self, source: OpenSource, scorers: Sequence[Scorer], finder: Executor) -> None:
        self.builds: dict[str, Build] = {}
        self.statuses: dict[str, Status] = {}
        self.frames = 0
        self._feeders: list[Feeder] = []
        self._faces: FaceStage | None = None
        self._finder = finder
        self._seconds = {"decode": 0.0, "convert": 0.0, "ahead": 0.0}
        shots = Shots()
        self.shots: LookingAtShots = shots.begin(source)
        self._source = replace(source, cuts_s=self.shots.cuts_s)
        self.builds[shots.name] = shots.build()
        self._feeders.append(Feeder(shots.name, shots.wants, self.shots))
        for scorer in scorers:
            if scorer.name != shots.name and isinstance(scorer, PictureScorer | FaceScorer):
                self._begin(scorer)

    def _begin(self, scorer: PictureScorer | FaceScorer) -> None:
        missing = scorer.available()
        if missing is not None:
            self.statuses[scorer.name] = Status("unavailable", missing.reason)
            return
        try:
            self.builds[scorer.name] = scorer.build()
            if isinstance(scorer, FaceScorer):
                self._face_stage().add_scorer(scorer, scorer.begin_faces(self._source))
            else:
                self._feeders.append(Feeder(scorer.name, scorer.wants, scorer.begin(self._source)))
        except Exception as error:
            self.statuses[scorer.name] = Status("failed", explain(error))

    def _face_stage(self) -> FaceStage:
        if self._faces is None:
            from scoring.adapters import mediapipe_models

            missing = mediapipe_models.available()
            if missing is not None:
                raise RuntimeError(missing.reason)
            self._faces = FaceStage(self._source.facts, _detect, self.shots.cuts_s, self._finder)
        return self._faces

    def run(self, progress: Progress | None, limits: DecodeLimits, media: Opener) -> None:
        total_s = self._source.facts.duration_s
        told = waited = time.perf_counter()
        with ReadAhead(lambda: media.pictures(self._source.path, limits=limits), self._wanted()) as ahead:
            for record, converter in ahead:
                now = time.perf_counter()
                self._seconds["decode"] += now - waited
                made_ahead = converter.seconds
                for feeder in self._feeders:
                    feeder.offer(record, converter)
                if self._faces is not None:
                    self._faces.add(record, converter)
                self._seconds["convert"] += converter.seconds - made_ahead
                if progress is not None and now - told >= PROGRESS_STEP_S:
                    told = now
                    progress(min(record.pts_s, total_s), total_s)
                waited = time.perf_counter()
            self._seconds["decode"] += time.perf_counter() - waited
        self.frames, self._seconds["ahead"] = ahead.frames, ahead.read_s
        if progress is not None:
            progress(total_s, total_s)

    def _wanted(self) -> list[WantedAt]:
        """What to convert ahead, in the order in which it will be asked for."""
        wanted = [wanted_by(feeder.wants) for feeder in self._feeders]
        return wanted if self._faces is None else [*wanted, faces_wanted()]

    def finish(self) -> list[Series]:
        """Every series, and the statuses with them; a scorer whose series clash by name is failed."""
        series: list[Series] = []
        for feeder in self._feeders:
            series += feeder.finish()
            self.statuses[feeder.name] = feeder.status
        if not self._feeders[0].works:
            raise RuntimeError(f"shots could not be found: {self._feeders[0].status.reason}")
        if self._faces is not None:
            series += self._faces.finish()
            for worker in self._faces.workers:
                self.statuses[worker.name] = worker.status
        return series

    def seconds(self) -> dict[str, float]:
        took = self._seconds | {feeder.name: feeder.seconds for feeder in self._feeders}
        if self._faces is not None:
            took["faces"] = self._faces.detect_seconds
            took["faces_waited"] = self._faces.waited_seconds
            took |= {worker.name: worker.seconds for worker in self._faces.workers}
        return took


def _detect(rgb: Pixels, depth: int) -> list[tuple[Box, float]]:
    from scoring.adapters.face_search import search

    return [(face.box, face.score) for face in search(rgb, depth)]


def _all_lookers() -> tuple[Scorer, ...]:
    from scoring.scorers.registry import scorers

    return tuple(one for one in scorers() if isinstance(one, PictureScorer | FaceScorer))


def tracks_of(series: Sequence[Series]) -> tuple[FoundTrack, ...]:
    """The tracks among freshly measured series."""
    found = next((one for one in series if one.name == "tracks"), None)
    if found is None:
        return ()
    return tuple(
        FoundTrack(
            number=int(found["track"][i]),
            shot=int(found["shot"][i]),
            start_s=float(found["time_s"][i]),
            end_s=float(found["end_s"][i]),
            box=tuple(float(side) for side in found["box"][i]),  # type: ignore[arg-type]
            detections=int(found["detections"][i]),
        )
        for i in range(len(found))
    )
