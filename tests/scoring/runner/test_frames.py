from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.media.decode import decode_frames
from scoring.runner.frames import Grid, fit, full_grey
from tests import footage


@given(
    st.sampled_from([23.976, 24, 25, 29.97, 30, 50, 59.94, 60, 8]),
    st.sampled_from([1.0, 2.0, 5.0, 10.0, 25.0]),
)
def test_every_point_of_the_grid_gets_the_first_frame_at_or_after_it(fps, rate):
    times = np.round(np.arange(400) / fps, 6)
    grid = Grid(rate)
    taken = [t for t in times if grid.takes(t)]
    wanted = sorted(
        {float(times[np.searchsorted(times, k / rate - 1e-4)]) for k in range(int(times[-1] * rate) + 1)}
    )
    assert taken == wanted


def test_the_fine_grid_holds_the_coarse_one():
    fine, coarse = Grid(25.0), Grid(5.0)
    for t in np.arange(500) / 29.97:
        in_fine = fine.takes(t)
        assert not coarse.takes(t) or in_fine


@pytest.mark.parametrize(
    ("size", "short", "enlarge", "want"),
    [
        ((1280, 720), 360, False, (640, 360)),
        ((720, 1280), 360, False, (360, 640)),
        ((320, 180), 360, False, (320, 180)),
        ((320, 180), 360, True, (640, 360)),
        ((1280, 720), None, False, (1280, 720)),
    ],
)
def test_sizes_keep_their_aspect_and_grow_only_when_asked(size, short, enlarge, want):
    assert fit(*size, short, enlarge) == want


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pixels": "yuv444p"},
        {"codec": "mjpeg", "pixels": "yuvj420p", "container": "matroska"},
        {"pixels": "yuv420p10le", "codec": "libx264"},
        {"rotation": 90},
        {"rotation": 180},
        {"size": (98, 62)},
    ],
)
def test_grey_is_the_readers_grey_however_it_is_come_by(tmp_path, options):
    path = footage.video(tmp_path / "a.mp4", seconds=0.3, sound=False, **{"size": (160, 120)} | options)
    for record in decode_frames(path):
        ours, theirs = full_grey(record).astype(int), record.grey().astype(int)
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= 1
