"""Shots cover a video without gap or overlap, and change where its cuts are."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from curation.media.decode import decode_frames
from curation.media.shots import ShotDetector, ShotSettings, detect_shots
from tests import footage
from tests.paths import SHARED_MEDIA, needs_shared_media


@pytest.mark.parametrize(
    "name", ["plain.mp4", "mpeg4.avi", "uneven.mp4", "ten_bit.mkv", "one_frame.mp4", "rotated.mp4"]
)
def test_a_video_without_a_cut_is_one_shot(samples: dict[str, Path], name: str) -> None:
    (shot,) = detect_shots(samples[name])
    assert (shot.start_s, shot.opens_with, shot.closes_with) == (0.0, "start", "end")


def test_a_hard_cut_is_found_at_its_own_time(samples: dict[str, Path]) -> None:
    first, second = detect_shots(samples["hard_cut.mp4"])
    assert first.end_s == second.start_s == 2.0
    assert (first.closes_with, second.opens_with, second.end_s) == ("cut", "cut", pytest.approx(4.0))


@pytest.mark.parametrize("settings", [ShotSettings(), ShotSettings(method="content", threshold=20.0)])
def test_several_cuts_cover_everything(tmp_path: Path, settings: ShotSettings) -> None:
    path = footage.video(tmp_path / "cuts.mp4", seconds=5, cuts_s=[1.0, 2.2, 4.0], sound=False)
    shots = detect_shots(path, settings=settings)
    assert [round(shot.start_s, 2) for shot in shots] == [0.0, 1.0, 2.2, 4.0]
    assert all(a.end_s == b.start_s and a.end_frame == b.first_frame for a, b in pairwise(shots))


def test_cuts_in_a_variable_rate_are_at_their_true_times(tmp_path: Path) -> None:
    times = footage.uneven_times(60)
    path = footage.video(tmp_path / "cuts.mp4", times=times, cuts_s=[float(times[30])], sound=False)
    _, second = detect_shots(path)
    assert second.start_s == pytest.approx(float(times[30]), abs=1e-4)


def test_a_shot_shorter_than_the_least_is_joined(tmp_path: Path) -> None:
    path = footage.video(tmp_path / "flash.mp4", seconds=4, cuts_s=[2.0, 2.2], sound=False)
    assert len(detect_shots(path)) == 2


def test_feeding_pictures_is_the_same_as_reading_the_file(samples: dict[str, Path]) -> None:
    detector = ShotDetector()
    for record in decode_frames(samples["hard_cut.mp4"]):
        detector.add(record)
    assert detector.finish() == detect_shots(samples["hard_cut.mp4"])
    assert ShotDetector().finish() == []


@needs_shared_media
def test_real_jump_cuts() -> None:
    assert len(detect_shots(SHARED_MEDIA / "stage_with_cuts.mp4")) >= 3
    assert len(detect_shots(SHARED_MEDIA / "talking_head_a.mp4")) == 1
