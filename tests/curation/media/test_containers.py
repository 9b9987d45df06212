"""A file is read for what its bytes are, and never leads to another file or address."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from curation.media.containers import DEMUXERS, open_media, sniff
from curation.media.errors import REASONS, MediaError, Missing, RefusedContainer
from tests import footage


@pytest.mark.parametrize("name", sorted(footage.GOOD | footage.SOUNDS))
def test_known_containers_open(samples: dict[str, Path], name: str) -> None:
    with open_media(samples[name]) as opened:
        assert opened.demuxer in DEMUXERS
        assert opened.find_picture() or opened.find_sound()


@pytest.mark.parametrize("name", ["playlist", "concat", "session", "dash", "text", "web_page", "noise"])
@pytest.mark.parametrize("ending", [".mp4", ".m3u8", ".ffconcat", ".sdp", ".mpd", ".avi"])
def test_scripts_that_point_elsewhere_are_refused_whatever_their_name(
    tmp_path: Path, name: str, ending: str
) -> None:
    path = footage.BAD[name].make(tmp_path).rename(tmp_path / f"named{ending}")
    with pytest.raises(RefusedContainer) as caught:
        open_media(path)
    assert path.name in str(caught.value)


def test_a_playlist_opens_nothing_even_beside_the_video_it_names(tmp_path: Path) -> None:
    footage.video(tmp_path / "plain.mp4")
    with pytest.raises(RefusedContainer, match="points elsewhere"):
        open_media(footage.BAD["concat"].make(tmp_path))


def test_a_name_that_looks_like_a_protocol_is_only_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    footage.video(tmp_path / "concat:a.mp4", seconds=0.2)
    monkeypatch.chdir(tmp_path)
    with open_media("concat:a.mp4") as opened:
        assert opened.find_picture() is not None


@pytest.mark.parametrize(
    "path", ["http://127.0.0.1:1/a.mp4", "data:video/mp4;base64,AAAA", "no/such/file.mp4", "a\0b"]
)
def test_addresses_and_absent_files_are_missing(path: str) -> None:
    with pytest.raises(Missing):
        open_media(path)


def test_folders_and_pipes_are_not_files(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        with pytest.raises(Missing, match="not an ordinary file"):
            open_media(path)


def test_a_subtitle_or_empty_start_is_no_container() -> None:
    assert sniff(b"") is None
    assert sniff(b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello") is None
    assert sniff(b"\x00" * 400) is None


def test_every_reason_names_its_class() -> None:
    assert all(kind.reason == reason and issubclass(kind, MediaError) for reason, kind in REASONS.items())
