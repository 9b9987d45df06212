"""A region means the same pixels to everyone, and always lies inside the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.media.errors import BadSpan
from curation.media.regions import Region, crop

share = st.floats(0, 1, allow_nan=False)


@given(share, share, share, share, st.integers(2, 4000), st.integers(2, 4000))
def test_pixels_are_inside_and_never_none(
    x: float, y: float, far_x: float, far_y: float, wide: int, high: int
) -> None:
    try:
        region = Region(min(x, far_x), min(y, far_y), abs(far_x - x), abs(far_y - y))
    except BadSpan:
        return
    left, top, width, height = region.pixels(wide, high)
    assert 0 <= left <= left + width <= wide and width >= 2
    assert 0 <= top <= top + height <= high and height >= 2


def test_crop_takes_the_named_part() -> None:
    image = np.arange(100 * 200).reshape(100, 200)
    assert crop(image, None) is image
    assert np.array_equal(crop(image, Region(0.5, 0.25, 0.5, 0.5)), image[25:75, 100:200])
    assert crop(image, Region.parse([0, 0, 1, 1])).shape == image.shape


@pytest.mark.parametrize(
    "values",
    [
        [0, 0, 0, 1],
        [-0.1, 0, 1, 1],
        [0.5, 0, 0.6, 1],
        [0, 0, float("nan"), 1],
        [0, 0, 1],
        [0, 0, float("inf"), 1],
    ],
)
def test_nonsense_is_refused(values: list[float]) -> None:
    with pytest.raises(BadSpan):
        Region.parse(values)
