"""Who speaks, by LR-ASD: a speaking score for each tracked face, 25 times a second.

The authors' inference: windows of 1, 1, 1, 2, 2, 2, 3, 3, 4, 5 and 6 seconds laid end to end over a track, their
scores averaged. Series written: ``lr_asd`` (time_s, track, score in thousandths), rows by track, then time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scoring.adapters import weights
from scoring.adapters.lr_asd import NAME, LrAsd
from scoring.adapters.mfcc import mfcc
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import (
    Build,
    LookingAtFaces,
    Measured,
    NotRun,
    OpenSource,
    Outcome,
    Pixels,
    SourceFacts,
    Span,
    TrackedFrame,
    Unavailable,
)
from scoring.scorers.face_crops import face_crop, in_picture
from scoring.scorers.sound_window import SoundWindow

RATE_HZ = 25
SLACK_S = 1e-4
SAMPLES = 640
WINDOWS_S = {1: 3, 2: 3, 3: 2, 4: 1, 5: 1, 6: 1}
"""Window length in seconds → how often the authors' list names it, which is its weight in the mean."""
BRIDGE = 12
"""Frames of the grid that a track may miss (slow or dropped frames) before its windows begin anew."""
FLUSH = 150
BATCH = 8


class LrAsdScorer:
    name = NAME
    version = "1"

    def __init__(self) -> None:
        self._model: LrAsd | None = None

    def available(self) -> Unavailable | None:
        return None if weights.is_present(NAME) else Unavailable(weights.missing_words(NAME))

    def build(self) -> Build:
        model = self._adapter()
        return Build(self.name, self.version, model.sha256, model.device.type)

    def begin_faces(self, source: OpenSource) -> LookingAtFaces:
        if not source.facts.has_sound:
            return NothingToHear()
        return LookingAtSpeakers(self._adapter(), SoundWindow(source.path, media=source.media))

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        if not facts.has_sound:
            return Unavailable("the source has no sound")
        scores = series.get(NAME)
        if scores is None:
            return NotRun("this source was not looked at for speakers yet")
        if span.track is None:
            return Measured({}, {"lr_asd_score": "a clip of the whole frame: speaking belongs to one track"})
        mine = scores.of_track(span.track)
        if not len(mine):
            return Measured(
                {"lr_asd_score": None, "lr_asd_talk_share": None},
                {"lr_asd_score": "this track has no scored frame"},
            )
        from scoring.scorers.speaking import tracks_speaking  # which reads this module's series

        values = mine["score"] / 1000.0
        _, labels = tracks_speaking(series).frames[span.track]
        inside = (mine.times_s >= span.start_s - 5e-7) & (mine.times_s < span.end_s - 5e-7)
        if not inside.any():
            return Measured({"lr_asd_score": None, "lr_asd_talk_share": None})
        return Measured(
            {"lr_asd_score": float(values[inside].mean()), "lr_asd_talk_share": float(labels[inside].mean())}
        )

    def _adapter(self) -> LrAsd:
        if self._model is None:
            self._model = LrAsd()
        return self._model


class NothingToHear:
    """Stands in where a source has no sound: nobody can be heard speaking."""

    def look(self, frames: Sequence[TrackedFrame]) -> None:
        return None

    def finish(self) -> Sequence[Series]:
        return []


@dataclass(slots=True)
class _Run:
    """One track's unbroken run on the 25 Hz grid; ``first``: the slot it began at, ``kept``: of ``faces[0]``."""

    track: int
    first: int
    kept: int
    faces: list[Pixels] = field(default_factory=list)
    done: dict[int, int] = field(default_factory=dict)
    sums: list[float] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.kept + len(self.faces)


