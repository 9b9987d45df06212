import hashlib
import re

import pytest
import whisper

from scoring.adapters import weights


@pytest.fixture
def here(monkeypatch, tmp_path):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    return tmp_path


def test_every_entry_says_where_it_comes_from_and_under_which_licence():
    for spec in weights.WEIGHTS.values():
        assert spec.licence and spec.purpose
        assert spec.address.startswith("https://") or spec.note
        assert spec.sha256 is None or re.fullmatch("[0-9a-f]{64}", spec.sha256)
    files = [spec.file for spec in weights.WEIGHTS.values()]
    assert len(files) == len(set(files))


def test_whispers_addresses_are_those_of_its_package():
    published = set(whisper._MODELS.values())
    ours = [spec.address for spec in weights.WEIGHTS.values() if spec.name.startswith("whisper-")]
    assert len(ours) >= 10
    assert set(ours) <= published


def test_a_file_is_absent_wrong_or_verified(here):
    assert weights.verify("lr_asd").standing == "absent"
    assert not weights.is_present("lr_asd")
    path = here / weights.WEIGHTS["lr_asd"].file
    path.write_bytes(b"something else")
    verdict = weights.verify("lr_asd")
    assert verdict.standing == "wrong"
    assert verdict.sha256 == hashlib.sha256(b"something else").hexdigest()


def test_a_file_whose_publisher_states_no_checksum_is_called_that(here, monkeypatch):
    spec = weights.WeightSpec("own", "own.onnx", "", None, "unknown", None, "a test", "bring your own")
    monkeypatch.setitem(weights.WEIGHTS, "own", spec)
    with pytest.raises(weights.WeightsMissing, match=r"put them there as own.onnx \(bring your own\)"):
        weights.checked_path("own")
    (here / "own.onnx").write_bytes(b"x")
    assert weights.verify("own").standing == "unknown checksum"
    assert weights.checked_path("own") == here / "own.onnx"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(weights.WeightsError, match="there are lr_asd, whisper-tiny"):
        weights.verify("resnet")


def test_the_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("WEIGHTS_DIR", raising=False)
    monkeypatch.setenv("RUSHES_VAR", str(tmp_path))
    assert weights.folder() == tmp_path / "weights"
