from __future__ import annotations

from scoring.runner.series import SeriesInMemory
from scoring.scorers.base import SourceFacts, Span
from scoring.scorers.probe import Probe


def test_clarity_is_bits_a_second_and_pixel():
    facts = SourceFacts("0" * 64, 10.0, 1280, 720, 25.0, 921_600.0, True, True)
    values = Probe().aggregate(SeriesInMemory([]), Span(2.0, 7.5), facts).values
    assert values["clarity"] == 1.0
    assert values["duration_s"] == 5.5
    assert values["has_sound"] == 1.0


def test_what_the_file_does_not_say_is_not_made_up():
    values = Probe().aggregate(SeriesInMemory([]), Span(0.0, 1.0), SourceFacts("0" * 64, 10.0)).values
    assert values["clarity"] is None and values["frame_rate_fps"] is None and values["width_px"] is None
    assert values["has_sound"] == 0.0
