"""Loudness on tones whose loudness ITU-R BS.1770-4 and EBU Tech 3341 state."""

import numpy as np
import pytest

from scoring.scorers.loudness import integrated_loudness
from scoring.scorers.sound_levels import LevelSteps
from tests.scoring.scorers.sounds import tone


def loudness(samples, rate=48_000, piece=4801):
    steps = LevelSteps(rate, samples.shape[1])
    for at in range(0, len(samples), piece):
        steps.hear(samples[at : at + piece])
    steps.finish()
    return integrated_loudness(np.array(steps.power)[steps.is_whole()])


def test_a_full_scale_997_hz_sine_in_one_channel_is_minus_3_01_lufs():
    assert loudness(tone(997, 20)) == pytest.approx(-3.01, abs=0.01)


def test_in_both_channels_it_is_0_lufs():
    assert loudness(tone(997, 20, channels=2)) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 96_000])
def test_the_rate_of_the_sound_does_not_matter(rate):
    assert loudness(tone(997, 5, rate), rate) == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(-23, 20)], -23),
        ([(-33, 20)], -33),
        ([(-36, 10), (-23, 60), (-36, 10)], -23),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23),
    ],
)
def test_ebu_3341_the_gates_leave_out_what_is_quiet(parts, expected):
    sound = np.concatenate([tone(1000, seconds, dbfs=db, channels=2) for db, seconds in parts])
    assert loudness(sound, piece=48_000) == pytest.approx(expected, abs=0.1)


def test_silence_and_less_than_a_block_have_no_loudness():
    assert loudness(np.zeros((48_000, 1), np.float32)) is None
    assert loudness(tone(997, 0.39)) is None


def test_the_pieces_that_sound_comes_in_do_not_matter():
    sound = tone(440, 3, 44_100)
    assert loudness(sound, 44_100, piece=173) == pytest.approx(loudness(sound, 44_100, piece=10**6), abs=1e-9)
