import numpy as np
import pytest

from scoring.adapters.mfcc import mfcc


def test_a_tone_gives_the_numbers_that_python_speech_features_gives():
    # printed by python_speech_features 0.6: mfcc(tone, 16000)[0]
    expected = [19.06123, 18.80477, 1.7108, -14.17597, -27.20787, -33.5164, -29.67685, -18.56955, -3.26069,
                10.02483, 18.04463, 17.98273, 11.90807]  # fmt: skip
    tone = np.round(8000 * np.sin(2 * np.pi * 440 * np.arange(800) / 16000))
    coefficients = mfcc(tone)
    assert coefficients.shape == (4, 13)
    assert np.abs(coefficients[0] - expected).max() < 1e-4


def test_silence_has_finite_numbers():
    assert np.isfinite(mfcc(np.zeros(1600))).all()


@pytest.mark.parametrize(("samples", "windows"), [(1, 1), (400, 1), (401, 2), (16_000, 99), (16_240, 100)])
def test_as_many_windows_as_cover_the_sound(samples, windows):
    assert len(mfcc(np.ones(samples))) == windows


def test_a_piece_with_the_sample_before_it_gives_what_the_whole_gives():
    sound = np.random.default_rng(3).normal(0, 2000, 16_000)
    piece = mfcc(sound[3200:8000], before=sound[3199])
    assert np.allclose(piece[:27], mfcc(sound)[20:47], atol=1e-5)


@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((100, 2))])
def test_sound_that_is_empty_or_stereo_is_refused(bad):
    with pytest.raises(ValueError, match="mono"):
        mfcc(bad)
