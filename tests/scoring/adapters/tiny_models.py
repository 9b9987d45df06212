"""Small models with the inputs and outputs of the real ones, made on the spot."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import nn


def write_onnx(
    module: nn.Module, inputs: tuple, path: Path, names: list[str], *, free_batch: bool = False
) -> Path:
    """Export ``module`` to ``path``; ``free_batch``: the first dimension of every input stays open."""
    from torch.onnx._internal.torchscript_exporter import onnx_proto_utils

    path.parent.mkdir(parents=True, exist_ok=True)
    axes = {name: {0: "n"} for name in names} if free_batch else None
    kept = onnx_proto_utils._add_onnxscript_fn
    # The exporter imports the package onnx only for custom operators, of which there are none here.
    onnx_proto_utils._add_onnxscript_fn = lambda model, _operators: model
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module.eval(), inputs, str(path), input_names=names, dynamic_axes=axes, dynamo=False
            )
    finally:
        onnx_proto_utils._add_onnxscript_fn = kept
    return path


class TinyDover(nn.Module):
    """Scores that can be worked by hand: the mean of each view, per clip."""

    def forward(self, aesthetic, technical):
        return aesthetic.mean((1, 2, 3, 4)), technical.mean((1, 2, 3, 4))


def tiny_dover(folder: Path, clips: int = 3) -> Path:
    inputs = (torch.zeros(1, 3, 32, 224, 224), torch.zeros(clips, 3, 32, 224, 224))
    return write_onnx(TinyDover(), inputs, folder / "onnx_dover.onnx", ["aes_view", "tech_view"])


class TinyEmbedding(nn.Module):
    """A face's mean colour in a 4 × 4 grid: alike faces give alike vectors."""

    def forward(self, faces):
        return nn.functional.avg_pool2d(faces, 28).flatten(1)


def tiny_embedding(folder: Path) -> Path:
    return write_onnx(
        TinyEmbedding(),
        (torch.zeros(2, 3, 112, 112),),
        folder / "face_embedding.onnx",
        ["face"],
        free_batch=True,
    )


HUBCONF = '''
import torch
from torch import nn

dependencies = ["torch"]


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.threshold = nn.Parameter(torch.zeros(1))


class Predictor(nn.Module):
    """As CoTrackerPredictor: (1, t, 3, h, w) and grid_size -> tracks (1, t, n, 2), visibility (1, t, n)."""

    def __init__(self):
        super().__init__()
        self.model = Network()

    def forward(self, video, grid_size):
        height, width = video.shape[-2:]
        y = ((torch.arange(grid_size) + 0.5) * height / grid_size).long()
        x = ((torch.arange(grid_size) + 0.5) * width / grid_size).long()
        seen = video.mean(2)[:, :, y][:, :, :, x].flatten(2)
        visible = seen > self.model.threshold
        tracks = torch.zeros(*visible.shape, 2)
        return tracks, visible


def cotracker3_offline(*, pretrained=True, **kwargs):
    assert not pretrained, "nothing may be fetched"
    return Predictor()
'''


def tiny_cotracker(folder: Path, checkout: Path, threshold: float = 100.0) -> Path:
    """A checkout with a hubconf, and a checkpoint: a point is visible where the picture is brighter than that."""
    checkout.mkdir(parents=True, exist_ok=True)
    (checkout / "hubconf.py").write_text(HUBCONF)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cotracker3_scaled_offline.pth"
    torch.save({"threshold": torch.tensor([threshold])}, path)
    return path
