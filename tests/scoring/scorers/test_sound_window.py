import numpy as np
import pytest

from scoring.scorers.sound_window import RATE, SoundWindow
from tests.scoring.scorers.sounds import write_wav


@pytest.fixture
def sound(tmp_path):
    samples = np.random.default_rng(2).uniform(-0.5, 0.5, (RATE * 70, 1)).astype(np.float32)
    return write_wav(tmp_path / "a.wav", samples, RATE), np.round(samples[:, 0] * 32767)


def test_it_gives_the_samples_asked_for_in_any_near_order(sound):
    path, truth = sound
    window = SoundWindow(path)
    for start, end in [(0, 100), (16_000, 48_000), (8_000, 20_000), (600_000, 700_000), (560_000, 600_000)]:
        assert np.abs(window.samples(start, end) - truth[start:end]).max() <= 1


def test_beyond_the_sound_is_silence(sound):
    path, truth = sound
    got = SoundWindow(path).samples(len(truth) - 10, len(truth) + 10)
    assert (got[10:] == 0).all() and len(got) == 20
    assert (SoundWindow(path).samples(-5, 5)[:5] == 0).all()


def test_what_is_long_gone_is_refused_and_memory_stays_bounded(sound):
    path, _ = sound
    window = SoundWindow(path, keep_s=10)
    for start in range(0, RATE * 70, RATE):
        window.samples(start, start + RATE)
        assert len(window._held) <= RATE * 21
    with pytest.raises(LookupError, match="no longer held"):
        window.samples(0, 10)
