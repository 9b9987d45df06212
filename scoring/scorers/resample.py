"""Sound in pieces to 16 kHz mono, the rate that speech models listen at."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt

LISTEN_RATE = 16_000


class ToListenRate:
    """Takes float32 pieces (n, 1 or 2 channels) of one rate, gives mono float32 at 16 kHz, through 16 bits.

    Sixteen bits, because that is what the models were trained on and what other readers give them.
    """

    def __init__(self, rate: int, channels: int) -> None:
        if channels not in (1, 2):
            raise ValueError(f"sound comes as mono or stereo, not with {channels} channels")
        self._rate, self._layout = rate, "mono" if channels == 1 else "stereo"
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=LISTEN_RATE)

    def hear(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """What is ready after the next piece."""
        packed = np.ascontiguousarray(samples, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=self._layout)
        frame.sample_rate = self._rate
        return _joined(self._resampler.resample(frame))

    def finish(self) -> npt.NDArray[np.float32]:
        """What the resampler still held."""
        return _joined(self._resampler.resample(None))


def _joined(frames: list[av.AudioFrame]) -> npt.NDArray[np.float32]:
    pieces = [frame.to_ndarray().reshape(-1) for frame in frames]
    if not pieces:
        return np.zeros(0, np.float32)
    return np.concatenate(pieces).astype(np.float32) / 32768.0
