"""Sound on the time line of the picture, at the rate that was asked for."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from curation.media.errors import NoSound
from curation.media.sound import iter_sound, read_sound
from tests import footage
from tests.paths import SHARED_MEDIA, needs_shared_media


@pytest.mark.parametrize(
    "name", sorted((set(footage.GOOD) | set(footage.SOUNDS)) - {"picture_only.mp4", "one_frame.mp4"})
)
def test_listening_rate_is_mono_float_at_16_khz(samples: dict[str, Path], name: str) -> None:
    sound = read_sound(samples[name])
    assert (sound.samples.dtype, sound.samples.ndim, sound.rate) == (np.float32, 1, 16_000)
    assert 0.05 < np.abs(sound.samples).max() <= 1.0
    assert sound.filled_s == 0.0


def test_sixteen_bit_sound_comes_out_bit_for_bit(samples: dict[str, Path]) -> None:
    written = (footage.tone(2.0)[0] * 32767).astype(np.int16).astype(np.float32) / 32768.0
    assert np.array_equal(read_sound(samples["sound.wav"]).samples, written)


def test_native_blocks_join_to_the_whole(samples: dict[str, Path]) -> None:
    blocks = list(iter_sound(samples["matroska.mkv"], block_s=0.25))
    assert {block.samples.shape[1] for block in blocks} == {2} and {block.rate for block in blocks} == {
        48_000
    }
    assert all(len(block.samples) == 12_000 for block in blocks[:-1])
    assert [block.start_s for block in blocks] == pytest.approx(
        [n * 0.25 for n in range(len(blocks))], abs=1e-3
    )
    joined = np.concatenate([block.samples for block in blocks])
    whole = np.concatenate([block.samples for block in iter_sound(samples["matroska.mkv"], block_s=100)])
    assert np.array_equal(joined, whole)


def test_a_hole_in_the_file_is_silence_not_a_shift(tmp_path: Path) -> None:
    """One second of tone, a hole of one second, one second of tone."""
    path = tmp_path / "hole.mkv"
    rate = footage.RATE
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=rate, layout="mono")
        wave = (footage.tone(1.0)[0] * 32767).astype(np.int16)
        for offset in (0, 2 * rate):
            for first in range(0, rate, 1000):
                frame = av.AudioFrame.from_ndarray(
                    wave[None, first : first + 1000], format="s16", layout="mono"
                )
                frame.sample_rate, frame.pts = rate, offset + first
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    sound = read_sound(path)
    assert sound.duration_s == pytest.approx(3.0, abs=0.01)
    assert sound.filled_s == pytest.approx(1.0, abs=0.01)
    assert np.abs(sound.span(1.05, 1.95)).max() == 0.0
    assert np.abs(sound.span(2.05, 2.95)).max() > 0.1


def test_span_is_in_presentation_time(samples: dict[str, Path]) -> None:
    sound = read_sound(samples["stream.ts"])
    assert sound.start_s < 0
    assert len(sound.span(0.5, 1.0)) == 8000
    assert len(sound.span(100.0, 101.0)) == 0


def test_no_sound_is_said(samples: dict[str, Path]) -> None:
    with pytest.raises(NoSound):
        read_sound(samples["picture_only.mp4"])


@needs_shared_media
def test_real_sound_is_whole() -> None:
    assert len(read_sound(SHARED_MEDIA / "conversation.wav").samples) == 480_000
    assert read_sound(SHARED_MEDIA / "debate_two_speakers.avi").duration_s == pytest.approx(8.01, abs=0.01)


@pytest.mark.parametrize(
    "name", ["plain.mp4", "matroska.mkv", "stream.ts", "mpeg4.avi", "sound.mp3", "vp9.webm"]
)
def test_a_span_is_the_same_sound_as_in_the_whole(samples: dict[str, Path], name: str) -> None:
    whole = {round(b.start_s, 6): b for b in iter_sound(samples[name], rate=16_000, channels=1, block_s=100)}
    (everything,) = whole.values()
    parts = list(iter_sound(samples[name], rate=16_000, channels=1, start_s=1.0, end_s=1.5))
    assert parts[0].start_s <= 1.0 and parts[-1].start_s + len(parts[-1].samples) / 16_000 >= 1.5
    part = np.concatenate([block.samples[:, 0] for block in parts])
    offset = round((parts[0].start_s - everything.start_s) * 16_000)
    # Matroska rounds times to a millisecond: 16 samples.
    likeness = [
        np.corrcoef(part[800:-800], everything.samples[offset + lag + 800 :, 0][: len(part) - 1600])[0, 1]
        for lag in range(-16, 17)
    ]
    assert max(likeness) > 0.99
