import shutil

import numpy as np
import pytest
import torch

from scoring.adapters import weights
from scoring.adapters.lr_asd import FoldedPictureEncoder, LrAsd
from scoring.adapters.lr_asd_network import LrAsdNetwork, PictureEncoder, load_state
from tests.paths import SHARED_WEIGHTS, needs_shared_weights


@pytest.fixture(scope="module")
def reference():
    return np.load(SHARED_WEIGHTS / "lr_asd_reference.npz")


@pytest.fixture
def here(monkeypatch, tmp_path):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    return tmp_path


@needs_shared_weights
def test_the_network_gives_the_authors_scores(reference):
    network = LrAsdNetwork().eval()
    load_state(
        network, torch.load(SHARED_WEIGHTS / "lr_asd_talkset.model", map_location="cpu", weights_only=True)
    )
    with torch.inference_mode():
        scores = network(
            torch.from_numpy(reference["faces"]).float()[None], torch.from_numpy(reference["mfcc"])[None]
        )[0]
    assert np.abs(scores.numpy() - reference["scores"]).max() < 1e-5


@needs_shared_weights
def test_the_adapter_gives_the_authors_scores_in_batches_too(here, reference):
    shutil.copy(SHARED_WEIGHTS / "lr_asd_talkset.model", here / weights.WEIGHTS["lr_asd"].file)
    adapter = LrAsd()
    scores = adapter.score(np.stack([reference["faces"]] * 2), np.stack([reference["mfcc"]] * 2))
    assert scores.shape == (2, 50)
    assert np.abs(scores - reference["scores"]).max() < 1e-4
    assert adapter.sha256 == weights.WEIGHTS["lr_asd"].sha256


def test_folding_changes_no_number():
    torch.manual_seed(1)
    encoder = PictureEncoder().eval()
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    faces = torch.randint(0, 256, (2, 7, 112, 112)).float()
    with torch.inference_mode():
        assert torch.allclose(encoder(faces), FoldedPictureEncoder(encoder)(faces), atol=1e-5)


def test_without_weights_it_says_what_to_run(here):
    with pytest.raises(weights.WeightsMissing, match=r"manage\.py weights download lr_asd"):
        LrAsd().score(np.zeros((1, 5, 112, 112), np.uint8), np.zeros((1, 20, 13), np.float32))


def test_other_bytes_under_its_name_are_refused_before_they_are_read(here):
    (here / weights.WEIGHTS["lr_asd"].file).write_bytes(b"not weights")
    with pytest.raises(weights.WeightsWrong, match="not the published file"):
        LrAsd().score(np.zeros((1, 5, 112, 112), np.uint8), np.zeros((1, 20, 13), np.float32))


def test_another_networks_state_is_refused_by_name():
    with pytest.raises(ValueError, match="not LR-ASD's weights"):
        load_state(LrAsdNetwork(), {"model.something": torch.zeros(3)})


@pytest.mark.parametrize(("faces", "mfcc"), [((1, 5, 96, 96), (1, 20, 13)), ((1, 5, 112, 112), (1, 19, 13))])
def test_shapes_that_do_not_fit_are_refused(faces, mfcc):
    with pytest.raises(ValueError, match="LR-ASD reads"):
        LrAsd().score(np.zeros(faces, np.uint8), np.zeros(mfcc, np.float32))
