"""What a file holds is measured, and what is wrong with it is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curation.media.errors import MediaError, NoPicture
from curation.media.probe import probe
from tests import footage
from tests.paths import SHARED_MEDIA, needs_shared_media

# Both stretch a time: the variable one by its making, AVI by its whole-frame clock; hard_cut is longer.
OTHER_LENGTH = {"uneven.mp4", "one_frame.mp4", "mpeg4_b_frames.avi", "hard_cut.mp4"}


@pytest.mark.parametrize("name", sorted(set(footage.GOOD) - OTHER_LENGTH))
def test_length_rate_and_count_are_those_of_the_pictures(samples: dict[str, Path], name: str) -> None:
    found = probe(samples[name])
    assert found.frame_count == 50
    assert found.duration_s == pytest.approx(2.0, abs=0.002)
    assert found.fps == pytest.approx(25.0, abs=0.05)
    assert found.variable_frame_rate is False
    assert found.has_sound == (name != "picture_only.mp4")
    json.dumps(found.as_dict())


def test_sizes_and_codec(samples: dict[str, Path]) -> None:
    found = probe(samples["odd_size.mkv"])
    assert (found.width, found.height, found.codec) == (161, 121, "ffv1")
    assert probe(samples["ten_bit.mkv"]).pixel_format == "yuv420p10le"
    assert probe(samples["wide_pixels.mp4"]).sample_aspect == "4/3"


def test_bit_rate_is_that_of_the_picture_alone(samples: dict[str, Path]) -> None:
    found = probe(samples["plain.mp4"])
    whole = found.size_bytes * 8 / found.duration_s
    assert found.picture_bitrate is not None and 0 < found.picture_bitrate < whole


def test_a_turned_picture_swaps_its_sides(samples: dict[str, Path]) -> None:
    found = probe(samples["rotated.mp4"])
    assert found.rotation in (90, 270)
    assert (found.width, found.height) == (160, 120)
    assert (found.display_width, found.display_height) == (120, 160)


def test_variable_frame_rate_is_flagged(samples: dict[str, Path]) -> None:
    found = probe(samples["uneven.mp4"])
    assert found.variable_frame_rate is True
    assert found.irregular_intervals == 26
    assert found.fps == pytest.approx(39 / float(footage.uneven_times()[-1]), rel=1e-3)


def test_a_header_without_duration_is_none_and_the_packets_tell(samples: dict[str, Path]) -> None:
    found = probe(samples["no_duration.mkv"])
    assert found.header_duration_s is None
    assert found.duration_s == pytest.approx(2.0, abs=0.002)


def test_one_picture_has_no_measurable_regularity(samples: dict[str, Path]) -> None:
    found = probe(samples["one_frame.mp4"])
    assert (found.frame_count, found.variable_frame_rate) == (1, None)


@pytest.mark.parametrize("name", sorted(footage.SOUNDS))
def test_sound_without_picture(samples: dict[str, Path], name: str) -> None:
    found = probe(samples[name])
    assert (found.has_picture, found.has_sound, found.fps, found.width) == (False, True, None, None)
    assert found.duration_s == pytest.approx(2.0, abs=0.06)
    with pytest.raises(NoPicture):
        probe(samples[name], need_picture=True)


@pytest.mark.parametrize("name", sorted(footage.BAD))
def test_bad_files_are_refused_with_their_reason_and_name(tmp_path: Path, name: str) -> None:
    sample = footage.BAD[name]
    with pytest.raises(MediaError) as caught:
        probe(sample.make(tmp_path))
    assert caught.value.reason == sample.reason
    assert str(caught.value).startswith(sample.name)


@needs_shared_media
def test_real_footage() -> None:
    debate = probe(SHARED_MEDIA / "debate_two_speakers.avi")
    assert (debate.width, debate.height, debate.fps, debate.codec) == (1280, 720, 25.0, "mpeg4")
    stage = probe(SHARED_MEDIA / "stage_with_cuts.mp4")
    assert stage.fps == pytest.approx(29.97) and stage.frame_count == 275
    talk = probe(SHARED_MEDIA / "conversation.wav")
    assert (talk.has_picture, talk.duration_s) == (False, 30.0)
