import numpy as np

from scoring.scorers.tonality import tonal_share
from tests.scoring.scorers.sounds import noise, tone

RATE = 16_000


def chord(*hertz):
    return sum(tone(hz, 1, RATE, dbfs=-20)[:, 0] for hz in hertz)


def test_a_chord_is_tonal_and_noise_is_not():
    assert tonal_share(chord(261.6, 329.6, 392.0)) > 0.9
    assert tonal_share(noise(1, RATE)[:, 0]) < 0.05


def test_a_chord_in_noise_is_still_tonal():
    assert tonal_share(chord(261.6, 329.6, 392.0) + noise(1, RATE, dbfs=-35)[:, 0]) > 0.5


def test_silence_has_no_tones():
    assert tonal_share(np.zeros(RATE)) == 0.0
    assert tonal_share(chord(440) * 1e-4) == 0.0


def test_a_glide_is_not_steady():
    t = np.arange(RATE) / RATE
    assert tonal_share(0.1 * np.sin(2 * np.pi * (300 * t + 900 * t**2))) < 0.1
