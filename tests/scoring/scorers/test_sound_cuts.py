import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.scorers.sound_cuts import LONGEST_S, RATE, QuietCuts


def cut(sound, piece):
    cuts = QuietCuts()
    out = [window for at in range(0, len(sound), piece) for window in cuts.hear(sound[at : at + piece])]
    return [*out, *cuts.finish()]


@given(st.integers(1, 95), st.integers(5_000, 900_000))
@settings(max_examples=15, deadline=None)
def test_windows_lie_end_to_end_and_none_is_too_long(seconds, piece):
    sound = np.random.default_rng(seconds).normal(0, 0.1, seconds * RATE).astype(np.float32)
    made = cut(sound, piece)
    assert np.array_equal(np.concatenate([window for _, window in made]), sound)
    assert [first for first, _ in made] == np.cumsum([0, *[len(w) for _, w in made]])[:-1].tolist()
    assert all(len(window) <= LONGEST_S * RATE for _, window in made)


def test_a_window_ends_in_the_pause():
    sound = np.random.default_rng(1).normal(0, 0.1, 40 * RATE).astype(np.float32)
    sound[24 * RATE : 25 * RATE] = 0
    [(_, first), _] = cut(sound, RATE)
    assert 24 * RATE < len(first) < 25 * RATE
