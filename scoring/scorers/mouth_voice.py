"""Mouth against voice: whether a visible mouth moves when a voice is heard. Needs no weights.

Series written: ``mouth`` (time_s, track, motion in thousandths), rows by track, then time. The sound comes from the
series ``levels`` and ``voice`` of listening. A weaker instrument than LR-ASD: it cannot tell chewing from speaking,
nor which of two moving mouths is heard.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

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
from scoring.scorers.lr_asd import RATE_HZ, SLACK_S, thousandths
from scoring.scorers.mouth_motion import mouth_motion, smoothed
from scoring.scorers.speaking import tracks_speaking
from scoring.scorers.speech import spans_of
from scoring.scorers.sync import LEAST, REACH, sync_curve
from scoring.scorers.voice_activity import active_at

MOVES = 0.07
"""Motion, smoothed, from which a mouth counts as moving."""
SMOOTH = 9
_TRACK_METRICS = ("mouth_voice_score", "mouth_voice_talk_share", "sync_offset_frames", "sync_confidence")


class MouthVoice:
    name = "mouth_voice"
    version = "2"

    def available(self) -> Unavailable | None:
        return None

    def build(self) -> Build:
        return Build(self.name, self.version)

    def begin_faces(self, source: OpenSource) -> LookingAtFaces:
        return LookingAtMouths()

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        if not facts.has_sound:
            return Unavailable("the source has no sound")
        mouth, levels, voice = (series.get(name) for name in ("mouth", "levels", "voice"))
        if mouth is None:
            return NotRun("this source's mouths were not looked at yet")
        if levels is None or voice is None:
            return NotRun("this source was not listened to yet")
        values: dict[str, float | None] = {}
        notes: dict[str, str] = {}
        values["offscreen_voice_share"] = _offscreen_share(series, voice, span, notes)
        if span.track is None:
            notes["mouth_voice_score"] = "a clip of the whole frame: speaking belongs to one track"
            return Measured(values, notes)
        mine = mouth.of_track(span.track).between(span.start_s, span.end_s)
        values |= dict.fromkeys(_TRACK_METRICS)
        if len(mine) < LEAST:
            notes["mouth_voice_score"] = f"seen for fewer than {LEAST} frames"
            return Measured(values, notes)
        motion = mine["motion"] / 1000.0
        values["mouth_voice_talk_share"] = float(moving_with_voice(mine.times_s, motion, levels).mean())
        sync = sync_curve(mine.times_s, motion, levels)
        if sync is None:
            notes["mouth_voice_score"] = "too short, or mouth or sound does not change: nothing to compare"
            return Measured(values, notes)
        values["mouth_voice_score"] = sync.in_place
        values["sync_confidence"] = sync.confidence
        unsure = sync.unsure()
        if unsure:
            notes["sync_offset_frames"] = unsure
        else:
            values["sync_offset_frames"] = float(sync.peak - REACH)
        return Measured(values, notes)


class LookingAtMouths:
    """Holds the last crop of each track."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, Pixels]] = {}
        self._rows: dict[int, list[tuple[int, float]]] = {}

    def look(self, frames: Sequence[TrackedFrame]) -> None:
        for frame in frames:
            slot = math.floor((frame.time_s + SLACK_S) * RATE_HZ)
            self._last = {track: last for track, last in self._last.items() if slot - last[0] <= RATE_HZ}
            for face in frame.faces:
                crop = face_crop(frame.grey, in_picture(face.steady_box, frame.scale))
                before = self._last.get(face.track)
                self._last[face.track] = (slot, crop)
                if before is not None and slot - before[0] in (1, 2):
                    # across two slots (a slower picture) twice the motion is natural
                    motion = mouth_motion(before[1], crop) / (slot - before[0])
                    self._rows.setdefault(face.track, []).append((slot, motion))

    def finish(self) -> Sequence[Series]:
        tracks = sorted(self._rows)
        rows = [row for track in tracks for row in self._rows[track]]
        return [
            Series(
                "mouth",
                {
                    "time_s": np.array([slot for slot, _ in rows], np.float64) / RATE_HZ,
                    "track": np.repeat(np.array(tracks, np.int32), [len(self._rows[t]) for t in tracks]),
                    "motion": thousandths([motion for _, motion in rows]),
                },
                {"rate_hz": RATE_HZ, "motion": "thousandths of the mouth's contrast a frame"},
            )
        ]


def moving_with_voice(
    times_s: npt.NDArray[np.float64], motion: npt.NDArray[np.float64], levels: Series
) -> npt.NDArray[np.bool_]:
    """Frames (n,) in which the mouth moves while a voice is active."""
    voice = np.interp(times_s, levels.times_s, smoothed(levels["voice"] / 255.0, SMOOTH), left=0, right=0)
    return (smoothed(motion, SMOOTH) > MOVES) & (voice > 0.5)


def _offscreen_share(series: SeriesReader, voice: Series, span: Span, notes: dict[str, str]) -> float | None:
    """Share of the voice inside the span during which no track speaks, by the best instrument there is."""
    moments = np.arange(span.start_s, span.end_s, 1 / RATE_HZ) + 0.5 / RATE_HZ
    heard = active_at(spans_of(voice), moments)
    if not heard.any():
        notes["offscreen_voice_share"] = "no voice is heard"
        return None
    reading = tracks_speaking(series)
    seen = np.zeros(len(moments), bool)
    for talk in reading.talk.values():
        seen |= active_at(talk, moments)
    return float((heard & ~seen).sum() / heard.sum())
