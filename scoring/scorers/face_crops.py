"""The crop of a face that LR-ASD looks at: its lower part, 112 × 112, grey."""

from __future__ import annotations

import cv2
import numpy as np

from scoring.scorers.base import Box, Pixels

SIDE = 112
_WHOLE = 224
_MARGIN = 0.40
_GREY = 110


def in_picture(box: Box, scale: tuple[float, float]) -> Box:
    """A box in the source's pixels, in those of a picture scaled by ``scale``."""
    return box[0] / scale[0], box[1] / scale[1], box[2] / scale[0], box[3] / scale[1]


def face_crop(grey: Pixels, box: Box) -> Pixels:
    """(112, 112) uint8 out of ``grey`` (h, w); ``box`` in its pixels, steady from frame to frame.

    The detector's boxes reach from forehead to chin (as high as the face mesh within 6 % on real footage), like those
    that LR-ASD learnt on. With s half the larger side of the box: from 1.4 s left to 1.4 s right and from s above to 1.8 s below the
    centre, grey 110 beyond the picture, scaled to 224 × 224, of which the middle is taken.
    """
    half = max(box[2] - box[0], box[3] - box[1]) / 2
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    reach = half * (1 + _MARGIN)
    left, right = round(x - reach), round(x + reach)
    top, bottom = round(y - half), round(y + half * (1 + 2 * _MARGIN))
    right, bottom = max(right, left + 2), max(bottom, top + 2)
    height, width = grey.shape
    inside = grey[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if inside.size == 0:
        return np.full((SIDE, SIDE), _GREY, np.uint8)
    over = (max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width))
    if any(over):
        inside = cv2.copyMakeBorder(inside, *over, cv2.BORDER_CONSTANT, value=_GREY)
    whole = cv2.resize(inside, (_WHOLE, _WHOLE), interpolation=cv2.INTER_LINEAR)
    edge = (_WHOLE - SIDE) // 2
    return whole[edge : edge + SIDE, edge : edge + SIDE]
