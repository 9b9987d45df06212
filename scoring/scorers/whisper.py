"""Words by Whisper, and its own three measures of confidence.

Series written: ``asr_windows`` (time_s, end_s, text, language, avg_logprob, no_speech_prob, compression_ratio,
tokens, temperature) and ``words`` (time_s, end_s, word, probability). Times are presentation times.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from curation.media.sound import SoundBlock
from scoring.adapters.whisper_speech import HeardWindow, WhisperSettings, WhisperSpeech
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import Build, Measured, NotRun, OpenSource, Outcome, SourceFacts, Span, Unavailable
from scoring.scorers.resample import LISTEN_RATE, ToListenRate
from scoring.scorers.sound_cuts import QuietCuts
from scoring.scorers.speech import NATIVE

METRICS = ("asr_avg_logprob", "asr_no_speech_prob", "asr_compression_ratio")


class Whisper:
    name = "whisper"
    version = "1"
    wants_sound = NATIVE

    def __init__(self, settings: WhisperSettings | None = None) -> None:
        self._settings = settings
        self._adapter: WhisperSpeech | None = None

    @property
    def settings(self) -> WhisperSettings:
        return self._settings or WhisperSettings.from_environment()

    def available(self) -> Unavailable | None:
        try:
            missing = self.settings.missing()
        except ValueError as error:
            return Unavailable(str(error))
        return Unavailable(missing) if missing else None

    def build(self) -> Build:
        model, language = self.settings.model.rsplit("/", 1)[-1], self.settings.language or "detected"
        version = f"{self.version}+{model}+{language}"
        return Build(self.name, version, self._speech().sha256, self._speech().device.type)

    def begin_sound(self, source: OpenSource) -> ListeningForWords:
        return ListeningForWords(self._speech())

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        heard = series.get("asr_windows")
        if heard is None:
            return NotRun("Whisper has not heard this source yet")
        windows = heard.overlapping(span.start_s, span.end_s)
        if not len(windows):
            return Measured(dict.fromkeys(METRICS), {METRICS[0]: "the sound does not reach this clip"})
        shared = np.minimum(windows["end_s"], span.end_s) - np.maximum(windows.times_s, span.start_s)
        spoken = windows["tokens"] > 0
        share = shared / (windows["end_s"] - windows.times_s)
        notes = {} if spoken.any() else {"asr_avg_logprob": "Whisper heard no words"}
        return Measured(
            {
                "asr_avg_logprob": _mean(windows["avg_logprob"][spoken], (windows["tokens"] * share)[spoken]),
                "asr_no_speech_prob": _mean(windows["no_speech_prob"], shared),
                "asr_compression_ratio": float(windows["compression_ratio"][spoken].max())
                if spoken.any()
                else None,
            },
            notes,
        )

    def _speech(self) -> WhisperSpeech:
        if self._adapter is None:
            self._adapter = WhisperSpeech(self.settings)
        return self._adapter


class ListeningForWords:
    """One source's sound in order; holds a batch of windows (8 × 30 s: 15 MB) and what was heard."""

    def __init__(self, speech: WhisperSpeech) -> None:
        self._speech = speech
        self._cuts = QuietCuts()
        self._resampler: ToListenRate | None = None
        self._start_s = 0.0
        self._language = ""
        self._waiting: list[tuple[int, npt.NDArray[np.float32]]] = []
        self._heard: list[tuple[float, float, HeardWindow]] = []

    def hear(self, block: SoundBlock) -> None:
        if self._resampler is None:
            self._start_s = block.start_s
            self._resampler = ToListenRate(block.rate, block.samples.shape[1])
        self._waiting += self._cuts.hear(self._resampler.hear(block.samples))
        if len(self._waiting) >= self._speech.settings.batch:
            self._flush()

    def finish(self) -> Sequence[Series]:
        if self._resampler is not None:
            self._waiting += self._cuts.hear(self._resampler.finish())
            self._waiting += self._cuts.finish()
            self._flush()
        meta = {"by": "whisper", "model": self._speech.settings.model, "language": self._language}
        rows = self._heard
        words = [(start, word) for start, _, window in rows for word in window.words]
        return [
            Series(
                "asr_windows",
                {
                    "time_s": np.array([start for start, _, _ in rows], np.float64),
                    "end_s": np.array([end for _, end, _ in rows], np.float64),
                    "text": np.array([w.text for _, _, w in rows], object),
                    "language": np.array([w.language for _, _, w in rows], object),
                    "avg_logprob": np.array([w.avg_logprob for _, _, w in rows], np.float32),
                    "no_speech_prob": np.array([w.no_speech_prob for _, _, w in rows], np.float32),
                    "compression_ratio": np.array([w.compression_ratio for _, _, w in rows], np.float32),
                    "tokens": np.array([w.tokens for _, _, w in rows], np.int32),
                    "temperature": np.array([w.temperature for _, _, w in rows], np.float32),
                },
                meta,
            ),
            Series(
                "words",
                {
                    "time_s": np.array([start + word.start_s for start, word in words], np.float64),
                    "end_s": np.array([start + word.end_s for start, word in words], np.float64),
                    "word": np.array([word.text for _, word in words], object),
                    "probability": np.array([word.probability for _, word in words], np.float32),
                },
                meta,
            ),
        ]

    def _flush(self) -> None:
        if not self._waiting:
            return
        windows = [window for _, window in self._waiting]
        if not self._language:
            self._language = self._speech.detect_language(windows)
        for (first, window), heard in zip(
            self._waiting, self._speech.hear(windows, self._language), strict=True
        ):
            start = self._start_s + first / LISTEN_RATE
            self._heard.append((start, start + len(window) / LISTEN_RATE, heard))
        self._waiting = []


def _mean(values: npt.NDArray[np.floating], by: npt.NDArray[np.floating]) -> float | None:
    """Weighted mean of the finite values; ``None`` where there are none."""
    known = np.isfinite(values) & (by > 0)
    return float(np.average(values[known].astype(np.float64), weights=by[known])) if known.any() else None
