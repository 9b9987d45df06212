"""A cut holds exactly its clip: every picture of it, none more, the same whether copied or encoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curation.media.cut import cut_media
from curation.media.decode import decode_frames
from curation.media.errors import BadSpan
from curation.media.probe import probe
from curation.media.regions import Region
from curation.media.sound import read_sound
from tests import footage


def numbers(path: Path) -> list[int]:
    return [footage.frame_number(record.rgb()) for record in decode_frames(path)]


@pytest.mark.parametrize(
    "name", ["plain.mp4", "b_frames.mp4", "vp9.webm", "mpeg4.avi", "stream.ts", "matroska.mkv", "uneven.mp4"]
)
@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 0.96), (0.48, 1.3), (0.5, 1.5), (0.0, 9.0)])
def test_exactly_the_pictures_of_the_span(
    samples: dict[str, Path], tmp_path: Path, name: str, start_s: float, end_s: float
) -> None:
    wanted = [
        (footage.frame_number(r.rgb()), r.pts_s)
        for r in decode_frames(samples[name], start_s=start_s, end_s=end_s)
    ]
    made = cut_media(samples[name], tmp_path / "cut.mp4", start_s=start_s, end_s=end_s)
    assert numbers(made.path) == [number for number, _ in wanted]
    assert made.frames == len(wanted) and made.start_s == pytest.approx(wanted[0][1])
    times = [record.pts_s for record in decode_frames(made.path)]
    assert times == pytest.approx([at - wanted[0][1] for _, at in wanted], abs=1e-3)


def test_what_begins_on_a_key_frame_is_copied_bit_for_bit(samples: dict[str, Path], tmp_path: Path) -> None:
    made = cut_media(samples["plain.mp4"], tmp_path / "cut.mp4", start_s=0.48, end_s=1.2)
    assert (made.picture, made.sound) == ("copied", "encoded")
    before = [r.rgb() for r in decode_frames(samples["plain.mp4"], start_s=0.48, end_s=1.2)]
    after = [r.rgb() for r in decode_frames(made.path)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("name", "start_s", "region"),
    [("plain.mp4", 0.5, None), ("plain.mp4", 0.48, Region(0, 0, 0.5, 1)), ("mpeg4.avi", 0.0, None)],
)
def test_what_cannot_be_copied_exactly_is_encoded(
    samples: dict[str, Path], tmp_path: Path, name: str, start_s: float, region: Region | None
) -> None:
    made = cut_media(samples[name], tmp_path / "cut.mp4", start_s=start_s, end_s=1.2, region=region)
    assert made.picture == "encoded"
    assert probe(made.path).codec == "h264"
    assert (made.width, made.height) == ((80, 120) if region else (160, 120))


@pytest.mark.parametrize("copy", [True, False])
def test_the_same_cut_twice_is_the_same_file(samples: dict[str, Path], tmp_path: Path, copy: bool) -> None:
    a, b = (
        cut_media(samples["plain.mp4"], tmp_path / name, start_s=0.48, end_s=1.4, copy=copy)
        for name in ("a.mp4", "b.mp4")
    )
    assert a.sha256 == b.sha256 and a.path.read_bytes() == b.path.read_bytes()


@pytest.mark.parametrize("copy", [True, False])
def test_sound_begins_with_the_picture(samples: dict[str, Path], tmp_path: Path, copy: bool) -> None:
    made = cut_media(samples["plain.mp4"], tmp_path / "cut.mp4", start_s=0.48, end_s=1.48, copy=copy)
    before, after = read_sound(samples["plain.mp4"]).span(0.48, 1.48), read_sound(made.path).span(0.0, 1.0)
    assert np.corrcoef(before[800:-800], after[800:-800])[0, 1] > 0.99


def test_a_turned_picture_comes_out_upright(samples: dict[str, Path], tmp_path: Path) -> None:
    made = cut_media(samples["rotated.mp4"], tmp_path / "cut.mp4", start_s=0.0, end_s=0.5)
    found = probe(made.path)
    assert (found.width, found.height, found.rotation, made.picture) == (120, 160, 0, "encoded")


def test_a_source_without_sound_gives_a_cut_without(samples: dict[str, Path], tmp_path: Path) -> None:
    made = cut_media(samples["picture_only.mp4"], tmp_path / "cut.mp4", start_s=0.0, end_s=1.0)
    assert made.sound is None and not probe(made.path).has_sound


def test_an_empty_span_leaves_nothing(samples: dict[str, Path], tmp_path: Path) -> None:
    for copy in (True, False):
        with pytest.raises(BadSpan):
            cut_media(samples["plain.mp4"], tmp_path / "cut.mp4", start_s=70, end_s=71, copy=copy)
    assert list(tmp_path.iterdir()) == []
