import pytest

from scoring.runner.listen import listen_source
from scoring.runner.series import SeriesFile, SeriesInMemory
from scoring.scorers.base import Measured, NotRun, Span, Unavailable
from scoring.scorers.subtitles import Subtitles
from tests.scoring.scorers.sounds import facts, tone, write_wav

CUES = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:01,500 --> 00:00:03,000\nthere\n\n3\n00:00:04,000 --> 00:00:05,000\n[Music]\n"


@pytest.fixture
def listened(tmp_path):
    def listen(text=None):
        path = write_wav(tmp_path / "talk.wav", tone(440, 6, 16_000), 16_000)
        if text is not None:
            (tmp_path / "talk.en.srt").write_text(text)
        result = listen_source(path, tmp_path, [Subtitles()])
        return result, SeriesFile(result.series_path)

    return listen


def test_a_clips_share_is_the_time_under_words(listened):
    result, series = listened(CUES)
    outcome = Subtitles().aggregate(series, Span(0, 4), result.facts)
    assert outcome == Measured({"subtitle_share": 0.5})
    assert series.get("subtitles").meta["by"] == "subtitle"
    assert series.get("subtitles").meta["language"] == "en"
    assert list(series.get("subtitles")["text"]) == ["Hello", "there"]


def test_a_source_without_subtitles_is_unavailable_not_silent(listened):
    result, series = listened()
    outcome = Subtitles().aggregate(series, Span(0, 4), result.facts)
    assert isinstance(outcome, Unavailable) and "lie beside" in outcome.reason


def test_a_file_that_is_no_subtitles_fails_with_its_name(listened):
    result, _ = listened("Dear diary")
    assert result.statuses["subtitles"].word == "failed"
    assert "talk.en.srt" in result.statuses["subtitles"].reason


def test_unread_is_not_run():
    assert isinstance(Subtitles().aggregate(SeriesInMemory([]), Span(0, 1), facts(1)), NotRun)
