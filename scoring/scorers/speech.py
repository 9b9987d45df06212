"""Speech: voice activity (silero), loudness, clipping, speech against background, music. Needs no weights.

Series written: ``voice`` (spans of voice activity), ``levels`` (25 Hz: level in hundredths of a dB of full
scale, voice probability × 255), ``loudness`` (10 Hz: K-weighted power, samples, clipped samples, whole step or
not), ``tonal`` (1 Hz: share of power in steady peaks). Times are presentation times.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from curation.media.sound import SoundBlock
from scoring.adapters.silero import WINDOW, SileroVad, VoiceStream
from scoring.adapters.weights import known_sha256
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import (
    Build,
    Measured,
    NotRun,
    OpenSource,
    Outcome,
    SoundWants,
    SourceFacts,
    Span,
    Unavailable,
)
from scoring.scorers.loudness import STEP_S, integrated_loudness
from scoring.scorers.resample import LISTEN_RATE, ToListenRate
from scoring.scorers.sound_levels import LevelSteps, level_db, ratio_db
from scoring.scorers.tonality import tonal_share
from scoring.scorers.voice_activity import Spans, active_at, seconds_inside, voice_spans

NATIVE = SoundWants(rate_hz=None, channels=None, block_s=30.0)
FRAME = LISTEN_RATE // 25
TONAL_SECOND = 0.3
"""A second is music-like if steady peaks carry at least this share of its power."""
_OUTSIDE_S = 0.1
_LEAST_S = 0.2
_METRICS = ("speech_share", "loudness_lufs", "clipping_share", "snr_db", "music_share")


class Speech:
    name = "speech"
    version = "1"
    wants_sound = NATIVE

    def __init__(self) -> None:
        self._vad = SileroVad()

    def available(self) -> Unavailable | None:
        return None

    def build(self) -> Build:
        return Build(
            self.name, f"{self.version}+silero{self._vad.version}", known_sha256(self._vad.model_path)
        )

    def begin_sound(self, source: OpenSource) -> ListeningForSpeech:
        return ListeningForSpeech(self._vad.stream())

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        voice, levels, steps, tonal = (series.get(name) for name in ("voice", "levels", "loudness", "tonal"))
        if voice is None or levels is None or steps is None or tonal is None:
            return NotRun("this source was not listened to yet")
        heard = steps.between(span.start_s, span.end_s)
        if not len(heard):
            return Measured(
                dict.fromkeys(_METRICS), dict.fromkeys(_METRICS, "the sound does not reach this clip")
            )
        spans = spans_of(voice)
        notes: dict[str, str] = {}
        values: dict[str, float | None] = {
            "speech_share": min(1.0, seconds_inside(spans, span.start_s, span.end_s) / span.duration_s),
            "loudness_lufs": integrated_loudness(heard["power"][heard["whole"]]),
            "clipping_share": float(heard["clipped"].sum() / heard["samples"].sum()),
            "snr_db": _speech_to_background(levels.between(span.start_s, span.end_s), spans, notes),
            "music_share": _music_share(tonal, spans, span, notes),
        }
        if values["loudness_lufs"] is None:
            notes["loudness_lufs"] = "silent, or shorter than 0.4 s"
        return Measured(values, notes)


class ListeningForSpeech:
    """One source's sound in order; holds under a second of it at a time."""

    def __init__(self, stream: VoiceStream) -> None:
        self._stream = stream
        self._resampler: ToListenRate | None = None
        self._steps: LevelSteps | None = None
        self._start_s = 0.0
        self._heard = 0
        self._chances: list[npt.NDArray[np.float32]] = []
        self._levels: list[npt.NDArray[np.float64]] = []
        self._tonal: list[float] = []
        self._frame_rest = np.zeros(0, np.float32)
        self._second_rest = np.zeros(0, np.float32)

    def hear(self, block: SoundBlock) -> None:
        if self._resampler is None or self._steps is None:
            channels = block.samples.shape[1]
            self._start_s = block.start_s
            self._resampler = ToListenRate(block.rate, channels)
            self._steps = LevelSteps(block.rate, channels)
        self._steps.hear(block.samples)
        self._listen(self._resampler.hear(block.samples))

    def finish(self) -> Sequence[Series]:
        if self._resampler is None or self._steps is None:
            return []
        self._listen(self._resampler.finish())
        self._steps.finish()
        self._chances.append(self._stream.finish())
        chances = np.concatenate(self._chances)
        step_s = WINDOW / LISTEN_RATE
        spans = voice_spans(chances, step_s, end_s=self._heard / LISTEN_RATE)
        levels = np.concatenate([*self._levels, np.zeros(0)])
        times = np.arange(len(levels)) / 25
        at = np.interp(times + 0.02, (np.arange(len(chances)) + 0.5) * step_s, chances)
        return [
            Series("voice", span_columns([(a + self._start_s, b + self._start_s) for a, b in spans])),
            Series(
                "levels",
                {
                    "time_s": times + self._start_s,
                    "level": np.round(levels * 100).astype(np.int16),
                    "voice": np.round(at * 255).astype(np.uint8),
                },
                {"level": "hundredths of a dB of full scale", "voice": "probability × 255"},
            ),
            Series(
                "loudness",
                {
                    "time_s": np.arange(len(self._steps.power)) * STEP_S + self._start_s,
                    "power": np.array(self._steps.power, np.float32),
                    "samples": np.array(self._steps.samples, np.int32),
                    "clipped": np.array(self._steps.clipped, np.int32),
                    "whole": self._steps.is_whole(),
                },
            ),
            Series(
                "tonal",
                {
                    "time_s": np.arange(len(self._tonal)) + self._start_s,
                    "share": np.array(self._tonal, np.float32),
                },
            ),
        ]

    def _listen(self, sound: npt.NDArray[np.float32]) -> None:
        self._heard += len(sound)
        self._chances.append(self._stream.hear(sound))
        framed = np.concatenate([self._frame_rest, sound])
        self._levels.append(level_db(framed, FRAME))
        self._frame_rest = framed[len(framed) // FRAME * FRAME :]
        seconds = np.concatenate([self._second_rest, sound])
        whole = len(seconds) // LISTEN_RATE
        for second in seconds[: whole * LISTEN_RATE].reshape(whole, LISTEN_RATE):
            self._tonal.append(tonal_share(second))
        self._second_rest = seconds[whole * LISTEN_RATE :]


def span_columns(spans: Spans) -> dict[str, npt.NDArray[np.float64]]:
    """Spans as the columns ``time_s`` and ``end_s``."""
    pairs = np.array(spans, np.float64).reshape(-1, 2)
    return {"time_s": pairs[:, 0], "end_s": pairs[:, 1]}


def spans_of(series: Series) -> Spans:
    """The spans of a series of spans."""
    return list(zip(series.times_s.tolist(), series["end_s"].tolist(), strict=True))


def _speech_to_background(levels: Series, spans: Spans, notes: dict[str, str]) -> float | None:
    spoken = active_at(spans, levels.times_s + 0.02)
    if min(spoken.sum(), (~spoken).sum()) * 0.04 < _LEAST_S:
        notes["snr_db"] = f"needs {_LEAST_S} s of voice and of background"
        return None
    db = levels["level"] / 100.0
    return ratio_db(db[spoken], db[~spoken])


def _music_share(tonal: Series, spans: Spans, span: Span, notes: dict[str, str]) -> float | None:
    whole = tonal.where((tonal.times_s >= span.start_s - 0.5) & (tonal.times_s + 1 <= span.end_s + 0.5))
    free = [seconds_inside(spans, at, at + 1) <= _OUTSIDE_S for at in whole.times_s.tolist()]
    if not any(free):
        notes["music_share"] = "no second without speech to hear music in"
        return None
    return float((whole["share"][np.array(free)] >= TONAL_SECOND).mean())
