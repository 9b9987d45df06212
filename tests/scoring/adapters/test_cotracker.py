from __future__ import annotations

import numpy as np
import pytest
import torch

from scoring.adapters import cotracker, weights
from scoring.runner.derive import score_clip
from scoring.runner.look import look_source
from scoring.scorers.base import Span
from scoring.scorers.cotracker import CoTracker
from tests import footage
from tests.scoring.adapters.tiny_models import tiny_cotracker


@pytest.fixture
def installed(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    monkeypatch.setenv("COTRACKER_CHECKOUT", str(tmp_path / "checkout"))
    return tiny_cotracker(tmp_path / "weights", tmp_path / "checkout")


def test_what_is_missing_is_said_one_thing_after_the_other(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    monkeypatch.delenv("COTRACKER_CHECKOUT", raising=False)
    assert "weights download cotracker3" in cotracker.available().reason
    tiny_cotracker(tmp_path / "weights", tmp_path / "checkout")
    assert "COTRACKER_CHECKOUT" in cotracker.available().reason
    monkeypatch.setenv("COTRACKER_CHECKOUT", str(tmp_path / "checkout"))
    assert cotracker.available() is None


def test_checkout_and_checkpoint_are_really_loaded(installed):
    frames = np.zeros((5, 40, 60, 3), np.uint8)
    frames[:, :20] = 200
    visible = cotracker.followed(frames)
    assert visible.shape == (5, 100)
    assert visible[:, :50].all() and not visible[:, 50:].any(), "the checkpoint's threshold decides"


def test_a_checkpoint_that_does_not_fit_is_named(installed):
    torch.save({"other": torch.zeros(1)}, installed)
    with pytest.raises(weights.WeightsWrong, match="does not fit the CoTracker"):
        cotracker.followed(np.zeros((5, 40, 60, 3), np.uint8))


def test_a_pickle_with_code_in_it_is_not_run(installed):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the checkpoint's code was run",))

    torch.save({"threshold": Trap()}, installed)
    with pytest.raises(Exception, match=r"(?i)weights.?only"):
        cotracker.followed(np.zeros((5, 40, 60, 3), np.uint8))


def test_the_share_of_points_that_stay_visible(installed, tmp_path):
    # From 4 s on the lower half is dark: half of the points are lost.
    def pictures():
        for n in range(200):
            one = np.full((120, 160, 3), 200, np.uint8)
            one[60:] = 0 if n >= 100 else 200
            yield one

    path = footage.video(tmp_path / "a.mp4", seconds=8, images=pictures())
    result = look_source(path, tmp_path, [CoTracker()])
    assert result.statuses["cotracker"].word == "measured", result.statuses["cotracker"].reason

    def ratio(start, end):
        return score_clip([result.series_path], Span(start, end), scorers=[CoTracker()]).values[
            "cotracker_ratio"
        ]

    assert ratio(0.0, 3.5) == 1.0
    assert ratio(0.0, 6.0) == pytest.approx(0.5)
    assert ratio(0.0, 8.0) == pytest.approx(0.5)
