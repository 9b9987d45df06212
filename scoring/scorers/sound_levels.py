"""Levels of sound in pieces: K-weighted power and clipped samples each 100 ms, plain level each 40 ms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring.scorers.loudness import STEP_S, KWeighting

FULL_SCALE = 0.999
_FLAT = 1.5 / 32768
_RUN = 3
# the power of rounding to 16 bits: nothing that was decoded can be measured as quieter than that
FLOOR_DB = float(10 * np.log10((1 / 32768) ** 2 / 12))


def clipped(samples: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Which samples (n, channels) are clipped: beyond full scale, or in a flat run of three or more at it.

    A tone that just touches full scale is curved there, so it is not flat; lossy coding lifts clipped peaks
    beyond full scale, which counts too.
    """
    loud = np.abs(samples) >= FULL_SCALE
    flat = loud[1:] & loud[:-1] & (np.abs(np.diff(samples, axis=0)) <= _FLAT)
    pairs = flat[1:] & flat[:-1]
    out = np.abs(samples) > 1.0
    for shift in range(_RUN):
        out[shift : len(samples) - (_RUN - 1) + shift] |= pairs
    return out


class LevelSteps:
    """K-weighted power, sample count and clipped count of each 100 ms. ``time_s`` counts from the first sample."""

    def __init__(self, rate: int, channels: int) -> None:
        self._rate, self._channels = rate, channels
        self._weigh = KWeighting(rate, channels)
        self._weighted = np.zeros((0, channels))
        self._flags = np.zeros((0, channels), bool)
        self._tail = np.zeros((0, channels))
        self._step = 0
        self._begun = 0
        self.power: list[float] = []
        self.samples: list[int] = []
        self.clipped: list[int] = []

    def hear(self, samples: npt.NDArray[np.floating]) -> None:
        """The next piece (n, channels)."""
        # a flat run may straddle two pieces: the last two samples are looked at again with the next piece
        joined = np.concatenate([self._tail, samples])
        flags = clipped(joined)
        known = len(self._tail)
        if known:
            self._flags[len(self._flags) - known :] |= flags[:known]
        self._flags = np.concatenate([self._flags, flags[known:]])
        self._weighted = np.concatenate([self._weighted, self._weigh(samples)])
        self._tail = joined[-(_RUN - 1) :]
        # steps are closed two samples late, when no straddling run can change them any more
        while (edge := self._edge(self._step + 1)) - self._begun <= len(self._weighted) - (_RUN - 1):
            self._close(edge - self._begun)

    def finish(self) -> None:
        """Close what is left, a last step shorter than the others included."""
        while (edge := self._edge(self._step + 1)) - self._begun <= len(self._weighted):
            self._close(edge - self._begun)
        if len(self._weighted):
            self._close(len(self._weighted))

    def is_whole(self) -> npt.NDArray[np.bool_]:
        """Which steps are of full length; a shorter last one has no place in loudness."""
        return np.array(self.samples, np.int64) >= int(self._rate * STEP_S) * self._channels

    def _edge(self, step: int) -> int:
        return round(step * self._rate * STEP_S)

    def _close(self, count: int) -> None:
        self.power.append(float((self._weighted[:count] ** 2).mean(axis=0).sum()))
        self.samples.append(count * self._channels)
        self.clipped.append(int(self._flags[:count].sum()))
        self._weighted, self._flags = self._weighted[count:], self._flags[count:]
        self._begun += count
        self._step += 1


def level_db(samples: npt.NDArray[np.floating], frame: int) -> npt.NDArray[np.float64]:
    """Power in dB of full scale of each whole ``frame`` samples of mono sound, not below 16-bit rounding."""
    whole = len(samples) // frame * frame
    power = (samples[:whole].astype(np.float64).reshape(-1, frame) ** 2).mean(axis=1)
    return np.maximum(10 * np.log10(np.maximum(power, 1e-20)), FLOOR_DB)


def ratio_db(inside: npt.NDArray[np.floating], outside: npt.NDArray[np.floating]) -> float | None:
    """Mean power of levels ``inside`` over that of levels ``outside``, in dB; ``None`` where either is empty."""
    if not len(inside) or not len(outside):
        return None

    def power(levels: npt.NDArray[np.floating]) -> float:
        return float((10 ** (levels / 10)).mean())

    return float(10 * np.log10(power(inside) / power(outside)))
