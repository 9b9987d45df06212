"""Faces tracked through a decoded film, with a detector that says what the test wants."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from curation.media.decode import PictureReader
from scoring.runner.faces import FaceStage
from scoring.runner.frames import Converter
from scoring.scorers.base import SourceFacts
from tests import footage

FACTS = SourceFacts("0" * 64, 4.0, 320, 240, 25.0)


class _Seen:
    def __init__(self) -> None:
        self.frames = []

    def look(self, frames) -> None:
        self.frames += frames

    def finish(self):
        return []


class _Scorer:
    name = "seen"


def _run(tmp_path, faces_at, *, cuts=(), seconds=4.0, fps=25):
    """``faces_at(time_s)`` gives the boxes, in source pixels; returns the frames handed out and the series."""
    path = footage.video(tmp_path / "a.mp4", seconds=seconds, fps=fps, size=(320, 240), sound=False)
    now = [0.0]
    cuts_s: list[float] = []
    stage = FaceStage(FACTS, lambda rgb, depth: [(box, 0.9) for box in faces_at(now[0])], cuts_s)
    seen, converter = _Seen(), Converter()
    stage.add_scorer(_Scorer(), seen)
    with PictureReader(path) as reader:
        for record in reader:
            now[0] = record.pts_s
            # As the cut detector does: a cut is known two frames after it.
            cuts_s.extend(cut for cut in cuts if cut <= record.pts_s - 2 / fps and cut not in cuts_s)
            converter.take(record)
            stage.add(record, converter)
    return seen.frames, {one.name: one for one in stage.finish()}


def test_faces_found_by_another_thread_are_the_same(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=3.0, size=(320, 240), sound=False)

    def find(rgb, depth):  # what is found depends on the picture and the depth alone
        number = footage.frame_number(rgb)
        return [((50.0 + number, 60.0, 110.0 + number, 120.0), 0.9 - depth / 10)]

    def run(finder):
        stage, seen, converter = FaceStage(FACTS, find, [1.5], finder), _Seen(), Converter()
        stage.add_scorer(_Scorer(), seen)
        with PictureReader(path) as reader:
            for record in reader:
                converter.take(record)
                stage.add(record, converter)
        return stage.finish(), [(frame.time_s, frame.shot, frame.faces) for frame in seen.frames]

    with ThreadPoolExecutor(1) as finder:
        (here, seen_here), (there, seen_there) = run(None), run(finder)
    assert seen_here == seen_there and len(seen_here) == 75
    for a, b in zip(here, there, strict=True):
        assert a.name == b.name and a.columns.keys() == b.columns.keys()
        assert all(np.array_equal(a[name], b[name], equal_nan=True) for name in a.columns)


def test_what_breaks_the_detector_in_another_thread_is_heard_of(tmp_path):
    path = footage.video(tmp_path / "a.mp4", seconds=1.0, sound=False)

    def find(rgb, depth):
        raise ZeroDivisionError("no luck")

    with ThreadPoolExecutor(1) as finder, PictureReader(path) as reader:
        stage, converter = FaceStage(FACTS, find, [], finder), Converter()
        with pytest.raises(ZeroDivisionError, match="no luck"):
            for record in reader:
                converter.take(record)
                stage.add(record, converter)


def _moving(time_s):
    return [(50 + 20 * time_s, 60, 110 + 20 * time_s, 120)]


def test_every_frame_of_the_grid_comes_once_in_order_with_its_own_picture(tmp_path):
    frames, _ = _run(tmp_path, _moving)
    assert [frame.index for frame in frames] == list(range(100))
    assert [frame.rgb is not None for frame in frames] == [n % 5 == 0 for n in range(100)]
    assert all(footage.frame_number(np.stack([f.grey] * 3, -1)) == f.index for f in frames)


def test_boxes_between_detections_are_interpolated(tmp_path):
    frames, series = _run(tmp_path, _moving)
    for frame in frames:
        (face,) = frame.faces
        assert face.box[0] == pytest.approx(50 + 20 * frame.time_s, abs=2.0)
    (track,) = series["tracks"]["track"]
    assert (series["tracks"]["time_s"][0], series["tracks"]["end_s"][0]) == pytest.approx((0.0, 4.0))
    assert track == 0


def test_a_face_missed_for_half_a_second_is_bridged_and_says_so(tmp_path):
    frames, series = _run(tmp_path, lambda t: [] if 1.5 <= t < 2.0 else _moving(t))
    assert all(len(frame.faces) == 1 for frame in frames)
    bridged = [frame for frame in frames if 1.52 <= frame.time_s < 1.98]
    assert all(frame.faces[0].score is None for frame in bridged)
    assert bridged[5].faces[0].box[0] == pytest.approx(50 + 20 * bridged[5].time_s, abs=2.0)
    at_gap = series["faces"].between(1.55, 1.95)
    assert len(at_gap) and np.isnan(at_gap["score"]).all()


def test_a_face_that_was_away_is_the_same_track_but_not_there_meanwhile(tmp_path):
    frames, series = _run(tmp_path, lambda t: [] if 1.0 <= t < 3.0 else [(50, 60, 110, 120)])
    assert not [frame for frame in frames if 1.2 < frame.time_s < 2.8 and frame.faces]
    assert series["tracks"]["track"].tolist() == [0]


def test_tracks_begin_anew_at_a_cut(tmp_path):
    frames, series = _run(tmp_path, lambda t: [(50, 60, 110, 120)], cuts=(2.0,))
    assert {frame.faces[0].track for frame in frames if frame.time_s < 2.0} == {0}
    assert {frame.faces[0].track for frame in frames if frame.time_s >= 2.0} == {1}
    assert series["tracks"]["shot"].tolist() == [0, 1]
    assert series["tracks"]["time_s"][1] == pytest.approx(2.0)
    assert series["tracks"]["end_s"][0] == pytest.approx(2.0)


def test_a_false_alarm_is_nobody(tmp_path):
    frames, series = _run(
        tmp_path, lambda t: [(50, 60, 110, 120)] + ([(250, 150, 300, 200)] if 1.0 <= t < 1.1 else [])
    )
    assert all(len(frame.faces) == 1 for frame in frames)
    assert len(series["tracks"]) == 1


def test_a_source_without_a_face_has_samples_and_no_faces(tmp_path):
    frames, series = _run(tmp_path, lambda t: [])
    assert len(frames) == 100 and len(series["samples"]) == 20
    assert len(series["faces"]) == len(series["tracks"]) == 0
