"""A rendition plays in a browser, seeks, and says truly which moment of the source each of its pictures is."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from curation.media.decode import decode_frames
from curation.media.errors import BadSpan, MediaError, TooLarge
from curation.media.probe import probe
from curation.media.regions import Region
from curation.media.rendition import make_rendition
from curation.media.sound import read_sound
from tests import footage
from tests.paths import SHARED_MEDIA, needs_shared_media


@pytest.mark.parametrize(
    "name", ["plain.mp4", "mpeg4.avi", "vp9.webm", "stream.ts", "uneven.mp4", "ten_bit.mkv"]
)
def test_pictures_are_those_of_the_span_at_their_true_times(
    samples: dict[str, Path], tmp_path: Path, name: str
) -> None:
    wanted = {
        footage.frame_number(r.rgb()): r.pts_s for r in decode_frames(samples[name], start_s=0.5, end_s=1.5)
    }
    made = make_rendition(samples[name], tmp_path / "made.mp4", start_s=0.5, end_s=1.5)
    shown = [(footage.frame_number(r.rgb()), r.pts_s) for r in decode_frames(made.path)]
    assert [number for number, _ in shown] == list(wanted)
    assert made.source_times == list(wanted.values()) and made.start_s == made.source_times[0]
    assert made.timestamps == pytest.approx([t - made.start_s for t in wanted.values()], abs=1e-4)
    assert [at for _, at in shown] == pytest.approx(made.timestamps, abs=1e-9)


def test_a_browser_can_play_and_seek_it(samples: dict[str, Path], tmp_path: Path) -> None:
    made = make_rendition(samples["mpeg4.avi"], tmp_path / "made.mp4", start_s=0.0, end_s=2.0)
    data = made.path.read_bytes()
    assert data.find(b"moov") < data.find(b"mdat"), "the index comes first"
    found = probe(made.path)
    assert (found.codec, found.pixel_format, found.sound_codec) == ("h264", "yuv420p", "aac")
    with av.open(str(made.path)) as container:
        keys = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.size and p.is_keyframe]
    gaps = np.diff([*keys, found.duration_s])
    assert keys[0] == 0.0 and gaps.max() <= 0.5 + 1e-6


@pytest.mark.parametrize(
    "name", ["odd_size.mkv", "one_frame.mp4", "picture_only.mp4", "no_duration.mkv", "rotated.mp4"]
)
def test_odd_sources_give_even_playable_files(samples: dict[str, Path], tmp_path: Path, name: str) -> None:
    source = probe(samples[name])
    made = make_rendition(samples[name], tmp_path / "made.mp4", start_s=0.0, end_s=source.duration_s)
    assert made.width % 2 == made.height % 2 == 0
    assert (made.width, made.height) == pytest.approx((source.display_width, source.display_height), abs=1)
    assert len(made.timestamps) == source.frame_count
    assert probe(made.path).has_sound == made.has_sound == source.has_sound


def test_pixels_that_are_not_square_become_square(samples: dict[str, Path], tmp_path: Path) -> None:
    made = make_rendition(samples["wide_pixels.mp4"], tmp_path / "made.mp4", start_s=0.0, end_s=0.5)
    assert (made.width, made.height) == (214, 120)


def test_only_the_region_is_shown(tmp_path: Path) -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    image[:, 80:] = 255
    source = footage.video(tmp_path / "halves.mp4", seconds=0.4, images=[image] * 10, sound=False)
    made = make_rendition(
        source, tmp_path / "right.mp4", start_s=0, end_s=0.4, region=Region(0.5, 0.0, 0.5, 1.0)
    )
    assert (made.width, made.height) == (80, 120)
    assert all(record.rgb().min() > 235 for record in decode_frames(made.path))


def test_a_preview_has_at_most_720_lines_and_the_original_all(tmp_path: Path) -> None:
    source = footage.video(tmp_path / "large.mp4", seconds=0.2, size=(1920, 1080), sound=False)
    preview = make_rendition(source, tmp_path / "a.mp4", start_s=0, end_s=0.2)
    original = make_rendition(source, tmp_path / "b.mp4", start_s=0, end_s=0.2, quality="original")
    assert (preview.width, preview.height) == (1280, 720)
    assert (original.width, original.height, original.quality) == (1920, 1080, "original")


def test_sound_is_that_of_the_span(samples: dict[str, Path], tmp_path: Path) -> None:
    made = make_rendition(samples["plain.mp4"], tmp_path / "made.mp4", start_s=0.6, end_s=1.6)
    source, copy = read_sound(samples["plain.mp4"]).span(0.6, 1.6), read_sound(made.path).span(0.0, 1.0)
    assert np.corrcoef(source[800:-800], copy[800:-800])[0, 1] > 0.99


def test_the_same_span_gives_the_same_bytes(samples: dict[str, Path], tmp_path: Path) -> None:
    a, b = (
        make_rendition(samples["uneven.mp4"], tmp_path / n, start_s=0.3, end_s=1.2)
        for n in ("a.mp4", "b.mp4")
    )
    assert a.sha256 == b.sha256 and a.path.read_bytes() == b.path.read_bytes()


def test_the_budget_lowers_quality_and_is_never_overrun(tmp_path: Path) -> None:
    noise = [np.random.default_rng(n).integers(0, 256, (240, 320, 3), dtype=np.uint8) for n in range(25)]
    source = footage.video(tmp_path / "noise.mp4", seconds=1, size=(320, 240), images=noise, sound=False)
    free = make_rendition(source, tmp_path / "free.mp4", start_s=0, end_s=1)
    tight = make_rendition(source, tmp_path / "tight.mp4", start_s=0, end_s=1, max_bytes=free.size_bytes // 4)
    assert tight.size_bytes <= free.size_bytes // 4
    with pytest.raises(TooLarge, match="budget"):
        make_rendition(source, tmp_path / "no.mp4", start_s=0, end_s=1, max_bytes=900)
    assert not (tmp_path / "no.mp4").exists()


def test_a_failure_leaves_nothing_behind(samples: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "store" / "made.mp4"
    with pytest.raises(BadSpan):
        make_rendition(samples["plain.mp4"], target, start_s=50, end_s=51)
    with pytest.raises(MediaError):
        make_rendition(footage.DAMAGED.make(tmp_path), target, start_s=0, end_s=4)
    assert list(target.parent.iterdir()) == []


@needs_shared_media
def test_real_mpeg4_in_avi_becomes_playable(tmp_path: Path) -> None:
    made = make_rendition(
        SHARED_MEDIA / "debate_two_speakers.avi",
        tmp_path / "left.mp4",
        start_s=1,
        end_s=2,
        region=Region(0, 0, 0.5, 1),
    )
    assert (made.width, made.height, len(made.timestamps), made.has_sound) == (640, 720, 25, True)
