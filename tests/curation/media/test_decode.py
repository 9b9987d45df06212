"""Every picture once, in order, upright, with its true time; a file that is not whole says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curation.media.decode import PictureReader, decode_frames
from curation.media.errors import BadSpan, Damaged, NoPicture, TooLarge, TooLong, TooSlow, Truncated
from curation.media.limits import DecodeLimits
from tests import footage

UPRIGHT = sorted(set(footage.GOOD) - {"rotated.mp4"})


@pytest.mark.parametrize("name", UPRIGHT)
def test_pictures_come_once_in_order(samples: dict[str, Path], name: str) -> None:
    with PictureReader(samples[name]) as reader:
        records = [(r.index, footage.frame_number(r.rgb()), r.pts_s) for r in reader]
    assert (
        [index for index, _, _ in records]
        == [number for _, number, _ in records]
        == list(range(len(records)))
    )
    times = [pts for _, _, pts in records]
    assert times == sorted(set(times))
    assert reader.summary.complete and reader.summary.damaged_packets == 0


def test_times_are_the_true_ones_of_a_variable_rate(samples: dict[str, Path]) -> None:
    times = [record.pts_s for record in decode_frames(samples["uneven.mp4"])]
    assert times == pytest.approx([float(t) for t in footage.uneven_times()], abs=1e-4)


@pytest.mark.parametrize(
    "name", ["plain.mp4", "b_frames.mp4", "stream.ts", "vp9.webm", "mpeg4.avi", "uneven.mp4"]
)
@pytest.mark.parametrize(("start_s", "end_s"), [(0.5, 1.0), (1.3, 1.75), (0.0, 0.2), (1.0, None)])
def test_a_span_holds_exactly_the_pictures_that_start_in_it(
    samples: dict[str, Path], name: str, start_s: float, end_s: float | None
) -> None:
    everything = {footage.frame_number(r.rgb()): r.pts_s for r in decode_frames(samples[name])}
    wanted = [n for n, t in everything.items() if t >= start_s - 1e-6 and (end_s is None or t < end_s - 1e-6)]
    found = [
        footage.frame_number(r.rgb()) for r in decode_frames(samples[name], start_s=start_s, end_s=end_s)
    ]
    assert found == wanted


def test_a_turned_video_is_shown_upright(tmp_path: Path) -> None:
    """Written lying on its side with the display matrix that puts it right."""
    upright = [footage.picture(n, (120, 160)) for n in range(5)]
    lying = [np.rot90(image, k=-1) for image in upright]
    path = footage.video(tmp_path / "turned.mp4", seconds=0.2, size=(160, 120), images=lying, rotation=90)
    records = list(decode_frames(path))
    assert [(r.width, r.height) for r in records] == [(120, 160)] * 5
    assert [footage.frame_number(r.rgb()) for r in records] == [0, 1, 2, 3, 4]
    assert records[0].rgb(max_side=80).shape == (80, 60, 3)


def test_arrays_have_the_shape_and_order_that_was_asked_for(samples: dict[str, Path]) -> None:
    record = next(decode_frames(samples["plain.mp4"]))
    rgb, bgr = record.rgb(), record.bgr()
    assert rgb.shape == (120, 160, 3) and rgb.dtype == np.uint8 and rgb.flags.c_contiguous
    assert np.array_equal(rgb[..., ::-1], bgr)
    assert record.rgb(size=(40, 30)).shape == (30, 40, 3)
    assert record.rgb(max_side=1000).shape == rgb.shape, "never scaled up"
    assert record.grey(max_side=80).shape == (60, 80)


def test_limits_are_errors_never_shorter_results(samples: dict[str, Path]) -> None:
    for limits, error in (
        (DecodeLimits(max_frames=10), TooLong),
        (DecodeLimits(max_duration_s=1.0), TooLong),
        (DecodeLimits(max_pixels=1000), TooLarge),
        (DecodeLimits(max_wall_s=0.0), TooSlow),
    ):
        with pytest.raises(error):
            list(decode_frames(samples["plain.mp4"], limits=limits))


def test_a_cut_off_file_gives_its_pictures_and_then_says_so(tmp_path: Path) -> None:
    count = 0
    with pytest.raises(Truncated, match="cut off"):
        for _ in decode_frames(footage.BAD["truncated_late"].make(tmp_path)):
            count += 1
    assert count > 0


def test_rubbish_inside_is_damage_not_a_short_video(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="cannot be decoded"):
        list(decode_frames(footage.DAMAGED.make(tmp_path)))


def test_spans_that_hold_nothing(samples: dict[str, Path]) -> None:
    with pytest.raises(BadSpan):
        list(decode_frames(samples["plain.mp4"], start_s=1.0, end_s=1.0))
    with pytest.raises(BadSpan, match="no picture from"):
        list(decode_frames(samples["plain.mp4"], start_s=60.0))


def test_sound_has_no_pictures(samples: dict[str, Path]) -> None:
    with pytest.raises(NoPicture):
        next(decode_frames(samples["sound.m4a"]))


@pytest.mark.parametrize("layout", ["rgb24", "gray"])
def test_pixels_do_not_depend_on_the_pictures_converted_before(samples: dict[str, Path], layout: str) -> None:
    names = ("plain.mp4", "rotated.mp4", "ten_bit.mkv", "odd_size.mkv")
    readers = [iter(PictureReader(samples[name])) for name in names]
    for _ in range(3):
        for reader in readers:  # four kinds of pictures in turn, to one size
            record = next(reader)
            frame = record.av_frame()
            width, height = (96, 72) if record.turn in (0, 180) else (72, 96)
            alone = np.rot90(frame.to_ndarray(format=layout, width=width, height=height), k=record.turn // 90)
            assert np.array_equal(
                record.rgb(size=(96, 72)) if layout == "rgb24" else record.grey(size=(96, 72)), alone
            )
