"""Perceptual hashes: near for the same picture in other clothes, far for another, none where nothing is to be seen."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from curation.media.maker import Maker
from curation.media.picturehash import picture_hash, picture_hashes
from tests import footage


def _scene(number: int, size: tuple[int, int] = (640, 360)) -> np.ndarray:
    """Large soft shapes, as footage has them; another number, another scene."""
    rough = np.random.default_rng(number).uniform(0, 255, (6, 9, 3)).astype(np.float32)
    return cv2.resize(rough, size, interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


def _apart(one: int | None, other: int | None) -> int:
    assert one is not None and other is not None
    return (one ^ other).bit_count()


def test_scaled_recoded_and_brighter_pictures_stay_near_and_others_are_far() -> None:
    for number in range(8):
        scene = _scene(number)
        known = picture_hash(scene)
        assert known is not None and 0 <= known < 2**63
        jpeg = cv2.imdecode(cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_COLOR)
        for changed in (
            cv2.resize(scene, (320, 180), interpolation=cv2.INTER_AREA),
            jpeg,
            (scene * 0.8 + 20).astype(np.uint8),
        ):
            assert _apart(known, picture_hash(changed)) <= 8
        assert _apart(known, picture_hash(_scene(number + 100))) > 16


def test_a_picture_without_detail_has_no_hash() -> None:
    assert picture_hash(np.full((90, 160, 3), 128, np.uint8)) is None
    assert picture_hash(np.zeros((90, 160, 3), np.uint8)) is None


def test_a_clip_is_hashed_at_moments_through_it_in_the_process_that_decodes(tmp_path: Path) -> None:
    film = footage.video(tmp_path / "film.mp4", seconds=3, size=(320, 180), codec="libx264")
    here = picture_hashes(film, start_s=0.0, end_s=3.0)
    assert len(here.hashes) + here.flat == 5 and here.times == sorted(here.times)
    with Maker() as maker:
        assert maker.hashes(film, start_s=0.0, end_s=3.0) == here
