"""Scorers measure the same wherever the file is decoded, and the sound beside the picture too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from curation.media.child import Decoder
from scoring.runner.listen import listen_source
from scoring.runner.look import look_source
from scoring.scorers.image_quality import ImageQuality
from scoring.scorers.sound_window import SoundWindow
from scoring.scorers.speech import Speech
from tests import footage


@pytest.fixture(scope="module")
def child() -> Iterator[Decoder]:
    with Decoder() as one:
        yield one


@pytest.mark.parametrize("name", ["plain.mp4", "rotated.mp4", "uneven.mp4", "odd_size.mkv", "hard_cut.mp4"])
def test_series_are_equal(child: Decoder, tmp_path: Path, name: str) -> None:
    path = footage.GOOD[name].make(tmp_path)
    here = look_source(path, tmp_path / "here", [ImageQuality()])
    there = look_source(path, tmp_path / "there", [ImageQuality()], media=child)
    assert here.shots == there.shots and here.frames == there.frames
    assert here.series_path.read_bytes() == there.series_path.read_bytes()


def test_sound_is_heard_while_the_picture_is_seen(child: Decoder, tmp_path: Path) -> None:
    path = footage.GOOD["hard_cut.mp4"].make(tmp_path)
    here, there = SoundWindow(path), SoundWindow(path, media=child)
    with child.pictures(path) as reader:
        for record in reader:
            first = round(record.pts_s * 16_000)
            assert np.array_equal(here.samples(first, first + 640), there.samples(first, first + 640))
    a = listen_source(path, tmp_path / "here", [Speech()])
    b = listen_source(path, tmp_path / "there", [Speech()], media=child)
    assert a.series_path.read_bytes() == b.series_path.read_bytes()
