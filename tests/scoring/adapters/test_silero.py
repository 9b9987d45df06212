import numpy as np
import torch
from silero_vad import get_speech_timestamps, load_silero_vad

from curation.media.sound import read_sound
from scoring.adapters.silero import WINDOW, SileroVad
from scoring.scorers.voice_activity import voice_spans
from tests.paths import SHARED_MEDIA, needs_shared_media

STEP = WINDOW / 16_000


def listen(samples, piece):
    stream = SileroVad().stream()
    heard = [stream.hear(samples[at : at + piece]) for at in range(0, len(samples), piece)]
    return np.concatenate([*heard, stream.finish()])


def test_the_pieces_that_sound_comes_in_do_not_matter():
    sound = np.random.default_rng(0).normal(0, 0.1, 20_000).astype(np.float32)
    whole = listen(sound, 20_000)
    assert len(whole) == 40
    assert np.array_equal(listen(sound, 333), whole)


def test_silence_holds_no_voice():
    assert voice_spans(listen(np.zeros(48_000, np.float32), 16_000), STEP) == []


@needs_shared_media
def test_real_speech_gives_exactly_the_spans_of_the_packages_own_function():
    sound = read_sound(SHARED_MEDIA / "conversation.wav")
    theirs = get_speech_timestamps(torch.from_numpy(sound.samples), load_silero_vad(onnx=True))
    ours = voice_spans(listen(sound.samples, 16_000), STEP, end_s=sound.duration_s)
    assert [(round(a * 16_000), round(b * 16_000)) for a, b in ours] == [
        (t["start"], t["end"]) for t in theirs
    ]
