"""How much a mouth moves, from one lower-face crop to the next, apart from the motion of the head."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from scoring.scorers.base import Pixels
from scoring.scorers.face_crops import SIDE

# Rows and columns of the 112 × 112 crop: eyes and nose move with the head alone, the mouth lies below.
_NOSE = (slice(0, 44), slice(16, 96))
_MOUTH = (slice(50, 102), slice(24, 88))
_WINDOW = cv2.createHanningWindow((80, 44), cv2.CV_32F)
_FARTHEST = 12.0
_LEAST_CONTRAST = 4.0
# what is left of the head's motion after its shift (turning, tilting) moves the mouth's pixels too
_HEAD_SHARE = 0.5


def mouth_motion(before: Pixels, after: Pixels) -> float:
    """Mean |difference| of the mouth's region over its contrast, the head's shift taken away; 0 = still.

    ``before``, ``after`` (112, 112) uint8 lower-face crops of neighbouring frames.
    """
    first, second = (cv2.GaussianBlur(one, (5, 5), 0).astype(np.float32) for one in (before, after))
    (dx, dy), _ = cv2.phaseCorrelate(first[_NOSE], second[_NOSE], _WINDOW)
    head = _change(first, second, _NOSE)
    if max(abs(dx), abs(dy)) <= _FARTHEST:
        matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        moved = cv2.warpAffine(first, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        after_shift = _change(moved, second, _NOSE)
        if after_shift < head:  # an estimate that doesn't explain the head's motion is none
            first, head = moved, after_shift
    return max(0.0, _change(first, second, _MOUTH) - _HEAD_SHARE * head)


def _change(
    first: npt.NDArray[np.float32], second: npt.NDArray[np.float32], where: tuple[slice, slice]
) -> float:
    """Mean |difference| in a region over the region's contrast."""
    return float(np.abs(first[where] - second[where]).mean()) / max(
        float(second[where].std()), _LEAST_CONTRAST
    )


def smoothed(values: npt.ArrayLike, frames: int) -> npt.NDArray[np.float64]:
    """Running mean (n,) over ``frames``, fewer at the ends."""
    array = np.asarray(values, np.float64)
    if not len(array):
        return array
    # A kernel longer than the array would make "same" mean the kernel's length.
    kernel = np.ones(min(frames, 2 * len(array) - 1))
    half = (len(kernel) - 1) // 2
    sums = np.convolve(array, kernel, "full")[half : half + len(array)]
    return sums / np.convolve(np.ones(len(array)), kernel, "full")[half : half + len(array)]
