"""The outline of the sound is where the sound is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from curation.media.errors import NoSound
from curation.media.sound import SoundBlock, read_sound
from curation.media.waveform import make_waveform, outline
from tests import footage


def test_peaks_are_those_of_the_samples(samples: dict[str, Path]) -> None:
    made = make_waveform(samples["sound.wav"], start_s=0.5, end_s=1.5, buckets=20)
    samples_1 = read_sound(samples["sound.wav"])
    for n in range(20):
        part = samples_1.span(0.5 + n * 0.05, 0.5 + (n + 1) * 0.05)
        assert (made.low[n], made.high[n]) == pytest.approx((part.min(), part.max()), abs=1e-3)
    json.dumps(made.as_dict())


def test_where_the_file_has_no_sound_there_is_none_drawn() -> None:
    block = SoundBlock(samples=np.ones((1000, 1), np.float32), rate=1000, start_s=1.0)
    made = outline([block], start_s=0.0, end_s=3.0, buckets=3)
    assert made.low == made.high == [None, 1.0, None]
    assert made.as_dict()["high"] == [None, 100, None]


def test_no_sound_is_said(samples: dict[str, Path]) -> None:
    with pytest.raises(NoSound):
        make_waveform(samples["picture_only.mp4"], start_s=0, end_s=1)


def test_a_quiet_stretch_is_flat(tmp_path: Path) -> None:
    wave = footage.tone(2.0)
    wave[:, 16_000:] = 0
    path = footage.video(tmp_path / "half.mkv", seconds=2, wave=wave, sound_codec="pcm_s16le")
    made = make_waveform(path, start_s=0, end_s=2, buckets=4)
    assert [value is not None and value > 0.1 for value in made.high] == [True, True, False, False]
