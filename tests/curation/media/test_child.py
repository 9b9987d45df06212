"""Decoding elsewhere gives the same pictures and sound; a file that kills the decoder costs only itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from curation.media.child import ChildLimits, Decoder, decoder
from curation.media.decode import PictureReader
from curation.media.errors import DecoderCrashed, MediaError, OutOfMemory, TooLong, TooSlow, Truncated
from curation.media.limits import DecodeLimits
from curation.media.probe import probe
from curation.media.shots import detect_shots
from curation.media.sound import iter_sound
from tests import footage


@pytest.fixture(scope="module")
def child() -> Iterator[Decoder]:
    with Decoder() as one:
        yield one


@pytest.mark.parametrize("name", sorted(footage.GOOD))
def test_everything_is_as_if_decoded_here(child: Decoder, samples: dict[str, Path], name: str) -> None:
    path = samples[name]
    assert child.probe(path) == probe(path)
    with PictureReader(path) as here, child.pictures(path) as there:
        for a, b in zip(here, there, strict=True):
            assert (a.index, a.pts_s, a.duration_s, a.turn, a.key) == (
                b.index,
                b.pts_s,
                b.duration_s,
                b.turn,
                b.key,
            )
            assert a.av_frame().format.name == b.av_frame().format.name
            assert np.array_equal(a.av_frame().to_ndarray(), b.av_frame().to_ndarray())
            # The library rounds ten bits differently where lines are padded differently.
            if name == "ten_bit.mkv":
                assert np.abs(a.rgb().astype(int) - b.rgb()).max() <= 3
            else:
                assert np.array_equal(a.rgb(), b.rgb())
        assert here.summary == there.summary
        assert (here.average_fps, here.sample_aspect) == (there.average_fps, there.sample_aspect)
    if probe(path).has_sound:
        for x, y in zip(iter_sound(path), child.sound(path), strict=True):
            assert (x.start_s, x.rate) == (y.start_s, y.rate) and np.array_equal(x.samples, y.samples)


def test_spans_and_shots_too(child: Decoder, samples: dict[str, Path]) -> None:
    with child.pictures(samples["plain.mp4"], start_s=0.5, end_s=0.7) as reader:
        assert [footage.frame_number(record.rgb()) for record in reader] == [13, 14, 15, 16, 17]
    assert child.shots(samples["hard_cut.mp4"]) == detect_shots(samples["hard_cut.mp4"])


def test_sound_is_read_while_the_picture_is(child: Decoder, samples: dict[str, Path]) -> None:
    path = samples["hard_cut.mp4"]
    with child.pictures(path) as reader:
        blocks = child.sound(path, block_s=0.5)
        both = [(record.index, next(blocks, None)) for record in reader]
    assert [index for index, _ in both] == list(range(100))
    heard = [block.start_s for _, block in both if block is not None]
    assert heard == [block.start_s for block in iter_sound(path, block_s=0.5)]
    assert child.probe(path).frame_count == 100


@pytest.mark.parametrize("name", sorted(footage.BAD))
def test_errors_come_across_with_their_type_and_words(child: Decoder, tmp_path: Path, name: str) -> None:
    path = footage.BAD[name].make(tmp_path)
    with pytest.raises(MediaError) as here:
        probe(path)
    with pytest.raises(type(here.value)) as there:
        child.probe(path)
    assert str(there.value) == str(here.value) and there.value.reason == footage.BAD[name].reason


def test_limits_hold_there_too(child: Decoder, samples: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(TooLong):
        list(child.pictures(samples["plain.mp4"], limits=DecodeLimits(max_frames=5)))
    with pytest.raises(Truncated):
        list(child.pictures(footage.BAD["truncated_late"].make(tmp_path)))


def test_one_process_serves_many_files_also_when_left_early(child: Decoder, samples: dict[str, Path]) -> None:
    child.probe(samples["plain.mp4"])
    pid = child.pid
    for name in ("plain.mp4", "uneven.mp4", "odd_size.mkv"):
        with child.pictures(samples[name]) as reader:
            assert next(iter(reader)).index == 0
        assert child.probe(samples[name]).has_picture
    for _ in child.sound(samples["plain.mp4"], block_s=0.05):
        break
    assert child.probe(samples["plain.mp4"]).frame_count == 50
    assert child.pid == pid


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_a_crash_is_an_error_and_the_next_file_is_decoded(samples: dict[str, Path], name: str) -> None:
    with Decoder() as one:
        with pytest.raises(DecoderCrashed, match=name), one.pictures(samples["hard_cut.mp4"]) as reader:
            for record in reader:
                if record.index == 3:
                    assert one.pid is not None
                    os.kill(one.pid, signal.Signals[name])
        assert one.probe(samples["plain.mp4"]).frame_count == 50


def test_a_decoder_that_hangs_is_given_up(samples: dict[str, Path]) -> None:
    with Decoder(ChildLimits(silence_s=0.3)) as one:
        one.limits = replace(one.limits, silence_s=30)
        one.probe(samples["plain.mp4"])  # started, so that only the hang is measured
        one.limits = replace(one.limits, silence_s=0.3)
        stuck = one.pid
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        with pytest.raises(TooSlow, match="silent"):
            one.probe(samples["plain.mp4"])
        with pytest.raises(ProcessLookupError):
            os.kill(stuck, 0)
        one.limits = replace(one.limits, silence_s=30)
        assert one.probe(samples["plain.mp4"]).frame_count == 50


def test_processor_time_is_bounded(tmp_path: Path) -> None:
    """With no further second allowed, the kernel ends the process as soon as its first is used up."""
    path = footage.video(tmp_path / "large.mp4", seconds=1, fps=10, size=(1920, 1080), sound=False)
    with Decoder(ChildLimits(cpu_s=0)) as one, pytest.raises(TooSlow, match="processor time"):
        for _ in range(200):
            list(one.pictures(path))


def test_memory_is_bounded(samples: dict[str, Path], tmp_path: Path) -> None:
    """A few megabytes above what a small file needs: a large picture does not fit, a small one still does."""
    black = [np.zeros((4320, 7680, 3), np.uint8)] * 2
    path = footage.video(
        tmp_path / "large.mp4", seconds=0.2, fps=10, size=(7680, 4320), images=black, sound=False
    )
    with Decoder() as one:
        list(one.pictures(samples["plain.mp4"]))
        status = Path(f"/proc/{one.pid}/status").read_text()
    needed = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmPeak"))
    with Decoder(ChildLimits(memory_bytes=needed + 24 * 1024**2)) as one:
        for _ in range(2):
            with pytest.raises(OutOfMemory, match="more memory"):
                list(one.pictures(path))
            assert len(list(one.pictures(samples["plain.mp4"]))) == 50


def test_open_files_and_written_bytes_are_bounded(samples: dict[str, Path]) -> None:
    with Decoder(ChildLimits(open_files=40)) as one:
        one.probe(samples["plain.mp4"])
        lines = Path(f"/proc/{one.pid}/limits").read_text().splitlines()
    soft = {line[:25].strip(): line[25:].split()[:2] for line in lines[1:]}
    assert soft["Max open files"] == ["40", "40"]
    assert soft["Max file size"] == [str(ChildLimits().file_bytes)] * 2


def test_it_is_renewed_after_its_share_of_files(samples: dict[str, Path]) -> None:
    with Decoder(ChildLimits(files=2)) as one:
        pids = []
        for _ in range(4):
            one.probe(samples["plain.mp4"])
            pids.append(one.pid)
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_nothing_is_left_running(samples: dict[str, Path]) -> None:
    with Decoder() as one:
        one.probe(samples["plain.mp4"])
        pid = one.pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_each_process_has_one_of_its_own(samples: dict[str, Path]) -> None:
    mine = decoder()
    assert decoder() is mine
    mine.probe(samples["plain.mp4"])
    before = mine.pid
    pid = os.fork()
    if pid == 0:
        try:
            good = mine.probe(samples["plain.mp4"]).frame_count == 50 and mine.pid != before
            mine.close()
        except BaseException:
            good = False
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert mine.probe(samples["plain.mp4"]).frame_count == 50 and mine.pid == before
    mine.close()
