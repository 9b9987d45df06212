from __future__ import annotations

import cv2
import numpy as np
import pytest

from scoring.runner.series import Series, SeriesInMemory
from scoring.scorers.base import FrameBatch, OpenSource, SourceFacts, Span
from scoring.scorers.motion import Motion, lk_track_ratio, shake_of, talkvid_windows

FACTS = SourceFacts(sha256="0" * 64, duration_s=8.0)
HZ = 10


def _wide() -> np.ndarray:
    random = np.random.default_rng(0)
    picture = cv2.resize(
        random.integers(40, 215, (30, 90), dtype=np.uint8), (1600, 500), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(500):
        x, y, shade = random.integers(0, 1600), random.integers(0, 500), random.integers(0, 255)
        cv2.circle(picture, (int(x), int(y)), 6, int(shade), -1)
    return picture


def _measure(offsets, span=None):
    """Values of a camera that looks at a wide picture at these (x, y) offsets, ten a second."""
    wide = _wide()
    scorer = Motion()
    looking = scorer.begin(OpenSource(None, FACTS))
    for n, (x, y) in enumerate(offsets):
        view = cv2.warpAffine(wide, np.array([[1, 0, -x], [0, 1, -y]], float), (426, 240))
        looking.look(FrameBatch(np.array([n / HZ]), np.array([n]), view[None], (1.0, 1.0)))
    return scorer.aggregate(
        SeriesInMemory(looking.finish()), span or Span(0.0, len(offsets) / HZ), FACTS
    ).values


def test_talkvids_windows():
    assert talkvid_windows(Span(1.0, 5.0)) == [(1.0, 5.0)]
    assert talkvid_windows(Span(0.0, 10.0)) == [(0.0, 6.0), (4.0, 10.0)]
    assert talkvid_windows(Span(0.0, 20.0)) == [(0.0, 6.0), (7.0, 13.0), (14.0, 20.0)]


def test_a_locked_camera_keeps_every_point():
    values = _measure([(300, 100)] * 50)
    assert values["lk_track_ratio"] == 1.0
    assert values["motion_level"] == pytest.approx(0, abs=1e-3)
    assert values["shake"] == pytest.approx(0, abs=1e-3)


def test_a_steady_pan_moves_without_shaking_and_loses_points_over_the_edge():
    values = _measure([(100 + 4 * n, 100) for n in range(50)])
    diagonal = np.hypot(426, 240)
    assert values["motion_level"] == pytest.approx(4 * HZ * 100 / diagonal, rel=0.03)
    assert values["shake"] < 0.05
    # After 4.9 s the picture has moved by 196 of 426 pixels: about half of the points are out of it.
    assert values["lk_track_ratio"] == pytest.approx(1 - 196 / 426, abs=0.12)


def test_shake_is_the_unsteady_part_of_the_path():
    random = np.random.default_rng(2)
    jolts = random.normal(0, 5, (50, 2))
    values = _measure([(300 + x, 100 + y) for x, y in jolts])
    diagonal = np.hypot(426, 240)
    assert values["shake"] == pytest.approx(5 * np.sqrt(2) * 100 / diagonal, rel=0.25)


def test_a_cut_loses_every_point():
    values = _measure([(100, 100)] * 25 + [(1100, 200)] * 25)
    assert values["lk_track_ratio"] < 0.1
    assert _measure([(100, 100)] * 25 + [(1100, 200)] * 25, Span(2.6, 5.0))["lk_track_ratio"] > 0.9


def test_the_worst_window_counts():
    ages = np.tile(np.arange(0, 6.5, 0.5, dtype=np.float32), (21, 1))
    kept = np.ones_like(ages)
    kept[14, -1] = 0.3
    grids = Series("point_grids", {"time_s": np.arange(21.0), "ages": ages, "kept": kept})
    assert lk_track_ratio(grids, Span(0.0, 20.0)) == pytest.approx(0.3)
    assert lk_track_ratio(grids, Span(0.0, 12.0)) == 1.0


def test_too_short_a_path_has_no_shake():
    assert shake_of(np.arange(3) / 10, np.zeros((3, 2))) is None
