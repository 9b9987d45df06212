"""Faces of all sizes: the detector over the whole picture, then over tiles for what is too small for it.

The detector looks at 192 × 192 pixels, whatever it is given: a face of a twentieth of a wide picture's height is
lost in it. In tiles the same face is several times larger. A tile may only add faces that are small in it, lie
whole inside it, and are not part of a face found at a coarser level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scoring.adapters.mediapipe_models import FoundFace, find_faces
from scoring.scorers.base import Box, Pixels

SQUARE_FROM_ASPECT = 1.25
FINE_SHARE = 0.6
"""Side of a fine tile, in shorter sides of the picture."""
LEAST_FINE_PX = 192
LARGEST_IN_SQUARE, LARGEST_IN_FINE = 0.5, 0.3
"""Largest face that a tile may add, in sides of the tile."""
LEAST_FINE_SCORE = 0.7
SAME_FACE = 0.3
"""Intersection over the smaller box from which two boxes are one face."""
EDGE = 0.02


def search(rgb: Pixels, depth: int) -> list[FoundFace]:
    """Faces in ``rgb`` (h, w, 3), coarsest level first. ``depth`` 0: the whole picture; 1: squares too; 2: fine tiles too."""
    height, width = rgb.shape[:2]
    found = unique(find_faces(rgb))
    if depth >= 1 and max(width, height) >= SQUARE_FROM_ASPECT * min(width, height):
        tiles = tiles_of(width, height, min(width, height), LARGEST_IN_SQUARE)
        found = unique([*found, *_in_tiles(rgb, tiles, LARGEST_IN_SQUARE, 0.0)])
    side = round(FINE_SHARE * min(width, height))
    if depth >= 2 and side >= LEAST_FINE_PX:
        tiles = tiles_of(width, height, side, LARGEST_IN_FINE)
        found = unique([*found, *_in_tiles(rgb, tiles, LARGEST_IN_FINE, LEAST_FINE_SCORE)])
    return found


def tiles_of(width: int, height: int, side: int, largest: float) -> list[tuple[int, int, int]]:
    """(left, top, side) of squares that cover the picture, overlapping by half of the largest face they may add."""
    step = max(1.0, side * (1 - largest / 2))

    def starts(length: int) -> list[int]:
        count = math.ceil(max(0, length - side) / step) + 1
        return [int(one) for one in np.linspace(0, max(0, length - side), count).round()]

    return [(left, top, side) for top in starts(height) for left in starts(width)]


def unique(faces: Sequence[FoundFace]) -> list[FoundFace]:
    """Without those that are one face with an earlier one."""
    kept: list[FoundFace] = []
    for face in faces:
        if all(shared(face.box, other.box) < SAME_FACE for other in kept):
            kept.append(face)
    return kept


def shared(a: Box, b: Box) -> float:
    """Intersection over the smaller of two boxes."""
    inter = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return inter / max(1e-9, smaller)


def _in_tiles(
    rgb: Pixels, tiles: Sequence[tuple[int, int, int]], largest: float, least_score: float
) -> list[FoundFace]:
    height, width = rgb.shape[:2]
    found = []
    for left, top, side in tiles:
        tile = np.ascontiguousarray(rgb[top : top + side, left : left + side])
        for face in find_faces(tile):
            x0, y0, x1, y1 = face.box
            edge = EDGE * side
            # At the picture's own edge a face may well be cut off; at a tile's it is seen whole by the next tile.
            whole = (
                (x0 > edge or left == 0)
                and (y0 > edge or top == 0)
                and (x1 < side - edge or left + side >= width)
                and (y1 < side - edge or top + side >= height)
            )
            if whole and max(x1 - x0, y1 - y0) <= largest * side and face.score >= least_score:
                found.append(FoundFace((x0 + left, y0 + top, x1 + left, y1 + top), face.score))
    return sorted(found, key=lambda face: -face.score)
