"""Loudness by ITU-R BS.1770-4: K-weighting, blocks of 400 ms each 100 ms, the absolute and the relative gate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

STEP_S = 0.1
_STEPS_PER_BLOCK = 4
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_OFFSET = -0.691

Floats = npt.NDArray[np.float64]


class KWeighting:
    """The two filters of BS.1770 at any rate, with memory, so that sound may come in pieces.

    The recommendation gives coefficients for 48 kHz alone; the analogue prototypes behind them (a high shelf of
    +4 dB at 1682 Hz, a high pass at 38 Hz) are transformed to the rate at hand, and equal them at 48 kHz.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._sections = np.vstack([_high_shelf(rate), _high_pass(rate)])
        self._memory = np.zeros((2, channels, 2))

    def __call__(self, samples: npt.NDArray[np.floating]) -> Floats:
        """Weighted samples (n, channels) of the next piece (n, channels)."""
        # Through the package: scipy.signal takes half a second to load, which only a process that listens shall pay.
        out, self._memory = scipy.signal.sosfilt(
            self._sections, samples.astype(np.float64).T, axis=1, zi=self._memory
        )
        return out.T


def integrated_loudness(step_power: npt.NDArray[np.floating]) -> float | None:
    """Integrated loudness in LUFS from the K-weighted power of successive steps of 100 ms.

    ``step_power`` (n,): mean square of the weighted samples, summed over channels (mono and stereo weigh 1 each).
    ``None`` where there is less than one block of 400 ms, or nothing louder than the absolute gate of −70 LUFS.
    """
    power = np.asarray(step_power, np.float64)
    if len(power) < _STEPS_PER_BLOCK:
        return None
    blocks = np.convolve(power, np.full(_STEPS_PER_BLOCK, 1 / _STEPS_PER_BLOCK), "valid")
    blocks = blocks[blocks > _power(_ABSOLUTE_GATE)]
    if not len(blocks):
        return None
    blocks = blocks[blocks > blocks.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return float(_OFFSET + 10 * np.log10(blocks.mean()))


def _power(lufs: float) -> float:
    return 10 ** ((lufs - _OFFSET) / 10)


def _high_shelf(rate: int) -> Floats:
    gain, quality = 3.999843853973347, 0.7071752369554196
    k = np.tan(np.pi * 1681.974450955533 / rate)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / quality + k * k
    return np.array(
        [
            (high + band * k / quality + k * k) / a0,
            2 * (k * k - high) / a0,
            (high - band * k / quality + k * k) / a0,
            1.0,
            2 * (k * k - 1) / a0,
            (1 - k / quality + k * k) / a0,
        ]
    )


def _high_pass(rate: int) -> Floats:
    quality = 0.5003270373238773
    k = np.tan(np.pi * 38.13547087602444 / rate)
    a0 = 1 + k / quality + k * k
    return np.array([1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0])
