import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.scorers.sound_levels import FLOOR_DB, LevelSteps, clipped, level_db, ratio_db
from tests.scoring.scorers.sounds import noise, tone


def test_a_tone_cut_off_at_full_scale_is_clipped_for_as_long_as_it_is_flat():
    cut = np.clip(2.0 * tone(300, 1), -1, 1)
    flat = (np.abs(2.0 * tone(300, 1)) >= 1).mean()
    assert clipped(cut).mean() == pytest.approx(flat, abs=0.01)


def test_a_tone_that_just_touches_full_scale_is_not_clipped():
    assert clipped(tone(100, 1)).sum() == 0
    assert clipped(tone(997, 1)).sum() == 0


def test_a_flat_stretch_below_full_scale_is_no_clipping():
    assert clipped(np.full((1000, 1), 0.9, np.float32)).sum() == 0


def test_peaks_beyond_full_scale_count():
    sound = np.zeros((100, 2), np.float32)
    sound[40, 1] = 1.05
    assert clipped(sound).sum() == 1


@given(st.integers(1, 3000), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_counts_do_not_depend_on_the_pieces(piece, seed):
    rng = np.random.default_rng(seed)
    sound = np.clip(rng.normal(0, 1, (5000, 1)).repeat(4, axis=0), -1, 1).astype(np.float32)
    steps = LevelSteps(11_025, 1)
    for at in range(0, len(sound), piece):
        steps.hear(sound[at : at + piece])
    steps.finish()
    assert sum(steps.samples) == len(sound)
    assert sum(steps.clipped) == clipped(sound).sum()
    assert steps.is_whole().tolist() == [True] * (len(steps.samples) - 1) + [False]


def test_levels_are_in_db_of_full_scale_and_never_below_16_bit_rounding():
    assert level_db(tone(1000, 1, 16_000, dbfs=-20)[:, 0], 640) == pytest.approx(-23.01, abs=0.05)
    assert (level_db(np.zeros(1280), 640) == FLOOR_DB).all()


def test_ratios_are_of_mean_power():
    assert ratio_db(np.array([-20.0, -20.0]), np.array([-50.0])) == pytest.approx(30)
    assert ratio_db(np.array([]), np.array([-50.0])) is None
    assert ratio_db(
        level_db(noise(1, dbfs=-20)[:, 0], 640), level_db(noise(1, dbfs=-40)[:, 0], 640)
    ) == pytest.approx(20, abs=0.2)
