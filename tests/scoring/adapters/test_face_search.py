from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.adapters.face_search import search, shared, tiles_of, unique
from scoring.adapters.mediapipe_models import FoundFace, mesh
from tests.scoring.adapters.test_mediapipe_models import placed, portrait


@given(st.integers(200, 2000), st.integers(200, 2000), st.floats(0.4, 1.0), st.floats(0.2, 0.5), st.data())
def test_every_face_that_tiles_may_add_lies_whole_in_one(width, height, share, largest, data):
    side = round(share * min(width, height))
    size = round(largest * side / 2) - 2
    tiles = tiles_of(width, height, side, largest)
    x, y = data.draw(st.integers(0, width - size)), data.draw(st.integers(0, height - size))
    assert any(
        left <= x and top <= y and x + size <= left + side and y + size <= top + side
        for left, top, side in tiles
    )
    assert all(left + side <= width and top + side <= height for left, top, side in tiles)


def test_one_face_seen_twice_is_one_and_the_first_is_kept():
    faces = [
        FoundFace((0, 0, 100, 100), 0.6),
        FoundFace((30, 30, 60, 60), 0.9),
        FoundFace((200, 0, 300, 100), 0.5),
    ]
    assert unique(faces) == [faces[0], faces[2]]
    assert shared((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(0.5)


@pytest.mark.parametrize("scale", [1.0, 0.6, 0.4, 0.3])
def test_faces_of_all_sizes_are_found_once_and_meshed(scale):
    places = [(60, 80), (700, 300)]
    picture = placed(*((x, y, scale) for x, y in places))
    faces = search(picture, 2)
    assert len(faces) == 2
    found = [mesh(picture, face.box) for face in faces]
    assert all(found) if scale >= 0.4 else any(found)
    for one in found:
        if one is not None:
            x, y = one.keypoints[2]
            assert any(abs(x - a - 142 * scale) < 30 and abs(y - b - 125 * scale) < 40 for a, b in places)


def test_a_large_face_is_not_found_again_in_its_parts():
    assert len(search(portrait(), 2)) == 1
