"""Whisper through openai-whisper: windows of up to 30 s decoded in batches, with word times. Never downloads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from scoring.adapters import devices, weights
from scoring.adapters.device import torch_device

RATE = 16_000
LONGEST = 30 * RATE
# openai-whisper's own defaults: when a result is decoded again, warmer, and when a window counts as silent
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_TOO_REPETITIVE, _TOO_UNSURE, _SILENT = 2.4, -1.0, 0.6


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """``model``: a size of the weights registry (``base``, ``small.en`` …) or the path of a checkpoint file.
    ``language``: a code such as ``en``; empty: detected once a source. ``batch``: windows decoded at once."""

    model: str = "base"
    language: str = ""
    device: str = ""
    batch: int = 8
    temperatures: tuple[float, ...] = TEMPERATURES

    @classmethod
    def from_environment(cls) -> WhisperSettings:
        """``WHISPER_MODEL``, ``WHISPER_LANGUAGE``, ``WHISPER_BATCH``; the device is that of ``RUSHES_DEVICE``.

        Raises ``ValueError`` for a batch that is no whole number above 0.
        """
        batch = os.environ.get("WHISPER_BATCH", "").strip() or "8"
        if not batch.isdecimal() or int(batch) < 1:
            raise ValueError(f"WHISPER_BATCH is {batch!r}; it must be a whole number above 0")
        return cls(
            model=os.environ.get("WHISPER_MODEL", "").strip() or "base",
            language=os.environ.get("WHISPER_LANGUAGE", "").strip(),
            batch=int(batch),
        )

    @property
    def is_file(self) -> bool:
        """Whether ``model`` is a path rather than a size."""
        return f"whisper-{self.model}" not in weights.WEIGHTS

    def missing(self) -> str:
        """Why the model cannot be used here, in words; empty where it can."""
        if not self.is_file:
            name = f"whisper-{self.model}"
            return "" if weights.is_present(name) else weights.missing_words(name)
        if Path(self.model).is_file():
            return ""
        sizes = ", ".join(n.removeprefix("whisper-") for n in weights.WEIGHTS if n.startswith("whisper-"))
        return f"WHISPER_MODEL is {self.model!r}, which is neither a file nor one of {sizes}"

    def checkpoint(self) -> Path:
        """The checkpoint file, its checksum held where it is known; raises ``WeightsError``."""
        if not self.is_file:
            return weights.checked_path(f"whisper-{self.model}")
        if self.missing():
            raise weights.WeightsMissing(self.missing())
        return Path(self.model)


@dataclass(frozen=True, slots=True)
class Word:
    """One word, its times in seconds from the window's start, Whisper's probability of it (0–1)."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """What Whisper made of one window; its fields are Whisper's own. ``tokens``: how many were decoded.

    ``words`` is empty where Whisper's own rule says that the window is silent.
    """

    text: str
    language: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    temperature: float
    tokens: int
    words: tuple[Word, ...]


class WhisperSpeech:
    """Loads its model once a process, with the first batch."""

    def __init__(self, settings: WhisperSettings | None = None) -> None:
        self.settings = settings or WhisperSettings.from_environment()
        asked = self.settings.device
        self.device = torch_device(asked) if asked else devices.torch_device()
        self._model: Any = None

    @property
    def sha256(self) -> str:
        return weights.known_sha256(self.settings.checkpoint())

    def detect_language(self, windows: Sequence[npt.NDArray[np.float32]]) -> str:
        """The language most likely over all of ``windows`` together; the set one, where one is set."""
        model = self._loaded()
        if not model.is_multilingual:
            return "en"
        if self.settings.language:
            return self.settings.language
        _, chances = model.detect_language(self._mel(windows))
        return max(chances[0], key=lambda code: sum(window[code] for window in chances))

    def hear(self, windows: Sequence[npt.NDArray[np.float32]], language: str) -> list[HeardWindow]:
        """One result a window, in order. ``windows``: mono 16 kHz float32, at most 30 s each.

        Raises ``ValueError`` for a longer window, ``WeightsError`` where the model is missing or wrong.
        """
        for window in windows:
            if window.ndim != 1 or not 0 < len(window) <= LONGEST:
                raise ValueError(f"Whisper hears mono windows of up to 30 s, not an array of {window.shape}")
        out: list[HeardWindow] = []
        for at in range(0, len(windows), self.settings.batch):
            out += self._batch(windows[at : at + self.settings.batch], language)
        return out

    def _batch(self, windows: Sequence[npt.NDArray[np.float32]], language: str) -> list[HeardWindow]:
        mel = self._mel(windows)
        results: list[Any] = [None] * len(windows)
        again = list(range(len(windows)))
        # warmer tries are drawn at random: from a fixed seed, so that a rerun gives the same words
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(0)
            for temperature in self.settings.temperatures:
                for n, result in zip(again, self._decode(mel[again], language, temperature), strict=True):
                    results[n] = result
                again = [n for n in again if _needs_another_try(results[n])]
                if not again:
                    break
        if not all(np.isfinite(result.avg_logprob) for result in results):
            raise ValueError(f"the checkpoint {self.settings.model} gives no finite numbers: it is damaged")
        return [
            HeardWindow(
                text=result.text,
                language=result.language,
                avg_logprob=float(result.avg_logprob),
                no_speech_prob=float(result.no_speech_prob),
                compression_ratio=float(result.compression_ratio),
                temperature=float(result.temperature),
                tokens=len(result.tokens),
                words=self._words(result, one, len(window)),
            )
            for result, one, window in zip(results, mel, windows, strict=True)
        ]

    def _decode(self, mel: torch.Tensor, language: str, temperature: float) -> list[Any]:
        import whisper

        options = whisper.DecodingOptions(
            language=language,
            temperature=temperature,
            without_timestamps=True,
            fp16=self.device.type == "cuda",
        )
        return whisper.decode(self._loaded(), mel, options)

    def _words(self, result: Any, mel: torch.Tensor, samples: int) -> tuple[Word, ...]:
        from whisper.timing import find_alignment, merge_punctuations
        from whisper.tokenizer import get_tokenizer

        if result.no_speech_prob > _SILENT and result.avg_logprob < _TOO_UNSURE:
            return ()
        model = self._loaded()
        tokenizer = get_tokenizer(
            model.is_multilingual,
            num_languages=model.num_languages,
            language=result.language,
            task="transcribe",
        )
        tokens = [token for token in result.tokens if token < tokenizer.eot]
        alignment = find_alignment(model, tokenizer, tokens, mel, max(2, samples // 160))
        merge_punctuations(alignment, "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、")
        end_s = samples / RATE
        return tuple(
            Word(
                one.word.strip(),
                min(max(0.0, float(one.start)), end_s),
                min(max(0.0, float(one.end)), end_s),
                float(one.probability),
            )
            for one in alignment
            if one.word.strip()
        )

    def _mel(self, windows: Sequence[npt.NDArray[np.float32]]) -> torch.Tensor:
        import whisper

        model = self._loaded()
        made = [
            whisper.log_mel_spectrogram(whisper.pad_or_trim(window), n_mels=model.dims.n_mels)
            for window in windows
        ]
        mel = torch.stack(made).to(self.device)
        return mel.half() if self.device.type == "cuda" else mel

    def _loaded(self) -> Any:
        if self._model is None:
            import whisper

            # by path, so that whisper's own downloader is never reached
            model = whisper.load_model(str(self.settings.checkpoint()), device=self.device)
            heads = whisper._ALIGNMENT_HEADS.get(self.settings.model)
            if heads is not None and not self.settings.is_file:
                model.set_alignment_heads(heads)
            self._model = model.eval()
        return self._model


def _needs_another_try(result: Any) -> bool:
    if result.no_speech_prob > _SILENT and result.avg_logprob < _TOO_UNSURE:
        return False  # silent: a warmer try would only invent words
    return result.compression_ratio > _TOO_REPETITIVE or result.avg_logprob < _TOO_UNSURE
