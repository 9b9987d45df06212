from __future__ import annotations

import cv2
import numpy as np
import pytest

from scoring.adapters import dover, weights
from scoring.runner.derive import score_clip
from scoring.runner.look import look_source
from scoring.runner.series import Series, SeriesFile, SeriesInMemory
from scoring.scorers.base import FrameBatch, OpenSource, SourceFacts, Span
from scoring.scorers.dover import Dover, LookingWithDover
from tests import footage
from tests.scoring.adapters.tiny_models import tiny_dover

FACTS = SourceFacts(sha256="0" * 64, duration_s=20.0)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    return tiny_dover(tmp_path / "weights")


def test_without_weights_it_is_unavailable_and_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    path = footage.video(tmp_path / "a.mp4", seconds=1)
    result = look_source(path, tmp_path, [Dover()])
    card = score_clip([result.series_path], Span(0.0, 1.0), scorers=[Dover()])
    assert card.values == {"dover_fused": None, "dover_technical": None}
    assert card.statuses["dover"].word == "unavailable"
    assert "convert_to_onnx.py" in card.statuses["dover"].reason


def test_fusion_worked_by_hand():
    average = dover.DoverScores(aesthetic=-0.08285, technical=0.1107)
    assert dover.fused(average) == pytest.approx(0.5)
    better = dover.DoverScores(aesthetic=-0.08285 + 0.03774, technical=0.1107 + 2 * 0.07355)
    assert dover.fused(better) == pytest.approx(1 / (1 + np.exp(-(2 * 0.6104 + 0.3896))))
    assert dover.technical_normalised(better.technical) == pytest.approx(2.0)


def test_the_model_sees_the_views_normalised(installed):
    grey = np.full((32, 224, 224, 3), 0, np.uint8) + dover.MEAN.round().astype(np.uint8)
    bright = np.full((96, 224, 224, 3), 255, np.uint8)
    scores = dover.run(grey, bright)
    assert scores.aesthetic == pytest.approx(
        np.mean((dover.MEAN.round() - dover.MEAN) / dover.SPREAD), abs=1e-5
    )
    assert scores.technical == pytest.approx(np.mean((255 - dover.MEAN) / dover.SPREAD), abs=5e-3)
    with pytest.raises(ValueError, match="clips of 32"):
        dover.run(grey[:20], bright)


@pytest.mark.parametrize("size", [(720, 1280), (1080, 607), (224, 224), (240, 320)])
def test_patches_are_unscaled_pieces_one_from_each_cell(size):
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    picture = np.stack([rows // 256, rows % 256, columns % 256], axis=-1).astype(np.uint8)
    patches = dover.Patches.drawn(*size, np.random.default_rng(0))
    view = patches.cut(picture)
    assert view.shape == (224, 224, 3)
    for row in range(7):
        for column in range(7):
            patch = view[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32].astype(int)
            y = patch[..., 0] * 256 + patch[..., 1]
            assert (np.diff(y, axis=0) == 1).all() and (np.diff(patch[..., 2], axis=1) % 256 == 1).all()
            cell = size[0] // 7
            assert row * cell <= y[0, 0] <= (row + 1) * cell
    assert (dover.Patches.drawn(*size, np.random.default_rng(0)).tops == patches.tops).all()


def test_a_small_picture_is_enlarged_before_patches_are_cut():
    assert dover.large_enough(np.zeros((120, 160, 3), np.uint8)).shape[:2] == (224, 299)
    assert dover.aesthetic_view(np.full((120, 160, 3), 77, np.uint8)).tolist()[0][0] == [77, 77, 77]


def test_the_aesthetic_view_keeps_the_mean_and_does_not_alias():
    stripes = np.zeros((896, 896, 3), np.uint8)
    stripes[:, ::2] = 200
    view = dover.aesthetic_view(stripes)
    assert abs(int(view.mean()) - 100) <= 1 and view.std() < 15


def _windows(cuts, count, clips=1):
    looking = LookingWithDover(OpenSource(None, FACTS, cuts_s=cuts), clips)
    for n in range(count):
        shade = 50 if not cuts or n / 12.5 < cuts[0] else 200
        picture = np.full((1, 240, 320, 3), shade, np.uint8)
        looking.look(FrameBatch(np.array([n / 12.5]), np.array([n]), picture, (1.0, 1.0)))
    (series,) = looking.finish()
    return series


def test_windows_end_at_cuts_and_cover_the_source(installed, tmp_path):
    tiny_dover(tmp_path / "weights", clips=1)
    series = _windows([1.6], 60)
    assert series.times_s.tolist() == pytest.approx([0.0, 1.6, 4.16])
    assert series["end_s"].tolist() == pytest.approx([1.6, 4.16, 4.8])
    dark = np.mean((50 - dover.MEAN) / dover.SPREAD)
    bright = np.mean((200 - dover.MEAN) / dover.SPREAD)
    assert series["technical"].tolist() == pytest.approx([dark, bright, bright], abs=5e-3)


def test_a_clip_weighs_the_windows_by_their_overlap():
    windows = Series(
        "dover",
        {
            "time_s": np.array([0.0, 4.0]),
            "end_s": np.array([4.0, 8.0]),
            "aesthetic": np.array([-0.08285, -0.08285], np.float32),
            "technical": np.array([0.1107, 0.1107 + 0.07355 * 4], np.float32),
        },
    )
    outcome = Dover().aggregate(SeriesInMemory([windows]), Span(3.0, 7.0), FACTS)
    assert outcome.values["dover_technical"] == pytest.approx(3.0, abs=1e-4)


def test_a_file_from_end_to_end(installed, tmp_path):
    pictures = [cv2.GaussianBlur(footage.picture(n, (320, 240)), (0, 0), 2) for n in range(75)]
    path = footage.video(tmp_path / "a.mp4", seconds=3, size=(320, 240), images=pictures)
    result = look_source(path, tmp_path, [Dover()])
    assert result.statuses["dover"].word == "measured", result.statuses["dover"].reason
    assert result.builds["dover"].model_sha256 == weights.known_sha256(installed)
    card = score_clip([result.series_path], Span(0.5, 2.5), scorers=[Dover()])
    assert 0 <= card.values["dover_fused"] <= 1
    assert len(SeriesFile(result.series_path).get("dover")) == 1


def test_a_file_that_is_no_model_is_a_failure_that_names_it(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "onnx_dover.onnx").write_bytes(b"no model")
    result = look_source(footage.video(tmp_path / "a.mp4", seconds=1), tmp_path, [Dover()])
    assert result.statuses["dover"].word == "failed"
    assert "onnx_dover.onnx cannot be loaded" in result.statuses["dover"].reason
