import numpy as np

from scoring.scorers.face_crops import face_crop, in_picture


def test_the_crop_shows_the_lower_face():
    picture = np.zeros((400, 400), np.uint8)
    picture[200:, :] = 200  # everything below the box's centre
    crop = face_crop(picture, (150, 150, 250, 250))
    assert crop.shape == (112, 112) and crop.dtype == np.uint8
    edge = int(np.argmax(crop[:, 56] > 100))
    assert 22 <= edge <= 26, "the centre lies at 0.3 of 1.4 half sizes from the crop's top"


def test_beyond_the_picture_is_grey_110():
    white = np.full((100, 100), 255, np.uint8)
    assert face_crop(white, (60, 40, 140, 120))[56, -1] == 110
    assert (face_crop(white, (500, 500, 600, 600)) == 110).all()


def test_a_tiny_box_does_not_break_it():
    assert face_crop(np.zeros((50, 50), np.uint8), (10, 10, 10.2, 10.2)).shape == (112, 112)


def test_boxes_follow_the_scale_of_the_picture():
    assert in_picture((20, 40, 60, 80), (2.0, 4.0)) == (10, 10, 30, 20)
