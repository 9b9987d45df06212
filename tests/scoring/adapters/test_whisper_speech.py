import numpy as np
import pytest

from scoring.adapters.weights import WeightsError
from scoring.adapters.whisper_speech import WhisperSettings, WhisperSpeech
from tests.scoring.adapters.tiny_whisper import checkpoint


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = checkpoint(tmp_path_factory.mktemp("whisper") / "tiny.pt")
    return WhisperSpeech(WhisperSettings(model=str(path), language="en", batch=2, temperatures=(0.0,)))


def windows(count, seconds=3):
    rng = np.random.default_rng(0)
    return [rng.normal(0, 0.1, seconds * 16_000).astype(np.float32) for _ in range(count)]


def test_each_window_has_whispers_own_fields_and_words_inside_it(tiny):
    heard = tiny.hear(windows(3), "en")
    assert len(heard) == 3
    for window in heard:
        assert window.avg_logprob < 0 and 0 <= window.no_speech_prob <= 1
        assert window.compression_ratio > 0 and window.tokens > 0
        assert window.words
        assert all(0 <= word.start_s <= word.end_s <= 3 for word in window.words)
        assert all(0 <= word.probability <= 1 for word in window.words)


def test_a_batch_gives_what_single_windows_give(tiny):
    given = windows(2)
    together, alone = tiny.hear(given, "en"), [tiny.hear([one], "en")[0] for one in given]
    assert [w.text for w in together] == [w.text for w in alone]
    assert [w.avg_logprob for w in together] == pytest.approx([w.avg_logprob for w in alone], abs=1e-4)


def test_warmer_tries_give_the_same_words_when_run_again(tmp_path, tiny):
    settings = WhisperSettings(model=tiny.settings.model, language="en", temperatures=(0.0, 0.8))
    one, two = (WhisperSpeech(settings).hear(windows(1, 2), "en") for _ in range(2))
    assert one == two
    assert {w.temperature for w in one} == {0.8}


def test_the_language_is_detected_where_none_is_set(tiny):
    settings = WhisperSettings(model=tiny.settings.model)
    assert tiny.detect_language(windows(1)) == "en"
    assert len(WhisperSpeech(settings).detect_language(windows(2))) in (2, 3)


def test_a_window_of_over_30_seconds_is_refused(tiny):
    with pytest.raises(ValueError, match="up to 30 s"):
        tiny.hear([np.zeros(31 * 16_000, np.float32)], "en")


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("WHISPER_MODEL", "small.en")
    monkeypatch.setenv("WHISPER_LANGUAGE", "de")
    monkeypatch.setenv("WHISPER_BATCH", "2")
    assert WhisperSettings.from_environment() == WhisperSettings("small.en", "de", batch=2)
    monkeypatch.setenv("WHISPER_BATCH", "many")
    with pytest.raises(ValueError, match="WHISPER_BATCH"):
        WhisperSettings.from_environment()


def test_without_weights_it_says_what_to_run_and_never_downloads(monkeypatch, tmp_path):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    assert "manage.py weights download whisper-base" in WhisperSettings().missing()
    with pytest.raises(WeightsError, match="weights download whisper-base"):
        WhisperSpeech(WhisperSettings()).hear(windows(1), "en")
    assert "neither a file nor one of tiny, base" in WhisperSettings(model="huge").missing()
    assert list(tmp_path.iterdir()) == []
