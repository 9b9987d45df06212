from __future__ import annotations

import cv2
import numpy as np
import pytest

from scoring.runner.series import SeriesInMemory
from scoring.scorers.base import FrameBatch, Measured, OpenSource, SourceFacts, Span
from scoring.scorers.shots import Shots, is_mixture

FACTS = SourceFacts(sha256="0" * 64, duration_s=4.0)
FPS = 25


def scene(seed: int, size=(256, 144)) -> np.ndarray:
    random = np.random.default_rng(seed)
    small = random.integers(0, 255, (9, 16, 3), dtype=np.uint8)
    return cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)


def measure(pictures, span=None) -> dict:
    shots = Shots()
    looking = shots.begin(OpenSource(None, FACTS))
    for first in range(0, len(pictures), 8):
        part = np.stack(pictures[first : first + 8])
        times = (first + np.arange(len(part))) / FPS
        looking.look(FrameBatch(times, np.arange(len(part)), part, (1.0, 1.0)))
    series = SeriesInMemory(looking.finish())
    outcome = shots.aggregate(series, span or Span(0.0, len(pictures) / FPS), FACTS)
    assert isinstance(outcome, Measured)
    return dict(outcome.values)


def moving(seed: int, count: int) -> list[np.ndarray]:
    """A scene in which a patch moves about."""
    base = scene(seed)
    pictures = []
    for n in range(count):
        one = base.copy()
        x = 40 + (n * 3) % 120
        one[60:100, x : x + 40] = 255 - one[60:100, x : x + 40]
        pictures.append(one)
    return pictures


def test_a_cut_counts_only_strictly_inside_the_clip():
    pictures = moving(1, 50) + moving(2, 50)
    assert measure(pictures)["cut_count"] == 1
    assert measure(pictures, Span(0.0, 2.0))["cut_count"] == 0
    assert measure(pictures, Span(2.0, 4.0))["cut_count"] == 0
    assert measure(pictures)["cross_fade_count"] == 0


def test_a_cross_fade_is_found_and_a_moving_scene_is_none():
    before, after = moving(1, 60), moving(2, 60)
    mixed = [(before[40 + n] * (1 - n / 20) + after[n] * (n / 20)).astype(np.uint8) for n in range(20)]
    faded = measure(before[:40] + mixed + after[20:])
    assert faded["cross_fade_count"] == 1
    assert measure(moving(3, 80))["cross_fade_count"] == 0


def test_a_pan_is_no_cross_fade():
    wide = scene(5, (900, 144))
    pictures = [wide[:, n * 4 : n * 4 + 256] for n in range(100)]
    assert measure(pictures)["cross_fade_count"] == 0


def test_a_fade_from_black_is_a_transition_and_black_frames_are_counted():
    picture = moving(4, 60)
    black = [np.zeros_like(picture[0])] * 25
    rising = [(picture[n] * (n / 15)).astype(np.uint8) for n in range(15)]
    values = measure(black + rising + picture[15:])
    assert values["cross_fade_count"] == 1
    assert values["black_share"] == pytest.approx(26 / 85, abs=0.02)


def test_frozen_frames_are_those_equal_to_the_one_before():
    pictures = moving(1, 50)
    frozen = pictures[:25] + [pictures[24]] * 25
    assert measure(frozen)["frozen_share"] == pytest.approx(25 / 49)
    assert measure(pictures)["frozen_share"] == 0.0


def test_a_photograph_that_is_zoomed_into_is_still_and_a_moving_scene_is_not():
    photo = cv2.resize(cv2.GaussianBlur(scene(8), (0, 0), 1), (512, 288))
    for row, column in np.random.default_rng(1).integers(10, 270, (60, 2)):
        cv2.circle(photo, (int(column * 1.7), int(row)), 5, (int(row) % 255, 200, 40), -1)
    zoomed = []
    for n in range(75):
        matrix = cv2.getRotationMatrix2D((256, 144), 0, 1 + n * 0.003)
        zoomed.append(
            cv2.resize(cv2.warpAffine(photo, matrix, (512, 288)), (256, 144), interpolation=cv2.INTER_AREA)
        )
    values = measure(zoomed)
    assert values["still_share"] > 0.8
    assert values["frozen_share"] < 0.2
    assert measure(moving(1, 75))["still_share"] == 0.0


def test_a_mixture_is_a_mixture():
    first, last = np.zeros((18, 32), np.float32), np.full((18, 32), 200, np.float32)
    last[:, :16] = 100
    assert is_mixture([first, first * 0.5 + last * 0.5, last])
    assert not is_mixture([first, last, last]), "a cut"
    assert not is_mixture([first, first, first]), "nothing happens"
    assert not is_mixture([first, np.roll(last, 8, axis=1), last])
