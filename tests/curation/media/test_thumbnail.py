"""Stills show the moments they say."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from curation.media.errors import BadSpan
from curation.media.limits import DEFAULT_LIMITS
from curation.media.regions import Region
from curation.media.thumbnail import make_poster, moments
from tests import footage


@pytest.mark.parametrize("ending", [".jpg", ".webp"])
def test_a_poster_is_the_middle_of_the_span(samples: dict[str, Path], tmp_path: Path, ending: str) -> None:
    made = make_poster(samples["plain.mp4"], tmp_path / f"poster{ending}", start_s=0.4, end_s=1.2)
    image = cv2.imread(str(made.path))
    assert image.shape == (made.height, made.width, 3) == (120, 160, 3)
    assert made.time_s == 0.8 and footage.frame_number(image) == 20
    assert made.size_bytes == made.path.stat().st_size


def test_moments_lie_evenly_in_the_span(samples: dict[str, Path]) -> None:
    pictures, times = moments(samples["plain.mp4"], 0.0, 2.0, 4, DEFAULT_LIMITS)
    assert [footage.frame_number(picture[..., ::-1]) for picture in pictures] == [6, 18, 31, 43]
    assert times == pytest.approx([0.24, 0.72, 1.24, 1.72])


def test_a_short_span_has_fewer_moments(samples: dict[str, Path]) -> None:
    pictures, times = moments(samples["one_frame.mp4"], 0.0, 0.04, 8, DEFAULT_LIMITS)
    assert len(pictures) == len(times) == 1


def test_the_region_and_size_hold(samples: dict[str, Path], tmp_path: Path) -> None:
    made = make_poster(
        samples["plain.mp4"],
        tmp_path / "p.jpg",
        start_s=0,
        end_s=1,
        region=Region(0.5, 0.5, 0.5, 0.5),
        max_side=40,
    )
    assert (made.width, made.height) == (40, 30)


def test_what_cannot_be_made_leaves_nothing(samples: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BadSpan):
        make_poster(samples["plain.mp4"], tmp_path / "p.jpg", start_s=9, end_s=10)
    with pytest.raises(ValueError, match=r"\.jpg or \.webp"):
        make_poster(samples["plain.mp4"], tmp_path / "p.svg", start_s=0, end_s=1)
    assert list(tmp_path.iterdir()) == []
