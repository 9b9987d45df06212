"""Sounds made on the spot: tones, noise, and speech spoken by espeak-ng, with where it is spoken."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from curation.media.sound import SoundBlock
from scoring.scorers.base import OpenSource, SourceFacts


def tone(hz, seconds, rate=48_000, *, dbfs=0.0, channels=1):
    wave_ = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave_[:, None], channels, axis=1).astype(np.float32)


def noise(seconds, rate=48_000, *, dbfs=-30.0, seed=0):
    spread = 10 ** (dbfs / 20)
    return np.random.default_rng(seed).normal(0, spread, (round(seconds * rate), 1)).astype(np.float32)


def write_wav(path: Path, samples, rate=48_000) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(samples.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def facts(duration_s, **more) -> SourceFacts:
    return SourceFacts(sha256="0" * 64, duration_s=duration_s, has_sound=True, **more)


def heard(scorer, samples, rate=48_000, *, start_s=0.0, piece=10_007):
    """The series that a sound scorer makes of ``samples`` given in pieces."""
    session = scorer.begin_sound(OpenSource(Path("made-up.wav"), facts(len(samples) / rate)))
    for at in range(0, len(samples), piece):
        session.hear(SoundBlock(samples[at : at + piece], rate, start_s + at / rate))
    return list(session.finish())
