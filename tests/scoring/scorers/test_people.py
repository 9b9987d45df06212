from __future__ import annotations

import numpy as np
import pytest

from scoring.runner.series import Series, SeriesInMemory
from scoring.scorers.base import Measured, SourceFacts, Span
from scoring.scorers.people import People, body_region, longest_run_s

FACTS = SourceFacts(sha256="0" * 64, duration_s=10.0, width_px=1280, height_px=720)
ALL = np.arange(50) / 5
WHOLE = Span(0.0, 10.0)


def _values(people: dict[int, tuple[np.ndarray, float]], span: Span = WHOLE) -> dict:
    rows = sorted((t, track, side) for track, (seen, side) in people.items() for t in seen)
    boxes = np.array([[0, 0, side, side] for _, _, side in rows], np.float32).reshape(-1, 4)
    reader = SeriesInMemory(
        [
            Series("samples", {"time_s": ALL}),
            Series(
                "faces",
                {
                    "time_s": np.array([row[0] for row in rows], float),
                    "track": np.array([row[1] for row in rows], np.int32),
                    "box": boxes,
                },
            ),
            Series(
                "bodies",
                {
                    "time_s": np.array([0.0, 1.0]),
                    "track": np.array([0, 0], np.int32),
                    "upper_visible": np.array([0.5, 1.0], np.float32),
                },
            ),
        ]
    )
    outcome = People().aggregate(reader, span, FACTS)
    assert isinstance(outcome, Measured)
    return dict(outcome.values)


def test_two_people_of_whom_one_comes_later():
    values = _values({0: (ALL, 100.0), 1: (ALL[ALL >= 4], 80.0)})
    assert values["persons_max"] == values["persons_clip"] == 2
    assert values["face_area_mean_px2"] == pytest.approx(6400)
    assert values["face_area_ratio"] == pytest.approx(0.64)
    assert values["joint_overlap_s"] == pytest.approx(6.0)


def test_a_passer_by_is_seen_but_not_of_the_clip():
    values = _values({0: (ALL, 100.0), 7: (ALL[:5], 20.0)})
    assert values["persons_max"] == 2
    assert values["persons_clip"] == 1
    assert values["face_area_ratio"] == 1.0
    assert values["joint_overlap_s"] == pytest.approx(10.0)


def test_nobody():
    values = _values({})
    assert values["persons_max"] == values["persons_clip"] == 0
    assert values["face_area_ratio"] is None and values["joint_overlap_s"] is None


def test_bodies_belong_to_their_track():
    assert _values({0: (ALL, 100.0)}, Span(0.0, 10.0, 0))["body_visible_share"] == pytest.approx(0.75)
    assert _values({0: (ALL, 100.0)}, Span(0.0, 10.0, 1))["body_visible_share"] is None


def test_the_longest_run_lasts_until_the_next_sample():
    times = np.array([0.0, 0.2, 0.4, 0.6])
    assert longest_run_s(times, np.array([True, True, False, True]), 0.8) == pytest.approx(0.4)
    assert longest_run_s(times, np.zeros(4, bool), 0.8) == 0.0


def test_a_body_is_looked_for_on_its_own_side():
    left = body_region((300, 100, 400, 200), [(700, 100, 800, 200)])
    right = body_region((700, 100, 800, 200), [(300, 100, 400, 200)])
    assert left[2] == right[0] == 550
