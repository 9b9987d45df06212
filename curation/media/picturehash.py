"""Perceptual hashes: 63 bits that stay nearly the same when a picture is scaled, recoded or made brighter.

The DCT hash: the picture in grey at 32 × 32, its DCT-II, the 8 × 8 lowest frequencies without the mean; a bit is set
where a coefficient lies above their median. Source: C. Zauner, "Implementation and benchmarking of perceptual image
hash functions", thesis, Hagenberg (2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.thumbnail import moments

FORMULA = "dct63-1"
MOMENTS = 5
_SIDE, _LOW = 32, 8
# Below this spread of grey (of 255) the coefficients are noise, and any two such pictures would look alike or not by chance.
_LEAST_SPREAD = 4.0


@dataclass(frozen=True, slots=True)
class PictureHashes:
    """One hash a moment that shows something, in order; `times` in presentation seconds; `flat`: moments without detail."""

    hashes: list[int]
    times: list[float]
    flat: int


def picture_hash(image: np.ndarray) -> int | None:
    """The hash of an RGB picture, 0 ≤ hash < 2⁶³; None where it shows no detail to go by."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    if float(small.std()) < _LEAST_SPREAD:
        return None
    low = cv2.dct(small)[:_LOW, :_LOW].ravel()[1:]
    return int("".join("1" if bit else "0" for bit in low > np.median(low)), 2)


def picture_hashes(
    source: str | Path,
    *,
    start_s: float,
    end_s: float,
    count: int = MOMENTS,
    limits: DecodeLimits = DEFAULT_LIMITS,
) -> PictureHashes:
    """Hashes of the middle of `count` equal stretches of [start_s, end_s). Raises as PictureReader."""
    pictures, times = moments(source, start_s, end_s, count, limits)
    hashed = [(picture_hash(picture), time) for picture, time in zip(pictures, times, strict=True)]
    told = [(found, time) for found, time in hashed if found is not None]
    return PictureHashes([found for found, _ in told], [time for _, time in told], len(hashed) - len(told))
