from __future__ import annotations

import cv2
import numpy as np
import pytest

from scoring.adapters import face_embedding
from scoring.runner.look import look_source
from scoring.runner.series import SeriesFile
from scoring.scorers.identity import Identity, joined
from tests.paths import SHARED_MEDIA, needs_shared_media
from tests.scoring.adapters.tiny_models import tiny_embedding


@pytest.fixture
def installed(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    monkeypatch.setenv("FACE_EMBEDDINGS", "1")
    return tiny_embedding(tmp_path / "weights")


def test_it_is_off_unless_someone_turns_it_on(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    monkeypatch.delenv("FACE_EMBEDDINGS", raising=False)
    tiny_embedding(tmp_path / "weights")
    assert "biometric" in face_embedding.available().reason
    monkeypatch.setenv("FACE_EMBEDDINGS", "1")
    assert face_embedding.available() is None


def test_vectors_have_length_one_and_know_a_face_again(installed):
    random = np.random.default_rng(0)
    faces = random.integers(0, 255, (3, 112, 112, 3)).astype(np.uint8)
    faces[1] = cv2.GaussianBlur(faces[0], (0, 0), 1)
    vectors = face_embedding.embed(np.concatenate([faces[:2], np.full((1, 112, 112, 3), 10, np.uint8)]))
    assert vectors.shape == (3, 48)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.9 > vectors[0] @ vectors[2]
    with pytest.raises(ValueError, match="112"):
        face_embedding.embed(np.zeros((1, 100, 100, 3), np.uint8))


def test_a_turned_face_is_set_upright():
    upright = np.zeros((112, 112, 3), np.uint8)
    for (x, y), colour in zip(
        face_embedding.TEMPLATE,
        [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)],
        strict=True,
    ):
        cv2.circle(upright, (round(float(x)), round(float(y))), 5, colour, -1)
    turn = cv2.getRotationMatrix2D((56, 56), 25, 1.8)
    turn[:, 2] += (90, 70)
    picture = cv2.warpAffine(upright, turn, (400, 400))
    points = face_embedding.TEMPLATE @ turn[:, :2].T + turn[:, 2]
    back = face_embedding.aligned(picture, points)
    for x, y in face_embedding.TEMPLATE.round().astype(int):
        assert np.abs(back[y, x].astype(int) - upright[y, x].astype(int)).max() < 40


def test_tracks_are_joined_by_likeness_and_never_two_at_once():
    a, b = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    vectors = np.array([a, b, a, a])
    spans = [(0.0, 1.0), (0.0, 1.0), (2.0, 3.0), (2.5, 4.0)]
    persons = joined(vectors, spans)
    assert persons[0] != persons[1]
    assert persons[2] != persons[3], "two in the picture at the same time are two people"
    assert persons[0] in (persons[2], persons[3])
    assert joined(np.zeros((0, 3)), []) == []


@needs_shared_media
def test_persons_are_kept_and_vectors_are_not(installed, tmp_path):
    result = look_source(SHARED_MEDIA / "debate_two_speakers.avi", tmp_path, [Identity()])
    assert result.statuses["identity"].word == "measured", result.statuses["identity"].reason
    file = SeriesFile(result.series_path)
    persons = file.get("persons")
    assert sorted(persons["track"].tolist()) == [0, 1]
    assert len(set(persons["person"].tolist())) == 2
    assert set(persons.columns) == {"time_s", "track", "person", "faces"}
    assert file.builds["identity"].model_sha256
