import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.media.subtitles import (
    SubtitlesError,
    beside,
    clean_line,
    language_of,
    parse_subtitles,
    read_subtitles,
)

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello there.

2
00:00:03,000 --> 00:00:04,000
<i>How are</i> you?
I am fine.
"""
ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.000 --> 00:00:02.000 align:start position:0%
 
so<00:00:00.400><c> today</c><00:00:00.800><c> we</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
so today we
 

00:00:02.010 --> 00:00:04.000 align:start position:0%
so today we
talk<00:00:02.500><c> about</c><00:00:03.000><c> rushes</c>

00:00:04.000 --> 00:00:06.000 align:start position:0%
talk about rushes
[Music]
"""  # noqa: W293 - automatic captions look like this


def said(text, expected="srt"):
    return [(c.start_s, c.end_s, c.text) for c in parse_subtitles(text, expected).cues]


def test_subrip_is_read_and_its_tags_are_taken_out():
    assert said(SRT) == [(1.0, 2.5, "Hello there."), (3.0, 4.0, "How are you? I am fine.")]


def test_rolling_automatic_captions_are_said_once():
    read = parse_subtitles(ROLLING)
    assert (read.format, read.language, read.bad) == ("vtt", "en", ())
    assert [c.text for c in read.cues] == ["so today we", "talk about rushes"]


def test_the_same_words_held_on_are_one_cue_that_lasts():
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\n00:02.000 --> 00:05.000\nHi\n\n00:09.000 --> 00:10.000\nHi\n"
    assert said(text) == [(1, 5, "Hi"), (9, 10, "Hi")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[Music]", ""),
        ("(applause)", ""),
        ("♪ ♪", ""),
        ("♪ la la land ♪", "la la land"),
        ("[Laughter] Well, yes", "Well, yes"),
        (r"{\an8}Up here", "Up here"),
        ('<font color="#fff">Bright</font>', "Bright"),
        ("<v Ann>I said so</v>", "I said so"),
        ("Tom &amp; Ann&nbsp;here", "Tom & Ann here"),
        ("&lt;i&gt;slanted&lt;/i&gt;", "slanted"),
        (">> Good evening", "Good evening"),
        ("- Yes.", "Yes."),
        ("...", ""),
        ("\u200b\u202aHidden", "Hidden"),
        ("【音楽】こんにちは", "こんにちは"),
    ],
)
def test_a_line_is_cleaned_to_its_words(line, words):
    assert clean_line(line) == words


def test_a_bad_cue_is_listed_by_line_and_the_good_ones_go_in():
    text = SRT + "\n3\n00:00:09,000 --> 00:00:08,000\nbackwards\n\n4\n0:9 --> later\nwhat\n"
    read = parse_subtitles(text)
    assert len(read.cues) == 2
    assert [bad.line for bad in read.bad] == [11, 15]
    assert "not after its start" in read.bad[0].reason and "cannot be read" in read.bad[1].reason


def test_missing_empty_lines_and_hours_do_not_matter():
    text = "1\n00:01,5 --> 00:02,0\nOne\n2\n00:03,0 --> 00:04,0\nTwo"
    assert said(text) == [(1.5, 2, "One"), (3, 4, "Two")]


def test_comments_and_styles_of_vtt_say_nothing():
    text = "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nNOTE by hand\n\nintro\n00:01.000 --> 00:02.000\nHi\n"
    assert said(text) == [(1, 2, "Hi")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_any_usual_encoding_are_read(tmp_path, encoding):
    path = tmp_path / "talk.fr.srt"
    path.write_bytes("1\r\n00:00:01,000 --> 00:00:02,000\r\nDéjà vu\r\n".encode(encoding))
    read = read_subtitles(path)
    assert (read.cues[0].text, read.language) == ("Déjà vu", "fr")


def test_files_beside_a_video_are_found_by_its_name(tmp_path):
    for name in (
        "talk.en.vtt",
        "talk.srt",
        "talk.mp4",
        "talk2.srt",
        "talk.notes.final.srt",
        "talk.pt-BR.SRT",
    ):
        (tmp_path / name).write_text("")
    assert [p.name for p in beside(tmp_path / "talk.mp4")] == ["talk.srt", "talk.en.vtt", "talk.pt-BR.SRT"]
    assert language_of(tmp_path / "talk.pt-BR.SRT") == "pt-BR"


def test_a_file_that_is_none_says_so_by_name(tmp_path):
    path = tmp_path / "talk.srt"
    path.write_text("Dear diary")
    with pytest.raises(SubtitlesError, match=r"talk\.srt: holds no line like"):
        read_subtitles(path)
    with pytest.raises(SubtitlesError, match=r"gone\.srt cannot be read"):
        read_subtitles(tmp_path / "gone.srt")


@given(st.text(max_size=400))
def test_no_text_breaks_it(text):
    try:
        read = parse_subtitles("00:00:01,000 --> 00:00:02,000\n" + text)
    except SubtitlesError:
        return
    assert all(cue.text and cue.end_s > cue.start_s >= 0 for cue in read.cues)
