"""What is found in real footage: people, tracks, cuts, heads."""

from __future__ import annotations

import pytest

from scoring.runner.derive import score_clip
from scoring.runner.look import LookResult, look_source
from scoring.scorers.base import Span
from tests.paths import SHARED_MEDIA, needs_shared_media

pytestmark = needs_shared_media


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """Looks at a film of the shared folder once for all tests."""
    folder = tmp_path_factory.mktemp("series")
    done: dict[str, LookResult] = {}

    def look(name: str) -> LookResult:
        if name not in done:
            done[name] = look_source(SHARED_MEDIA / name, folder)
        return done[name]

    return look


@pytest.mark.parametrize("name", ["talking_head_a.mp4", "talking_head_b.mp4"])
def test_a_talking_head_is_one_main_track_throughout(looked, name):
    found = looked(name)
    picture_end = found.shots[-1].end_s
    main = max(found.tracks, key=lambda track: (track.box[2] - track.box[0]) * track.detections)
    assert (main.start_s, main.end_s) == pytest.approx((0.0, picture_end), abs=0.05)
    assert 200 < main.box[2] - main.box[0] < 400
    card = score_clip([found.series_path], Span(0.0, picture_end, main.number))
    assert card.values["completeness_min"] == card.values["completeness_avg"] == 100
    assert card.values["face_consistency"] == 100
    assert card.values["cut_count"] == 0
    assert 80 < card.values["orientation_min"] <= 100, "it looks into the camera"
    assert 200 < card.values["face_size_px"] < 400
    assert not [status for status in card.statuses.values() if status.word == "failed"]


def test_a_debate_is_two_people_two_tracks_and_no_swap(looked):
    found = looked("debate_two_speakers.avi")
    end = found.shots[-1].end_s
    assert len(found.tracks) == 2
    for track in found.tracks:
        assert (track.start_s, track.end_s) == pytest.approx((0.0, end), abs=0.05)
    from scoring.runner.series import SeriesFile

    faces = SeriesFile(found.series_path).get("faces")
    for track in found.tracks:
        middles = (faces.of_track(track.number)["box"][:, 0] + faces.of_track(track.number)["box"][:, 2]) / 2
        assert (middles < 640).all() or (middles > 640).all(), "each stays on its side of the split screen"
    card = score_clip([found.series_path], Span(0.0, end))
    assert card.values["persons_max"] == card.values["persons_clip"] == 2
    assert card.values["joint_overlap_s"] == pytest.approx(end)
    assert card.values["face_area_ratio"] > 0.5


def test_a_performance_with_cuts_has_them_found(looked):
    found = looked("stage_with_cuts.mp4")
    assert [shot.start_s for shot in found.shots] == pytest.approx([0, 0.667, 2.002, 2.736, 7.04], abs=0.05)
    for track in found.tracks:
        shot = found.shots[track.shot]
        assert shot.start_s - 0.05 <= track.start_s < track.end_s <= shot.end_s + 0.05, (
            "no track crosses a cut"
        )


def test_series_are_small(looked):
    found = looked("debate_two_speakers.avi")
    assert found.series_path.stat().st_size / (found.facts.duration_s / 60) < 600_000
