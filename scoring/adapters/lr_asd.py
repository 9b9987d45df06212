"""LR-ASD's adapter: owns the weights, loads them once a process, scores batches of faces with their sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as nnf
from torch import Tensor

from scoring.adapters import devices, weights
from scoring.adapters.device import torch_device
from scoring.adapters.lr_asd_network import MEAN, SPREAD, Block, LrAsdNetwork, PictureEncoder, load_state

NAME = "lr_asd"


class LrAsd:
    """Active speaker scores. Make one a process, after a fork; the weights load with the first batch."""

    def __init__(self, device: str | None = None) -> None:
        self.device = torch_device(device) if device else devices.torch_device()
        self._network: LrAsdNetwork | None = None

    @property
    def sha256(self) -> str:
        """Of the weights on disk; raises ``WeightsError`` where they are missing or wrong."""
        return weights.known_sha256(weights.checked_path(NAME))

    def score(self, faces: npt.NDArray[np.uint8], mfcc: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Speaking score of each frame (b, t), above 0 = speaking.

        ``faces`` (b, t, 112, 112) grey, 25 a second; ``mfcc`` (b, 4·t, 13), 100 a second. Raises ``ValueError``
        for other shapes, ``WeightsError`` where the weights are missing or wrong.
        """
        if faces.ndim != 4 or faces.shape[2:] != (112, 112):
            raise ValueError(f"LR-ASD reads faces (b, t, 112, 112), not {faces.shape}")
        if mfcc.shape != (faces.shape[0], 4 * faces.shape[1], 13):
            raise ValueError(f"LR-ASD reads four rows of 13 coefficients a frame, not {mfcc.shape}")
        network = self._loaded()
        # TF32 would move scores by more than the 1e-3 that they are held to
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            picture = torch.from_numpy(np.ascontiguousarray(faces)).to(self.device).float()
            sound = torch.from_numpy(np.ascontiguousarray(mfcc)).to(self.device)
            return network(picture, sound).float().cpu().numpy()

    def _loaded(self) -> LrAsdNetwork:
        if self._network is None:
            state = torch.load(weights.checked_path(NAME), map_location="cpu", weights_only=True)
            network = LrAsdNetwork().eval()
            load_state(network, state)
            network.visualEncoder = FoldedPictureEncoder(network.visualEncoder)
            self._network = network.to(self.device)
        return self._network


class FoldedPictureEncoder(torch.nn.Module):
    """The same numbers as ``PictureEncoder`` in evaluation, at a quarter of the cost on a CPU.

    Batch norms are folded into their convolutions, which run as two-dimensional ones (over space, then over
    time × place) with channels last: the layout that the CPU's kernels are written for.
    """

    def __init__(self, encoder: PictureEncoder) -> None:
        super().__init__()
        for n, block in enumerate((encoder.block1, encoder.block2, encoder.block3)):
            for m, (weight, bias) in enumerate(_folded(block)):
                flat = weight[:, :, 0] if m < 2 else weight[..., 0]
                self.register_buffer(f"w{n}{m}", flat.contiguous(memory_format=torch.channels_last))
                self.register_buffer(f"b{n}{m}", bias)

    def forward(self, faces: Tensor) -> Tensor:
        batch, frames = faces.shape[:2]
        x = ((faces / 255 - MEAN) / SPREAD).reshape(batch * frames, 1, *faces.shape[2:])
        for n in range(3):
            x = self._conv(x, n, 0, stride=2 if n == 0 else 1, padding=(2, 2))
            x = self._conv(x, n, 1, padding=(1, 1))
            _, width, high, wide = x.shape
            x = x.reshape(batch, frames, width, high * wide).transpose(1, 2)
            x = self._conv(x, n, 2, padding=(2, 0))
            x = self._conv(x, n, 3, padding=(1, 0))
            x = x.transpose(1, 2).reshape(batch * frames, width, high, wide)
            if n < 2:
                x = nnf.max_pool2d(x, 3, 2, 1)
        return x.amax(dim=(2, 3)).reshape(batch, frames, -1)

    def _conv(self, x: Tensor, n: int, m: int, *, padding: tuple[int, int], stride: int = 1) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        weight, bias = self.get_buffer(f"w{n}{m}"), self.get_buffer(f"b{n}{m}")
        return nnf.conv2d(x, weight, bias, stride, padding).relu_()


def _folded(block: Block) -> list[tuple[Tensor, Tensor]]:
    out = []
    for conv_name, norm_name in block.steps:
        conv: Any = block.get_submodule(conv_name)
        norm: Any = block.get_submodule(norm_name)
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = conv.weight * scale.reshape(-1, *[1] * (conv.weight.ndim - 1))
        out.append((weight.detach(), (norm.bias - norm.running_mean * scale).detach()))
    return out
