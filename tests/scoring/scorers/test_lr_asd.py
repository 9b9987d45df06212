import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scoring.adapters import weights
from scoring.adapters.lr_asd import LrAsd
from scoring.adapters.mfcc import mfcc
from scoring.runner.listen import listen_source
from scoring.runner.look import look_source
from scoring.runner.series import Series, SeriesFile, SeriesFiles, SeriesInMemory
from scoring.scorers.base import Measured, NotRun, OpenSource, Span, Unavailable
from scoring.scorers.face_crops import face_crop
from scoring.scorers.lr_asd import BATCH, FLUSH, LookingAtSpeakers, LrAsdScorer
from scoring.scorers.sound_window import SoundWindow
from scoring.scorers.speaking import spoken_turns
from scoring.scorers.speech import Speech
from tests.paths import SHARED_MEDIA, SHARED_WEIGHTS, needs_shared_media, needs_shared_weights
from tests.scoring.scorers.faces import BOX, frames
from tests.scoring.scorers.sounds import facts, noise, write_wav


class Echo:
    """Stands in for the model to test the windows: scores each frame by its crop's and its sound's means."""

    def __init__(self):
        self.batches = []

    def score(self, faces, sound):
        assert sound.shape == (faces.shape[0], 4 * faces.shape[1], 13)
        self.batches.append(faces.shape[:2])
        coefficients = sound.reshape(*faces.shape[:2], 4, 13).mean(axis=(2, 3))
        return (faces.mean(axis=(2, 3)) / 100 + coefficients / 10).astype(np.float32)


@pytest.fixture
def sound(tmp_path):
    return write_wav(tmp_path / "sound.wav", noise(60, 16_000, dbfs=-20), 16_000)


@pytest.fixture
def installed(monkeypatch, tmp_path):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    shutil.copy(
        SHARED_WEIGHTS / "lr_asd_talkset.model", tmp_path / "weights" / weights.WEIGHTS["lr_asd"].file
    )


def looked(sound, made, model=None, batch=7):
    session = LookingAtSpeakers(model or Echo(), SoundWindow(sound))
    for at in range(0, len(made), batch):
        session.look(made[at : at + batch])
    return session, session.finish()[0]


@pytest.mark.parametrize("count", [1, 24, 25, 151, 700])
def test_every_frame_of_a_track_gets_the_mean_of_all_windows(sound, count):
    openings = np.random.default_rng(count).uniform(0, 1, count)
    made = frames(openings, start=50)
    _, series = looked(sound, made)
    crops = np.stack([face_crop(frame.grey, BOX) for frame in made])
    rate = 640
    whole = np.round(noise(60, 16_000, dbfs=-20)[:, 0].clip(-1, 1) * 32767)[
        50 * rate : (50 + count) * rate + 240
    ]
    truth = Echo().score(crops[None], mfcc(whole)[None, : 4 * count])[0]
    assert series.times_s == pytest.approx((50 + np.arange(count)) / 25)
    assert np.abs(series["score"] / 1000 - truth).max() < 2e-3


def test_windows_are_scored_in_batches_and_memory_stays_bounded(sound):
    model = Echo()
    session = LookingAtSpeakers(model, SoundWindow(sound))
    held = 0
    for frame in frames(np.zeros(900)):
        session.look([frame])
        held = max(held, *(len(run.faces) for run in session._runs.values()))
    session.finish()
    assert held <= 2 * FLUSH
    assert max(size for size, _ in model.batches) > 1
    assert all(size <= BATCH for size, _ in model.batches)


def test_a_slow_picture_fills_its_grid_and_a_long_gap_starts_anew(sound):
    slow = [frame for frame in frames(np.linspace(0, 1, 100)) if frame.index % 2 == 0]
    _, series = looked(sound, slow)
    assert len(series) == 99
    gone = frames(np.zeros(40)) + frames(np.zeros(40), start=90)
    _, series = looked(sound, gone)
    assert len(series) == 80
    assert np.diff(series.times_s).max() == pytest.approx(51 / 25)


def test_two_tracks_are_kept_apart(sound):
    both = [
        one.__class__(one.time_s, one.index, 0, one.grey, None, (1.0, 1.0), (*one.faces, *other.faces))
        for one, other in zip(frames(np.zeros(60)), frames(np.zeros(60), track=3), strict=True)
    ]
    _, series = looked(sound, both)
    assert len(series.of_track(0)) == len(series.of_track(3)) == 60


def test_a_clips_score_is_the_mean_of_its_frames_and_labels_do_not_depend_on_its_edges():
    values = np.r_[np.full(50, -1000), np.full(50, 2000)].astype(np.int16)
    series = SeriesInMemory(
        [Series("lr_asd", {"time_s": np.arange(100) / 25, "track": np.zeros(100, np.int32), "score": values})]
    )
    outcome = LrAsdScorer().aggregate(series, Span(1.6, 2.4, 0), facts(4))
    assert outcome.values == {"lr_asd_score": pytest.approx(0.5), "lr_asd_talk_share": pytest.approx(0.5)}
    assert LrAsdScorer().aggregate(series, Span(0, 4, 9), facts(4)).values["lr_asd_score"] is None


def test_without_weights_it_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    missing = LrAsdScorer().available()
    assert isinstance(missing, Unavailable) and "weights download lr_asd" in missing.reason


def test_without_sound_nobody_can_be_heard():
    silent = facts(4).__class__(sha256="0", duration_s=4)
    assert LrAsdScorer().begin_faces(OpenSource(Path("x"), silent)).finish() == []
    assert isinstance(LrAsdScorer().aggregate(SeriesInMemory([]), Span(0, 1, 0), silent), Unavailable)
    assert isinstance(LrAsdScorer().aggregate(SeriesInMemory([]), Span(0, 1, 0), facts(4)), NotRun)


@needs_shared_media
@needs_shared_weights
def test_a_real_speaker_speaks_and_the_same_face_frozen_does_not(installed, tmp_path):
    path = SHARED_MEDIA / "talking_head_a.mp4"
    scorer = LrAsdScorer()
    kept = []

    class Keep:
        name, version = "people", "1"

        def available(self):
            return None

        def build(self):
            return scorer.build()

        def begin_faces(self, source):
            return self

        def look(self, frames):
            kept.extend(frames)

        def finish(self):
            return []

        def aggregate(self, *_):
            return NotRun()

    ears = listen_source(path, tmp_path, [Speech()])
    eyes = look_source(path, tmp_path, [scorer, Keep()])
    series = SeriesFiles([SeriesFile(ears.series_path), SeriesFile(eyes.series_path)])
    outcome = scorer.aggregate(series, Span(0, 4.3, 0), ears.facts)
    assert isinstance(outcome, Measured)
    assert outcome.values["lr_asd_score"] > 2
    assert outcome.values["lr_asd_talk_share"] > 0.95
    [turn] = [turn for turn in spoken_turns(series) if turn.track == 0]
    assert turn.measured_by == "lr_asd" and turn.end_s - turn.start_s > 4

    frozen = [replace(frame, grey=kept[0].grey, faces=kept[0].faces) for frame in kept[:60]]
    _, other = looked(path, frozen, LrAsd())
    assert other["score"].max() < 0
