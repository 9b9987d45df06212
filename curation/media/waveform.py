"""The outline of the sound, for drawing under a player."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.sound import SoundBlock, iter_sound

LISTEN_RATE = 16_000


@dataclass(frozen=True, slots=True)
class Waveform:
    """Peaks of [start_s, end_s) in equal buckets of `bucket_s` seconds: the lowest and highest sample of each, −1 to 1,
    None for a bucket in which the file has no sound at all."""

    start_s: float
    end_s: float
    bucket_s: float
    low: list[float | None]
    high: list[float | None]

    def as_dict(self) -> dict[str, object]:
        """For JSON: whole numbers −100 to 100 keep it small."""

        def whole(values: list[float | None]) -> list[int | None]:
            return [None if value is None else round(100 * value) for value in values]

        return {
            "start_s": self.start_s,
            "end_s": self.end_s,
            "bucket_s": self.bucket_s,
            "low": whole(self.low),
            "high": whole(self.high),
        }


def make_waveform(
    source: str | Path,
    *,
    start_s: float,
    end_s: float,
    buckets: int = 400,
    limits: DecodeLimits = DEFAULT_LIMITS,
) -> Waveform:
    """The outline of the span, in mono. Raises as `iter_sound` (NoSound where there is none to draw)."""
    blocks = iter_sound(source, rate=LISTEN_RATE, channels=1, start_s=start_s, end_s=end_s, limits=limits)
    return outline(blocks, start_s=start_s, end_s=end_s, buckets=buckets)


def outline(blocks: Iterable[SoundBlock], *, start_s: float, end_s: float, buckets: int) -> Waveform:
    """The outline of blocks that come in order; what lies outside the span is left out."""
    bucket_s = (end_s - start_s) / buckets
    low, high = np.full(buckets, np.inf), np.full(buckets, -np.inf)
    for block in blocks:
        times = block.start_s + np.arange(len(block.samples)) / block.rate
        place = np.floor((times - start_s) / bucket_s + 1e-9).astype(int)
        kept = (place >= 0) & (place < buckets)
        mono = block.samples.mean(axis=1)[kept]
        np.minimum.at(low, place[kept], mono)
        np.maximum.at(high, place[kept], mono)
    heard = np.isfinite(low)
    return Waveform(
        start_s=start_s,
        end_s=end_s,
        bucket_s=bucket_s,
        low=[float(value) if there else None for value, there in zip(low, heard, strict=True)],
        high=[float(value) if there else None for value, there in zip(high, heard, strict=True)],
    )
