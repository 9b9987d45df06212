"""Sound in windows of at most 30 s that end where it is quietest, so that no word is cut in two."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

RATE = 16_000
LONGEST_S = 30
SEARCH_S = 10
_STEP = RATE // 20
_QUIET_STEPS = 6


class QuietCuts:
    """Takes mono 16 kHz pieces; gives (first sample, window) pairs that lie end to end. Holds under 30 s + a piece."""

    def __init__(self) -> None:
        self._held = np.zeros(0, np.float32)
        self._first = 0

    def hear(self, samples: npt.NDArray[np.float32]) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        """The windows that are now complete."""
        self._held = np.concatenate([self._held, samples])
        while len(self._held) > LONGEST_S * RATE:
            yield self._cut(self._quietest())

    def finish(self) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        """What is left, as one window."""
        if len(self._held):
            yield self._cut(len(self._held))

    def _cut(self, size: int) -> tuple[int, npt.NDArray[np.float32]]:
        window = self._first, self._held[:size].copy()
        self._held = self._held[size:].copy()
        self._first += size
        return window

    def _quietest(self) -> int:
        """The middle of the quietest 0.3 s within the last ten seconds of the longest window; of equals the last."""
        low = (LONGEST_S - SEARCH_S) * RATE
        part = self._held[low : LONGEST_S * RATE].astype(np.float64)
        power = (part.reshape(-1, _STEP) ** 2).mean(axis=1)
        around = np.convolve(power, np.ones(_QUIET_STEPS), "valid")
        at = len(around) - 1 - int(np.argmin(around[::-1]))
        return low + (at + _QUIET_STEPS // 2) * _STEP
