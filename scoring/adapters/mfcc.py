"""Mel-frequency cepstral coefficients as python_speech_features defines them, which LR-ASD was trained on.

Sums, in order: pre-emphasis 0.97; rectangular windows of 25 ms each 10 ms; power spectrum of 512 points / 512;
26 triangular mel filters over 0 to 8 kHz; logarithm; orthonormal DCT-II, the first 13; sine lifter 22; the
first coefficient replaced by the logarithm of the window's energy.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

RATE = 16_000
WINDOW = 400
STEP = 160
POINTS = 512
FILTERS = 26
COEFFICIENTS = 13
LIFTER = 22
PRE_EMPHASIS = 0.97

Floats = npt.NDArray[np.float64]


def mfcc(samples: npt.ArrayLike, before: float | None = None) -> npt.NDArray[np.float32]:
    """Coefficients (n, 13) float32 of mono 16 kHz ``samples`` on the scale of 16-bit numbers.

    As many windows as cover the samples, the last one filled up with zeros: 1 + ⌈(len − 400) / 160⌉, at least
    one. ``before``: the sample before the first, so that a piece of a longer sound gets the numbers that the
    whole would give. Raises ``ValueError`` for sound that is empty or not mono.
    """
    signal = np.asarray(samples, np.float64)
    if signal.ndim != 1 or signal.size == 0:
        raise ValueError(f"MFCC need mono samples (n,), n ≥ 1, not an array of shape {signal.shape}")
    emphasised = signal.copy()
    emphasised[1:] -= PRE_EMPHASIS * signal[:-1]
    if before is not None:
        emphasised[0] -= PRE_EMPHASIS * before
    count = 1 + max(0, -(-(signal.size - WINDOW) // STEP))
    padded = np.zeros((count - 1) * STEP + WINDOW)
    padded[: min(signal.size, padded.size)] = emphasised[: padded.size]
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP]
    power = np.abs(np.fft.rfft(windows, POINTS)) ** 2 / POINTS
    energy = _above_zero(power.sum(axis=1))
    mel = _above_zero(power @ _filters().T)
    coefficients = np.log(mel) @ _dct().T * _lifter()
    coefficients[:, 0] = np.log(energy)
    return coefficients.astype(np.float32)


def _above_zero(values: Floats) -> Floats:
    return np.where(values == 0, np.finfo(np.float64).eps, values)


@lru_cache(maxsize=1)
def _filters() -> Floats:
    """The triangular filters (26, 257), corners on whole bins."""
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, FILTERS + 2) / 2595) - 1)
    bins = np.floor((POINTS + 1) * corners / RATE).astype(int)
    bank = np.zeros((FILTERS, POINTS // 2 + 1))
    for row, (low, peak, high) in enumerate(zip(bins, bins[1:], bins[2:], strict=False)):
        bank[row, low:peak] = (np.arange(low, peak) - low) / max(peak - low, 1)
        bank[row, peak:high] = (high - np.arange(peak, high)) / max(high - peak, 1)
    return bank


@lru_cache(maxsize=1)
def _dct() -> Floats:
    """The first 13 rows of the orthonormal DCT-II over 26 numbers."""
    n, k = np.arange(FILTERS), np.arange(COEFFICIENTS)[:, None]
    rows = np.cos(np.pi * k * (2 * n + 1) / (2 * FILTERS)) * np.sqrt(2 / FILTERS)
    rows[0] /= np.sqrt(2)
    return rows


@lru_cache(maxsize=1)
def _lifter() -> Floats:
    return 1 + LIFTER / 2 * np.sin(np.pi * np.arange(COEFFICIENTS) / LIFTER)
