"""Pictures read ahead by a thread: the same pictures, the same errors, and no thread left behind, whatever happens."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from curation.media.child import ChildLimits, Decoder
from curation.media.decode import PictureReader
from curation.media.errors import DecoderCrashed, MediaError, Truncated
from curation.media.sound import iter_sound
from scoring.runner.ahead import AHEAD, ReadAhead
from scoring.runner.faces import FaceTimes, faces_wanted
from scoring.runner.frames import Converter, wanted_by
from scoring.scorers.base import Wants
from tests import footage

SMALL, FIVE, FULL = Wants(None, 60), Wants(5.0, 60, "grey"), Wants(2.0)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert not [thread.name for thread in threading.enumerate() if thread not in before]


def _wanted():
    return [wanted_by(SMALL), wanted_by(FIVE), wanted_by(FULL), faces_wanted()]


def test_pictures_and_pixels_are_those_of_reading_without_it(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=2, size=(160, 120))
    converter, times = Converter(), FaceTimes()
    plain = [wanted_by(SMALL), wanted_by(FIVE), wanted_by(FULL)]
    with PictureReader(path) as reader, ReadAhead(lambda: PictureReader(path), _wanted()) as ahead:
        for record, (other, made) in zip(reader, ahead, strict=True):
            assert (record.index, record.pts_s) == (other.index, other.pts_s)
            converter.take(record)
            wants = [want for wanted in plain for want in wanted(record.pts_s)]
            taken, sampled, searched = times.of(record.pts_s)
            wants += [Wants(None, 1080, "grey")] * taken + [Wants(None, 1080)] * sampled
            wants += [Wants(None, 480)] * (searched and not sampled)
            spent = made.seconds
            for want in wants:
                assert np.array_equal(converter.pixels(want)[0], made.pixels(want)[0])
            assert made.seconds == spent, "what a scorer takes was converted ahead"
    assert ahead.frames == 50 and ahead.read_s > 0


def test_no_more_pictures_wait_than_it_says(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=2)
    read: list[int] = []
    enough = threading.Event()

    def wanted(time_s):
        read.append(len(read))
        if len(read) == AHEAD + 1:
            enough.set()
        return ()

    with ReadAhead(lambda: PictureReader(path), [wanted]) as ahead:
        for seen, _ in enumerate(ahead, 1):
            if seen == 1:
                assert enough.wait(10), "it reads on while nobody asks"
            # those handed out, those that wait, and the one in the thread's hand
            assert len(read) <= seen + AHEAD + 1
    assert len(read) == 50


def test_a_file_that_breaks_in_the_middle_is_the_same_error_after_the_same_pictures(tmp_path):
    path = footage.BAD["truncated_late"].make(tmp_path)
    here: list[int] = []
    with pytest.raises(Truncated) as plain, PictureReader(path) as reader:
        here.extend(record.index for record in reader)
    there: list[int] = []
    with (
        pytest.raises(Truncated) as caught,
        ReadAhead(lambda: PictureReader(path), _wanted()) as ahead,
    ):
        there.extend(record.index for record, _ in ahead)
    assert there == here and here
    assert (str(caught.value), caught.value.at_s) == (str(plain.value), plain.value.at_s)


def test_a_file_that_cannot_be_opened_is_the_same_error(tmp_path):
    path = footage.BAD["text"].make(tmp_path)
    with pytest.raises(MediaError) as plain:
        PictureReader(path)
    with ReadAhead(lambda: PictureReader(path), []) as ahead:
        for _ in range(2):  # and whoever asks again is told again
            with pytest.raises(type(plain.value)) as caught:
                next(iter(ahead))
            assert str(caught.value) == str(plain.value)


def test_whoever_leaves_early_or_fails_ends_the_thread_and_closes_the_file(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=2)
    closed: list[bool] = []

    class Reader(PictureReader):
        def close(self) -> None:
            closed.append(True)
            super().close()

    with pytest.raises(ZeroDivisionError), ReadAhead(lambda: Reader(path), _wanted()) as ahead:
        for record, _ in ahead:
            if record.index == 3:
                raise ZeroDivisionError
    with ReadAhead(lambda: Reader(path), _wanted()):
        pass
    assert closed == [True, True]


def test_out_of_the_decoding_process_too_and_sound_is_read_beside_it(tmp_path):
    path = footage.GOOD["hard_cut.mp4"].make(tmp_path)
    with Decoder() as child:
        beside = child.beside().sound(path, block_s=0.5)
        with ReadAhead(lambda: child.pictures(path), _wanted()) as ahead:
            # From this thread, while the other one holds the decoder in mid-file.
            heard = [block.start_s for _, block in zip(ahead, beside, strict=False)]
            assert heard == [block.start_s for block in iter_sound(path, block_s=0.5)]
        with ReadAhead(lambda: child.pictures(path), _wanted()) as ahead:
            assert [record.index for record, _ in ahead] == list(range(100))


def test_a_decoder_that_dies_in_the_middle_is_the_error_it_was(tmp_path):
    path = footage.GOOD["hard_cut.mp4"].make(tmp_path)
    with (
        Decoder(ChildLimits(silence_s=20.0)) as child,
        pytest.raises(DecoderCrashed, match="SIGTERM"),
        ReadAhead(lambda: child.pictures(path), [], ahead=1) as ahead,
    ):
        for record, _ in ahead:
            if record.index == 1:
                os.kill(child.pid, signal.SIGTERM)
