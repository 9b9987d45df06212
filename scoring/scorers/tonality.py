"""How tonal a second of sound is: steady narrow peaks, which music has and noise and breath have not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 16_000
_POINTS = 2048
_HOP = 1024
_LOW_HZ, _HIGH_HZ = 150.0, 5000.0
_NEIGHBOURS = 16
_ABOVE_DB = 10.0
_STEADY = 0.6
_QUIET_DB = -60.0


def tonal_share(second: npt.NDArray[np.floating]) -> float:
    """Share (0–1) of the power between 150 and 5000 Hz that lies in steady peaks; ``second``: mono, 16 kHz.

    A bin is a peak in a frame of 128 ms if it is 10 dB above the median of the 16 bins on either side, and steady
    if it is one in 60 % of the frames. Sound below −60 dB of full scale has none: 0.
    """
    sound = np.asarray(second, np.float64)
    if len(sound) < 2 * _POINTS or 10 * np.log10((sound**2).mean() + 1e-20) < _QUIET_DB:
        return 0.0
    frames = np.lib.stride_tricks.sliding_window_view(sound, _POINTS)[::_HOP] * np.hanning(_POINTS)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2 + 1e-20
    low, high = (round(hz * _POINTS / RATE) for hz in (_LOW_HZ, _HIGH_HZ))
    around = np.lib.stride_tricks.sliding_window_view(power, 2 * _NEIGHBOURS + 1, axis=1)
    floor = np.median(around[:, low - _NEIGHBOURS : high - _NEIGHBOURS], axis=2)
    band = power[:, low:high]
    peaks = band > floor * 10 ** (_ABOVE_DB / 10)
    steady = peaks.mean(axis=0) >= _STEADY
    return float(band[:, steady].sum() / band.sum())
