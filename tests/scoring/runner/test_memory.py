"""Memory doesn't grow with the length of a source, but for its series."""

from __future__ import annotations

import json
import subprocess
import sys

from tests import footage
from tests.paths import REPOSITORY

LOOK = """
import json, resource, sys
from pathlib import Path

from scoring.runner import look
from scoring.runner.series import Series
from scoring.scorers.base import Build, Measured
from scoring.scorers.image_quality import ImageQuality
from scoring.scorers.motion import Motion

import numpy as np


class Faces:
    name, version = "faces_seen", "1"
    available = lambda self: None
    build = lambda self: Build("faces_seen", "1")
    begin_faces = lambda self, source: self
    aggregate = lambda self, series, span, facts: Measured({})
    seen = 0

    def look(self, frames):
        self.seen += sum(len(frame.faces) for frame in frames)

    def finish(self):
        return [Series("faces_seen", {"time_s": np.zeros(1), "n": np.array([self.seen])})]


# Detection itself would take minutes; two faces that are always there are the most to be tracked.
look._detect = lambda rgb, depth: [((5.0, 5.0, 25.0, 25.0), 0.9), ((60.0, 5.0, 80.0, 25.0), 0.9)]
for name in ("short", "long"):
    faces = Faces()
    result = look.look_source(Path(sys.argv[1]) / (name + ".mp4"), sys.argv[1], [ImageQuality(), Motion(), faces])
    print(json.dumps({
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "seen": faces.seen,
        "frames": result.frames,
        "tracks": len(result.tracks),
        "statuses": [status.word for status in result.statuses.values()],
        "kb_a_minute": result.series_path.stat().st_size / 1000 / (result.facts.duration_s / 60),
    }))
"""


def test_twenty_minutes_need_no_more_memory_than_three(tmp_path):
    for name, seconds in (("short", 200), ("long", 1200)):
        footage.video(tmp_path / f"{name}.mp4", seconds=seconds, fps=1, size=(96, 64), sound=False)
    # A process of its own, so that nothing but looking is in its peak; the short film warms it up.
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    three, twenty = (json.loads(line) for line in done.stdout.splitlines()[-2:])
    assert twenty["frames"] == 6 * three["frames"] == 1200
    assert twenty["statuses"] == ["measured"] * 4
    assert twenty["tracks"] == 2 and twenty["seen"] == 2 * 1200, (
        "two people are two tracks for twenty minutes"
    )
    assert twenty["peak_mb"] - three["peak_mb"] < 30
    assert twenty["kb_a_minute"] < 250
