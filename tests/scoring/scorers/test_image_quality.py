from __future__ import annotations

import cv2
import numpy as np
import pytest

from scoring.runner.series import Series, SeriesInMemory
from scoring.scorers.base import FrameBatch, OpenSource, SourceFacts, Span
from scoring.scorers.image_quality import FIELDS, ImageQuality, flicker_of, measure

FACTS = SourceFacts(sha256="0" * 64, duration_s=4.0)


def _values(*pictures) -> dict[str, np.ndarray]:
    import torch

    values, _ = measure(torch.from_numpy(np.stack(pictures)))
    return dict(zip(FIELDS, values.numpy().T, strict=True))


def _grey(value, size=(360, 640)):
    return np.full((*size, 3), value, np.uint8)


def _scene(size=(360, 640), seed=0):
    small = np.random.default_rng(seed).integers(40, 215, (12, 20, 3), dtype=np.uint8)
    return cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC)


def test_a_plain_grey_picture():
    values = _values(_grey(100))
    assert values["luminance"][0] == pytest.approx(100, abs=1e-3)
    assert values["contrast"][0] == pytest.approx(0, abs=1e-3)
    assert values["sharpness"][0] == pytest.approx(0, abs=1e-3)
    assert values["noise"][0] == pytest.approx(0, abs=1e-3)
    assert values["colourfulness"][0] == pytest.approx(0, abs=1e-3)
    assert values["clipped"][0] == 0
    assert np.isnan(values["blockiness"][0]), "there are no steps to compare"


def test_luma_is_bt601_and_clipping_counts_both_ends():
    red = _grey(0)
    red[..., 0] = 200
    half = _grey(0)
    half[:, 320:] = 128
    values = _values(red, half)
    assert values["luminance"].tolist() == pytest.approx([59.8, 64.0], abs=1e-3)
    assert values["clipped"].tolist() == pytest.approx([0.0, 0.5])
    assert values["contrast"][1] == pytest.approx(64.0, abs=1e-3)


def test_blur_lowers_sharpness_and_noise_raises_the_noise_estimate_by_its_sigma():
    sharp = _scene()
    cv2.putText(sharp, "RUSHES", (100, 200), cv2.FONT_HERSHEY_SIMPLEX, 3, (255, 255, 255), 8)
    soft = cv2.GaussianBlur(sharp, (0, 0), 4)
    flat = np.full((360, 640, 1), 128.0)
    noisy = np.clip(flat + np.random.default_rng(1).normal(0, 6, (360, 640, 1)), 0, 255)
    values = _values(sharp, soft, np.repeat(noisy, 3, axis=2).astype(np.uint8))
    assert values["sharpness"][1] < values["sharpness"][0] / 5
    assert values["noise"][2] == pytest.approx(6, rel=0.05)


def test_sharpness_is_compared_at_360_lines():
    large = _scene((720, 1280))
    for row, column in np.random.default_rng(3).integers(40, 680, (80, 2)):
        cv2.circle(large, (int(column * 1.8), int(row)), 30, (int(row) % 255, 40, 220), -1)
    small = cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA)
    assert _values(large)["sharpness"][0] == pytest.approx(_values(small)["sharpness"][0], rel=0.02)


def test_coding_blocks_show():
    picture = _scene()
    blocky = cv2.resize(
        cv2.resize(picture, (80, 45), interpolation=cv2.INTER_AREA),
        (640, 360),
        interpolation=cv2.INTER_NEAREST,
    )
    blocky = np.clip(
        blocky.astype(int) + np.random.default_rng(0).integers(-2, 3, blocky.shape), 0, 255
    ).astype(np.uint8)
    values = _values(picture, blocky)
    assert values["blockiness"][0] == pytest.approx(1, abs=0.1)
    assert values["blockiness"][1] > 2


def test_colourfulness_grows_with_colour():
    grey = cv2.cvtColor(cv2.cvtColor(_scene(), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    values = _values(grey, (0.5 * grey + 0.5 * _scene()).astype(np.uint8), _scene())
    assert values["colourfulness"][0] < 1e-3
    assert values["colourfulness"][0] < values["colourfulness"][1] < values["colourfulness"][2]


def test_flicker_is_the_second_difference():
    assert flicker_of(np.arange(10.0)) == pytest.approx(0), "a steady fade is no flicker"
    assert flicker_of(np.array([100.0, 110, 100, 110])) == pytest.approx(20)
    assert flicker_of(np.array([1.0, 2.0])) is None


def _text_share(make) -> float:
    scorer = ImageQuality()
    looking = scorer.begin(OpenSource(None, FACTS))
    pictures = np.stack([make(n) for n in range(8)])
    looking.look(FrameBatch(np.arange(8) / 2, np.arange(8), pictures, (1.0, 1.0)))
    outcome = scorer.aggregate(SeriesInMemory(looking.finish()), Span(0.0, 4.0), FACTS)
    return float(outcome.values["text_share"] or 0.0)


def test_a_caption_counts_by_its_area_and_plain_footage_does_not():
    def captioned(n):
        picture = cv2.GaussianBlur(_scene(seed=n), (0, 0), 6)
        cv2.rectangle(picture, (60, 290), (580, 330), (10, 10, 10), -1)
        cv2.putText(
            picture,
            "Nobody expects this caption",
            (70, 320),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.9,
            (250, 250, 250),
            2,
        )
        return picture

    with_text = _text_share(captioned)
    assert 0.02 < with_text < 0.12
    assert _text_share(lambda n: _scene(seed=n)) < 0.002


def test_a_clip_between_two_samples_is_spoken_for_by_the_nearest():
    samples = Series(
        "image_quality",
        {"time_s": np.array([0.0, 0.5, 1.0])}
        | {name: np.array([1.0, 2.0, 3.0], np.float32) for name in (*FIELDS, "text")},
    )
    outcome = ImageQuality().aggregate(SeriesInMemory([samples]), Span(0.6, 0.9), FACTS)
    assert outcome.values["luminance"] in (2.0, 3.0)
    assert outcome.values["flicker"] is None