class LookingAtSpeakers:
    """Holds at most 12 s of crops a track; a track that left is closed as soon as it is missed."""

    def __init__(self, model: LrAsd, sound: SoundWindow) -> None:
        self._model = model
        self._sound = sound
        self._runs: dict[int, _Run] = {}
        self._rows: list[tuple[int, int, list[float]]] = []

    def look(self, frames: Sequence[TrackedFrame]) -> None:
        for frame in frames:
            slot = math.floor((frame.time_s + SLACK_S) * RATE_HZ)
            for face in frame.faces:
                self._add(face.track, slot, face_crop(frame.grey, in_picture(face.steady_box, frame.scale)))
            for track in [t for t, run in self._runs.items() if slot - run.end > BRIDGE]:
                self._close(self._runs.pop(track))

    def finish(self) -> Sequence[Series]:
        for run in self._runs.values():
            self._close(run)
        self._runs = {}
        rows = sorted(self._rows)
        slots = [np.arange(first, first + len(scores)) for _, first, scores in rows]
        return [
            Series(
                NAME,
                {
                    "time_s": np.concatenate([*slots, np.zeros(0)]) / RATE_HZ,
                    "track": np.repeat(
                        np.array([track for track, _, _ in rows], np.int32), [len(s) for _, _, s in rows]
                    ),
                    "score": thousandths([value for _, _, scores in rows for value in scores]),
                },
                {"rate_hz": RATE_HZ, "score": "thousandths of a logit; above 0 = speaking"},
            )
        ]

    def _add(self, track: int, slot: int, crop: Pixels) -> None:
        run = self._runs.get(track)
        if run is not None and slot - run.end > BRIDGE:
            self._close(run)
            run = None
        if run is None:
            run = self._runs[track] = _Run(track, slot, slot, done=dict.fromkeys(WINDOWS_S, slot))
        if slot < run.end:
            return  # two frames of the source fell on one slot of the grid
        # a slower picture: the frame before stands until the next, as a player shows it
        run.faces.extend([run.faces[-1]] * (slot - run.end) if run.faces else [])
        run.faces.append(crop)
        if run.end - min(run.done.values()) >= 2 * FLUSH:
            self._score(run, final=False)

    def _close(self, run: _Run) -> None:
        self._score(run, final=True)
        weight = sum(WINDOWS_S.values())
        self._rows.append((run.track, run.first, [total / weight for total in run.sums]))

    def _score(self, run: _Run, *, final: bool) -> None:
        run.sums.extend([0.0] * (run.end - run.first - len(run.sums)))
        for seconds, weight in WINDOWS_S.items():
            size = seconds * RATE_HZ
            starts = list(range(run.done[seconds], run.end - size + 1, size))
            for at in range(0, len(starts), BATCH):
                self._windows(run, starts[at : at + BATCH], size, weight)
            reached = starts[-1] + size if starts else run.done[seconds]
            if final and reached < run.end:
                self._windows(run, [reached], run.end - reached, weight)
                reached = run.end
            run.done[seconds] = reached
        drop = min(run.done.values()) - run.kept
        del run.faces[:drop]
        run.kept += drop

    def _windows(self, run: _Run, starts: list[int], size: int, weight: int) -> None:
        faces = np.stack([np.stack(run.faces[at - run.kept : at - run.kept + size]) for at in starts])
        sound = np.stack([self._coefficients(run, at, size) for at in starts])
        for at, scores in zip(starts, self._model.score(faces, sound), strict=True):
            for n, score in enumerate(scores.tolist(), start=at - run.first):
                run.sums[n] += weight * score

    def _coefficients(self, run: _Run, slot: int, size: int) -> npt.NDArray[np.float32]:
        """MFCC (4·size, 13) as the track's whole sound would give them."""
        begin, end = slot * SAMPLES, (slot + size) * SAMPLES
        heard = self._sound.samples(begin - 1, end + 240)
        before = None if slot == run.first else float(heard[0])
        return mfcc(heard[1:], before)[: 4 * size]


def thousandths(values: Sequence[float]) -> npt.NDArray[np.int16]:
    """Values as whole thousandths, held within ±32."""
    return np.clip(np.round(np.asarray(values, np.float64) * 1000), -32000, 32000).astype(np.int16)
