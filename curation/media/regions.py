"""The part of the picture that a clip means: the same for the player, the scorer and the export."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curation.media.errors import BadSpan

LEAST_SIDE = 2


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in shares (0–1) of the upright picture: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.width, self.height)
        if not all(math.isfinite(value) for value in values):
            raise BadSpan(f"the region {values} holds something that is no number")
        inside = (
            self.x >= 0
            and self.y >= 0
            and self.x + self.width <= 1 + 1e-9
            and self.y + self.height <= 1 + 1e-9
        )
        if not inside or self.width <= 0 or self.height <= 0:
            raise BadSpan(f"the region {values} does not lie inside the picture; give shares between 0 and 1")

    @classmethod
    def parse(cls, values: Sequence[float] | None) -> Region | None:
        """From [x, y, width, height] as a clip keeps it; None stays None (the whole frame). Raises BadSpan."""
        if values is None:
            return None
        if len(values) != 4:
            raise BadSpan(f"a region has four numbers, x, y, width and height, not {len(values)}")
        x, y, width, height = (float(value) for value in values)
        return cls(x, y, width, height)

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """(left, top, width, height) in whole pixels of a picture of that size: the nearest edges, at least two
        pixels each way where the picture has them."""
        left, right = _edges(self.x, self.x + self.width, width)
        top, bottom = _edges(self.y, self.y + self.height, height)
        return left, top, right - left, bottom - top


def _edges(first: float, last: float, size: int) -> tuple[int, int]:
    low = min(round(first * size), max(0, size - LEAST_SIDE))
    return low, min(size, max(round(last * size), low + min(LEAST_SIDE, size)))


def crop(image: np.ndarray, region: Region | None) -> np.ndarray:
    """The region of an upright (H, W, …) array, as a view; the whole of it for None."""
    if region is None:
        return image
    left, top, width, height = region.pixels(image.shape[1], image.shape[0])
    return image[top : top + height, left : left + width]
