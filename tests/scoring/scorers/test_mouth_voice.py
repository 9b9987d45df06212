from pathlib import Path

import numpy as np
import pytest

from scoring.runner.listen import listen_source
from scoring.runner.look import look_source
from scoring.runner.series import Series, SeriesFile, SeriesFiles, SeriesInMemory
from scoring.scorers.base import Measured, NotRun, OpenSource, Span, Unavailable
from scoring.scorers.mouth_voice import MouthVoice
from scoring.scorers.speaking import spoken_turns
from scoring.scorers.speech import Speech
from tests.paths import SHARED_MEDIA, needs_shared_media
from tests.scoring.scorers.faces import frames
from tests.scoring.scorers.sounds import facts

SECONDS = 8


def loudness(seed=4):
    """A voice's level (25 Hz, 0–1): syllables that rise and fall at random."""
    rng = np.random.default_rng(seed)
    syllables = np.repeat(rng.uniform(0, 1, SECONDS * 25 // 4 + 1), 4)[: SECONDS * 25]
    return np.convolve(syllables, np.ones(3) / 3, "same")


def heard(level):
    voice = Series("voice", {"time_s": np.array([0.0]), "end_s": np.array([float(SECONDS)])})
    levels = Series(
        "levels",
        {
            "time_s": np.arange(len(level)) / 25,
            "level": np.round((level * 40 - 50) * 100).astype(np.int16),
            "voice": np.full(len(level), 255, np.uint8),
        },
    )
    return [voice, levels]


def seen(openings):
    session = MouthVoice().begin_faces(OpenSource(Path("x"), facts(SECONDS)))
    for frame in frames(openings):
        session.look([frame])
    return list(session.finish())


def measure(level, openings):
    series = SeriesInMemory([*heard(level), *seen(openings)])
    outcome = MouthVoice().aggregate(series, Span(0, SECONDS, 0), facts(SECONDS))
    assert isinstance(outcome, Measured)
    return outcome


def speaking_mouth(level):
    """A mouth that flutters the wider, the louder the voice is."""
    return 0.5 + 0.45 * level * np.where(np.arange(len(level)) % 2, 1, -1)


@pytest.mark.parametrize("late", [-6, 0, 4])
def test_a_sound_that_is_late_by_some_frames_is_found_so(late):
    level = loudness()
    outcome = measure(np.roll(level, late), speaking_mouth(level))
    assert outcome.values["sync_offset_frames"] == pytest.approx(late, abs=1)
    assert outcome.values["sync_confidence"] > 0.3
    assert outcome.values["mouth_voice_talk_share"] > 0.9
    assert outcome.values["offscreen_voice_share"] < 0.1


def test_a_closed_mouth_under_a_voice_is_an_off_screen_voice():
    outcome = measure(loudness(), np.full(SECONDS * 25, 0.3))
    assert outcome.values["mouth_voice_talk_share"] == 0
    assert outcome.values["offscreen_voice_share"] == 1
    assert outcome.values["mouth_voice_score"] is None
    assert "does not change" in outcome.notes["mouth_voice_score"]


def test_without_sound_it_is_unavailable_and_unheard_it_is_not_run():
    silent = facts(SECONDS).__class__(sha256="0", duration_s=SECONDS)
    assert isinstance(MouthVoice().aggregate(SeriesInMemory([]), Span(0, 1, 0), silent), Unavailable)
    looked = SeriesInMemory(seen(np.zeros(60)))
    assert isinstance(MouthVoice().aggregate(looked, Span(0, 1, 0), facts(SECONDS)), NotRun)


def test_a_short_glimpse_is_not_measured_and_says_so():
    series = SeriesInMemory([*heard(loudness()), *seen(np.zeros(30))])
    outcome = MouthVoice().aggregate(series, Span(0, SECONDS, 0), facts(SECONDS))
    assert outcome.values["sync_offset_frames"] is None
    assert "fewer than 50 frames" in outcome.notes["mouth_voice_score"]


@needs_shared_media
@pytest.mark.parametrize(
    ("name", "people"), [("talking_head_a.mp4", 1), ("talking_head_b.mp4", 1), ("debate_two_speakers.avi", 2)]
)
def test_real_speakers_have_turns(name, people, tmp_path):
    path = SHARED_MEDIA / name
    ears = listen_source(path, tmp_path, [Speech()])
    eyes = look_source(path, tmp_path, [MouthVoice()])
    series = SeriesFiles([SeriesFile(ears.series_path), SeriesFile(eyes.series_path)])
    turns = spoken_turns(series)
    assert len({turn.track for turn in turns if turn.track is not None}) == people
    assert sum(t.end_s - t.start_s for t in turns) > 0.8 * people * ears.facts.duration_s * 0.9
    tracks = series.get("tracks")
    for track, start, end in zip(tracks["track"], tracks.times_s, tracks["end_s"], strict=True):
        outcome = MouthVoice().aggregate(series, Span(float(start), float(end), int(track)), ears.facts)
        assert outcome.values["mouth_voice_talk_share"] > 0.5
