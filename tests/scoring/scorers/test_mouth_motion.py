import numpy as np

from scoring.scorers.face_crops import face_crop
from scoring.scorers.mouth_motion import mouth_motion, smoothed
from tests.scoring.scorers.faces import BOX, picture


def crop(opening, shift=0):
    return face_crop(picture(opening, shift), BOX)


def test_a_still_mouth_does_not_move():
    assert mouth_motion(crop(0.4), crop(0.4)) == 0


def test_the_more_it_opens_the_more_it_moves():
    little, much = mouth_motion(crop(0.2), crop(0.3)), mouth_motion(crop(0.2), crop(0.9))
    assert 0 < little < much
    assert much > 0.2


def test_a_head_that_moves_with_its_mouth_still_does_not_speak():
    assert mouth_motion(crop(0.4), crop(0.4, shift=3)) < 0.3 * mouth_motion(crop(0.2), crop(0.9))


def test_a_running_mean_keeps_its_length_and_level():
    assert np.allclose(smoothed(np.ones(7), 5), 1)
    assert smoothed([], 5).shape == (0,)
