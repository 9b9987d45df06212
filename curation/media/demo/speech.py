"""Speech without a download: espeak-ng out of its wheel, called through ctypes."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass

import espeakng_loader
import numpy as np

SPEECH_RATE = 22_050
_SYNCHRONOUS = 2  # hand the samples back, play nothing
_CHARS_UTF8 = 1
_RATE_PARAMETER, _PITCH_PARAMETER = 1, 3
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

# The library keeps its state in globals: one voice at a time, whoever asks.
_lock = threading.Lock()
_library: ctypes.CDLL | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """An espeak-ng voice with a variant ("en-us+f3"), words a minute (80–450) and pitch (0–99)."""

    name: str
    words_a_minute: int = 155
    pitch: int = 50


class SpeechUnavailable(RuntimeError):
    """espeak-ng could not be started, or does not know the voice."""


def speak(text: str, voice: Voice) -> np.ndarray:
    """`text` spoken: float32 mono (n,) in [−1, 1] at 22,050 Hz. Raises SpeechUnavailable."""
    with _lock:
        library = _start()
        if library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise SpeechUnavailable(f"espeak-ng has no voice {voice.name!r}")
        library.espeak_SetParameter(_RATE_PARAMETER, voice.words_a_minute, 0)
        library.espeak_SetParameter(_PITCH_PARAMETER, voice.pitch, 0)
        pieces: list[np.ndarray] = []

        def take(samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
            if samples and count > 0:
                pieces.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
            return 0

        callback = _CALLBACK(take)
        library.espeak_SetSynthCallback(callback)
        data = text.encode() + b"\0"
        if library.espeak_Synth(data, len(data), 0, 0, 0, _CHARS_UTF8, None, None) != 0:
            raise SpeechUnavailable("espeak-ng refused the text")
        library.espeak_Synchronize()
    if not pieces:
        raise SpeechUnavailable("espeak-ng stayed silent")
    return np.concatenate(pieces).astype(np.float32) / 32768.0


def _start() -> ctypes.CDLL:
    global _library
    if _library is None:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        library.espeak_Synth.argtypes = [
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
            ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        if rate != SPEECH_RATE:
            raise SpeechUnavailable(f"espeak-ng did not start (answered {rate})")
        _library = library
    return _library


@dataclass(frozen=True, slots=True)
class Line:
    """What one person says: `who` indexes the people of the take; `pause_s` is silence before it."""

    who: int
    text: str
    voice: Voice
    pause_s: float = 0.25


@dataclass(frozen=True, slots=True)
class Spoken:
    """A take's sound. `wave`: float32 (n,) at 22,050 Hz; `solo`: the same for each person alone; `starts_s`,
    `ends_s`: of each line."""

    wave: np.ndarray
    solo: list[np.ndarray]
    starts_s: list[float]
    ends_s: list[float]

    @property
    def seconds(self) -> float:
        return len(self.wave) / SPEECH_RATE


def perform(lines: list[Line], *, people: int, tail_s: float = 0.5, seed: int = 1) -> Spoken:
    """All lines after one another over a faint room tone, so that silence is a room's and not a machine's."""
    spoken = [_trim(speak(line.text, line.voice)) for line in lines]
    starts, ends, now = [], [], 0.0
    for line, samples in zip(lines, spoken, strict=True):
        starts.append(now + line.pause_s)
        now = starts[-1] + len(samples) / SPEECH_RATE
        ends.append(now)
    total = round((now + tail_s) * SPEECH_RATE)
    solo = [np.zeros(total, np.float32) for _ in range(people)]
    for line, samples, start in zip(lines, spoken, starts, strict=True):
        first = round(start * SPEECH_RATE)
        solo[line.who][first : first + len(samples)] += 0.7 * samples
    room = np.random.default_rng(seed).normal(0.0, 0.0012, total).astype(np.float32)
    wave = np.clip(sum(solo, room), -1.0, 1.0)
    return Spoken(wave=wave, solo=solo, starts_s=starts, ends_s=ends)


def _trim(samples: np.ndarray) -> np.ndarray:
    """Without the silence that espeak-ng puts around each sentence."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples


def openness(samples: np.ndarray, *, fps: int, frames: int) -> np.ndarray:
    """How far a mouth is open at each frame, 0 to 1: loudness around the frame, slightly smoothed."""
    half = SPEECH_RATE // fps
    padded = np.pad(samples.astype(np.float64) ** 2, (half, 2 * half + SPEECH_RATE))
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    starts = np.minimum((np.arange(frames) * SPEECH_RATE / fps).astype(int) + half // 2, len(sums) - half - 1)
    loudness = np.sqrt((sums[starts + half] - sums[starts]) / half)
    voiced = loudness[loudness > 0.01]
    if len(voiced) == 0:
        return np.zeros(frames)
    wide = np.clip(loudness / np.percentile(voiced, 85), 0.0, 1.15) ** 0.8
    return np.convolve(np.pad(wide, 1, mode="edge"), [0.2, 0.6, 0.2], mode="valid")
