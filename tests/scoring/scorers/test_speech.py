import numpy as np
import pytest

from curation.media.rttm import read_rttm
from scoring.runner.listen import listen_source
from scoring.runner.series import SeriesFile, SeriesInMemory
from scoring.scorers.base import Measured, NotRun, Span
from scoring.scorers.speech import Speech, spans_of
from scoring.scorers.voice_activity import active_at
from tests.paths import SHARED_MEDIA, needs_shared_media
from tests.scoring.scorers.sounds import facts, heard, noise, tone, write_wav


@pytest.fixture(scope="module")
def speech():
    return Speech()


def measure(speech, samples, span, rate=48_000, start_s=0.0):
    series = SeriesInMemory(heard(speech, samples, rate, start_s=start_s))
    outcome = speech.aggregate(series, span, facts(len(samples) / rate))
    assert isinstance(outcome, Measured)
    return outcome


def test_a_tone_has_loudness_and_music_and_no_speech(speech):
    outcome = measure(speech, tone(440, 4, dbfs=-20) + tone(660, 4, dbfs=-20), Span(0.5, 3.5))
    assert outcome.values["speech_share"] == 0
    assert outcome.values["music_share"] == 1
    assert outcome.values["clipping_share"] == 0
    assert outcome.values["loudness_lufs"] == pytest.approx(-20.6, abs=0.1)
    assert outcome.values["snr_db"] is None
    assert "needs 0.2 s of voice" in outcome.notes["snr_db"]


def test_a_clip_is_measured_in_its_own_stretch_alone(speech):
    sound = np.concatenate([tone(997, 4, dbfs=-30), np.clip(3 * tone(997, 4), -1, 1)])
    quiet, loud = (measure(speech, sound, Span(a, a + 3)).values for a in (0.5, 4.5))
    assert quiet["loudness_lufs"] == pytest.approx(-33.01, abs=0.1)
    assert quiet["clipping_share"] == 0
    assert loud["clipping_share"] > 0.5


def test_sound_that_starts_late_keeps_its_place(speech):
    outcome = measure(speech, tone(997, 3), Span(10, 13), start_s=10.0)
    assert outcome.values["loudness_lufs"] == pytest.approx(-3.01, abs=0.05)


def test_a_clip_beyond_the_sound_is_not_measured_and_says_so(speech):
    outcome = measure(speech, tone(997, 3), Span(5, 8))
    assert set(outcome.values.values()) == {None}
    assert "does not reach" in outcome.notes["loudness_lufs"]


def test_silence_has_no_loudness_rather_than_a_low_one(speech):
    outcome = measure(speech, np.zeros((96_000, 1), np.float32), Span(0, 2))
    assert outcome.values["loudness_lufs"] is None
    assert outcome.values["speech_share"] == 0
    assert outcome.values["music_share"] == 0


def test_what_was_not_listened_to_is_not_run(speech):
    assert isinstance(speech.aggregate(SeriesInMemory([]), Span(0, 1), facts(1)), NotRun)


def test_stereo_at_another_rate_is_heard_too(speech, tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(997, 2, 44_100, dbfs=-6, channels=2), 44_100)
    result = listen_source(path, tmp_path, [speech])
    assert result.statuses["speech"].word == "measured"
    outcome = speech.aggregate(SeriesFile(result.series_path), Span(0, 2), result.facts)
    assert outcome.values["loudness_lufs"] == pytest.approx(-6, abs=0.1)


def test_memory_held_does_not_grow_with_the_sound(speech):
    from pathlib import Path

    from curation.media.sound import SoundBlock
    from scoring.scorers.base import OpenSource

    session = speech.begin_sound(OpenSource(Path("x"), facts(60)))
    for second in range(60):
        session.hear(SoundBlock(noise(1, seed=second), 48_000, float(second)))
    assert len(session._frame_rest) < 640 and len(session._second_rest) < 16_000
    assert len(session._steps._weighted) < 4800 + 10


@needs_shared_media
def test_voice_activity_of_a_real_conversation_errs_by_less_than_three_percent(speech, tmp_path, capsys):
    result = listen_source(SHARED_MEDIA / "conversation.wav", tmp_path, [speech])
    found = spans_of(SeriesFile(result.series_path).get("voice"))
    turns = read_rttm((SHARED_MEDIA / "conversation.rttm").read_text()).turns
    moments = np.arange(0, 30, 0.01)
    true = np.any([(moments >= t.start_s) & (moments < t.end_s) for t in turns], axis=0)
    ours = active_at(found, moments)
    missed, false = (true & ~ours).sum() / true.sum(), (ours & ~true).sum() / true.sum()
    with capsys.disabled():
        print(f"\nvoice activity, conversation.wav: missed {missed:.2%}, false {false:.2%} of speech")
    assert missed + false < 0.03
    outcome = speech.aggregate(SeriesFile(result.series_path), Span(0, 30), result.facts)
    assert outcome.values["speech_share"] == pytest.approx(true.mean(), abs=0.02)
    assert outcome.values["snr_db"] > 20


@needs_shared_media
def test_series_of_sound_stay_small(speech, tmp_path):
    result = listen_source(SHARED_MEDIA / "conversation.wav", tmp_path, [speech])
    assert result.series_path.stat().st_size / 0.5 < 40_000, "bytes a minute"
