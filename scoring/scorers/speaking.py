"""Who speaks when: speaking scores of tracks and voice activity brought together into turns.

Reads series alone: ``voice`` and ``levels`` of listening, ``lr_asd`` (where its weights were there) or ``mouth`` of
looking, ``tracks``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.runner.series import Series, SeriesReader, once
from scoring.scorers.speaking_labels import MERGE_FRAMES, segments, talk_labels
from scoring.scorers.voice_activity import Spans, seconds_inside

FRAME_S = 0.04
JOIN_S = 0.5
SHORTEST_S = 0.4
LATE_S = 0.2
"""Lips part before the voice and close after it; a voice this close to a speaking mouth is its own."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """Talk spans by track, by what measured them (``lr_asd``, ``mouth_voice``, or ``""`` where nothing did).

    ``frames``: per track the times (n,) and plain talk labels (n,) of its frames.
    """

    measured_by: str
    talk: Mapping[int, Spans]
    frames: Mapping[int, tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """A span in which one voice is heard. ``track`` ``None``: nobody in the picture speaks (off-screen voice).

    ``talk_share``: share of the track's frames inside the turn that are labelled talk, ``None`` off screen.
    """

    start_s: float
    end_s: float
    track: int | None
    talk_share: float | None
    measured_by: str


def tracks_speaking(series: SeriesReader) -> Speaking:
    """Who of the visible people speaks when; LR-ASD where it was measured, else mouth against voice.

    Labels by MIT's rule, merged with a 25-frame minimum, over the whole track, so that no clip's edges matter.
    """
    return once(series, "tracks_speaking", lambda: _read(series))


def _read(series: SeriesReader) -> Speaking:
    scored, mouth, levels = (series.get(name) for name in ("lr_asd", "mouth", "levels"))
    if scored is not None:
        parts = {track: (one.times_s, one["score"] / 1000.0) for track, one in _by_track(scored).items()}
        return _speaking("lr_asd", parts)
    if mouth is not None and levels is not None:
        # imported here: mouth_voice reads this module for its off-screen share
        from scoring.scorers.mouth_voice import moving_with_voice

        parts = {
            track: (
                one.times_s,
                np.where(moving_with_voice(one.times_s, one["motion"] / 1000.0, levels), 1.0, -1.0),
            )
            for track, one in _by_track(mouth).items()
        }
        return _speaking("mouth_voice", parts)
    return Speaking("", {}, {})


def spoken_turns(series: SeriesReader) -> list[SpokenTurn]:
    """The turns of a source, by start; empty where no voice was heard or the sound was not listened to.

    A track's turn is where it talks and a voice is heard; pauses of up to 0.5 s in which no other track talks
    belong to it; shorter than 0.4 s is none. Voice with no talking mouth within 0.2 s is an off-screen turn.
    Where nothing measured speaking, every voice counts as off-screen with ``measured_by`` ``""``.
    """
    voice = series.get("voice")
    if voice is None:
        return []
    return build_turns(
        list(zip(voice.times_s.tolist(), voice["end_s"].tolist(), strict=True)), tracks_speaking(series)
    )


def build_turns(voice: Spans, speaking: Speaking) -> list[SpokenTurn]:
    """See :func:`spoken_turns`; over plain spans."""
    turns: list[SpokenTurn] = []
    claimed: Spans = []
    own = {track: _intersect(talk, voice) for track, talk in speaking.talk.items()}
    for track, parts in own.items():
        others = [part for other, spans in own.items() if other != track for part in spans]
        for start, end in _join(parts, others):
            if end - start >= SHORTEST_S:
                share = _talk_share(speaking.frames[track], start, end)
                turns.append(SpokenTurn(start, end, track, share, speaking.measured_by))
        claimed += [(a - LATE_S, b + LATE_S) for a, b in speaking.talk[track]]
    for start, end in _join(_subtract(voice, claimed), _flat(own)):
        if end - start >= SHORTEST_S:
            turns.append(SpokenTurn(start, end, None, None, speaking.measured_by))
    return sorted(turns, key=lambda t: (t.start_s, t.end_s, -1 if t.track is None else t.track))


def _speaking(
    measured_by: str, parts: Mapping[int, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]
) -> Speaking:
    talk: dict[int, Spans] = {}
    frames = {}
    for track, (times, scores) in parts.items():
        merged = talk_labels(times, scores, merge_frames=MERGE_FRAMES)
        talk[track] = [
            (float(times[a]), float(times[b - 1]) + FRAME_S) for a, b, label in segments(merged) if label
        ]
        frames[track] = (times, talk_labels(times, scores))
    return Speaking(measured_by, talk, frames)


def _by_track(series: Series) -> dict[int, Series]:
    return {int(track): series.of_track(track) for track in np.unique(series["track"])}


def _talk_share(
    frames: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]], start_s: float, end_s: float
) -> float | None:
    times, labels = frames
    inside = (times >= start_s - 5e-7) & (times < end_s - 5e-7)
    return float(labels[inside].mean()) if inside.any() else None


def _join(parts: Spans, others: Spans) -> Spans:
    joined: Spans = []
    for start, end in sorted(parts):
        if joined and start - joined[-1][1] <= JOIN_S and not _touched(others, joined[-1][1], start):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _touched(others: Sequence[tuple[float, float]], start: float, end: float) -> bool:
    return seconds_inside(list(others), start, end) > 0


def _flat(by_track: Mapping[int, Spans]) -> Spans:
    return [part for parts in by_track.values() for part in parts]


def _intersect(a: Spans, b: Spans) -> Spans:
    return [(max(s, t), min(e, f)) for s, e in a for t, f in b if max(s, t) < min(e, f)]


def _subtract(a: Spans, b: Spans) -> Spans:
    out = []
    for start, end in a:
        at = start
        for low, high in sorted(b):
            if high <= at or low >= end:
                continue
            if low > at:
                out.append((at, low))
            at = max(at, high)
        if at < end:
            out.append((at, end))
    return out
