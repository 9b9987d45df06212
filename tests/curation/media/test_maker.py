"""Files made in the limited process are those made here; one that breaks it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from curation.media.child import ChildLimits
from curation.media.cut import cut_media
from curation.media.errors import BadSpan, DecoderKilled, MediaError
from curation.media.maker import MAKER_LIMITS, Maker
from curation.media.regions import Region
from curation.media.rendition import make_rendition
from curation.media.thumbnail import make_poster
from curation.media.waveform import make_waveform
from tests import footage


@pytest.fixture(scope="module")
def maker() -> Iterator[Maker]:
    with Maker() as one:
        yield one


def test_what_is_made_is_the_same_byte_for_byte(
    maker: Maker, samples: dict[str, Path], tmp_path: Path
) -> None:
    source, span = samples["uneven.mp4"], {"start_s": 0.3, "end_s": 1.2}
    region = Region(0.5, 0.0, 0.5, 1.0)
    for name, here, there in (
        ("a.mp4", make_rendition, maker.rendition),
        ("a.jpg", make_poster, maker.poster),
        ("c.mp4", cut_media, maker.cut),
    ):
        mine = here(source, tmp_path / "here" / name, **span, region=region)
        theirs = there(source, tmp_path / "there" / name, **span, region=region)
        assert theirs == replace(mine, path=theirs.path)
        assert theirs.path.read_bytes() == mine.path.read_bytes()
    assert maker.waveform(source, **span) == make_waveform(source, **span)
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["a.jpg", "a.mp4", "c.mp4"]


def test_errors_keep_their_type_and_leave_nothing(
    maker: Maker, samples: dict[str, Path], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    with pytest.raises(BadSpan):
        maker.rendition(samples["plain.mp4"], store / "a.mp4", start_s=50, end_s=51)
    with pytest.raises(MediaError):
        maker.rendition(footage.DAMAGED.make(tmp_path), store / "a.mp4", start_s=0, end_s=4)
    assert list(store.iterdir()) == []


def test_a_file_beyond_its_size_is_refused_and_the_next_is_made(
    samples: dict[str, Path], tmp_path: Path
) -> None:
    with Maker(replace(MAKER_LIMITS, file_bytes=2000)) as one:
        with pytest.raises(MediaError):
            one.rendition(samples["plain.mp4"], tmp_path / "store" / "a.mp4", start_s=0, end_s=2)
        assert list((tmp_path / "store").iterdir()) == []
        assert one.waveform(samples["plain.mp4"], start_s=0, end_s=2).high


def test_a_process_that_only_decodes_writes_no_file(samples: dict[str, Path], tmp_path: Path) -> None:
    with Maker(ChildLimits()) as one, pytest.raises(MediaError):
        one.poster(samples["plain.mp4"], tmp_path / "store" / "a.jpg", start_s=0, end_s=2)
    assert list((tmp_path / "store").iterdir()) == []


def test_killed_in_the_middle_it_leaves_nothing_and_says_that_it_was_killed(tmp_path: Path) -> None:
    source = footage.video(tmp_path / "long.mp4", seconds=20, size=(640, 480))
    store = tmp_path / "store"
    with Maker() as one:

        def kill_once_it_writes() -> None:
            while not list(store.glob(".making-*/.unfinished*")):
                time.sleep(0.005)
            assert one.pid is not None
            os.kill(one.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill_once_it_writes)
        killer.start()
        with pytest.raises(DecoderKilled):
            one.rendition(source, store / "a.mp4", start_s=0, end_s=20)
        killer.join()
        assert list(store.iterdir()) == []
        assert one.rendition(source, store / "a.mp4", start_s=0, end_s=1).size_bytes > 0
