"""A source's sound by time while its picture is being looked at: read along once, with a bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curation.media.opener import HERE, Opener
from curation.media.sound import SoundBlock

RATE = 16_000
BLOCK_S = 5.0


class SoundWindow:
    """Mono 16 kHz sound on the scale of 16-bit numbers. Ask in roughly ascending order of time.

    Keeps ``keep_s`` seconds behind the furthest moment asked for. Sound that the file does not have is silence.
    """

    def __init__(self, path: Path, keep_s: float = 40.0, *, media: Opener = HERE) -> None:
        self._blocks: Iterator[SoundBlock] = media.sound(path, rate=RATE, channels=1, block_s=BLOCK_S)
        self._keep = round(keep_s * RATE)
        self._held = np.zeros(0, np.float32)
        self._first: int | None = None
        self._forgotten = False
        self._ended = False

    def samples(self, start: int, end: int) -> npt.NDArray[np.float32]:
        """Samples [start, end), numbered from presentation time 0; raises ``LookupError`` for forgotten ones."""
        while not self._ended and (self._first is None or self._first + len(self._held) < end):
            self._read()
        out = np.zeros(max(0, end - start), np.float32)
        if self._first is None:
            return out
        if self._forgotten and start < self._first:
            raise LookupError(f"the sound before {self._first / RATE:.1f} s is no longer held")
        low, high = max(start, self._first), min(end, self._first + len(self._held))
        if low < high:
            out[low - start : high - start] = self._held[low - self._first : high - self._first]
        spare = len(self._held) - self._keep - round(BLOCK_S * RATE)
        if spare > 0:
            drop = min(spare, max(0, end - self._first - self._keep))
            if drop > 0:
                self._held = self._held[drop:].copy()
                self._first += drop
                self._forgotten = True
        return out

    def _read(self) -> None:
        block = next(self._blocks, None)
        if block is None:
            self._ended = True
            return
        if self._first is None:
            self._first = round(block.start_s * RATE)
        # 16 bits, as the models heard in training
        heard = np.clip(np.round(block.samples[:, 0] * 32768.0), -32768, 32767).astype(np.float32)
        self._held = np.concatenate([self._held, heard])
