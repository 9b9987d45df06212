import numpy as np
import pytest

from scoring.adapters.whisper_speech import WhisperSettings
from scoring.runner.listen import listen_source
from scoring.runner.series import Series, SeriesFile, SeriesInMemory
from scoring.scorers.base import Measured, NotRun, Span
from scoring.scorers.whisper import Whisper
from tests.scoring.adapters.tiny_whisper import checkpoint
from tests.scoring.scorers.sounds import facts, heard, noise, write_wav


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    path = checkpoint(tmp_path_factory.mktemp("whisper") / "tiny.pt")
    return Whisper(WhisperSettings(model=str(path), language="en", batch=2, temperatures=(0.0,)))


def windows(rows):
    names = ("time_s", "end_s", "avg_logprob", "no_speech_prob", "compression_ratio", "tokens")
    columns = {
        name: np.array(values, np.float64)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    return SeriesInMemory([Series("asr_windows", columns)])


def test_a_source_is_heard_whole_with_windows_and_words_in_its_own_time(scorer):
    made = {s.name: s for s in heard(scorer, noise(70, 16_000), 16_000, start_s=3.0, piece=160_000)}
    rows, words = made["asr_windows"], made["words"]
    assert rows.times_s[0] == 3.0
    assert rows["end_s"][-1] == pytest.approx(73.0)
    assert np.array_equal(rows["end_s"][:-1], rows.times_s[1:])
    assert len(words) and (np.diff(words.times_s) >= -30).all()
    assert ((words.times_s >= 3) & (words["end_s"] <= 73.01)).all()
    assert rows.meta["by"] == "whisper"


def test_it_listens_through_the_runner_and_comes_back_from_its_file(scorer, tmp_path):
    path = write_wav(tmp_path / "a.wav", noise(3, 44_100), 44_100)
    result = listen_source(path, tmp_path, [scorer])
    assert result.statuses["whisper"].word == "measured"
    assert len(result.builds["whisper"].model_sha256) == 64
    outcome = scorer.aggregate(SeriesFile(result.series_path), Span(0, 3), result.facts)
    assert isinstance(outcome, Measured)
    assert outcome.values["asr_avg_logprob"] < 0
    assert 0 <= outcome.values["asr_no_speech_prob"] <= 1


def test_a_clips_numbers_are_weighted_by_tokens_and_shared_time(scorer):
    series = windows([(0, 10, -0.5, 0.1, 1.2, 30), (10, 20, -1.0, 0.5, 1.8, 10), (20, 30, -9, 0.9, 9, 5)])
    outcome = scorer.aggregate(series, Span(0, 20), facts(30))
    assert outcome.values["asr_avg_logprob"] == pytest.approx((-0.5 * 30 - 1.0 * 10) / 40)
    assert outcome.values["asr_no_speech_prob"] == pytest.approx(0.3)
    assert outcome.values["asr_compression_ratio"] == pytest.approx(1.8)


def test_where_no_words_were_heard_confidence_is_not_measured(scorer):
    outcome = scorer.aggregate(windows([(0, 10, -0.5, 0.95, 0.0, 0)]), Span(2, 8), facts(30))
    assert outcome.values["asr_avg_logprob"] is None
    assert outcome.values["asr_compression_ratio"] is None
    assert outcome.values["asr_no_speech_prob"] == pytest.approx(0.95)
    assert outcome.notes["asr_avg_logprob"] == "Whisper heard no words"


def test_unheard_is_not_run_and_beyond_the_sound_is_not_measured(scorer):
    assert isinstance(scorer.aggregate(SeriesInMemory([]), Span(0, 1), facts(1)), NotRun)
    outcome = scorer.aggregate(windows([(0, 10, -0.5, 0.1, 1.2, 30)]), Span(20, 25), facts(30))
    assert set(outcome.values.values()) == {None}


def test_without_weights_it_is_unavailable_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    assert "weights download whisper-base" in Whisper(WhisperSettings()).available().reason


def test_a_setting_that_is_no_number_is_named_rather_than_breaking_the_list(monkeypatch):
    monkeypatch.setenv("WHISPER_BATCH", "many")
    assert "WHISPER_BATCH is 'many'" in Whisper().available().reason
