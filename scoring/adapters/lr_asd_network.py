"""LR-ASD, the active speaker detection network of Liao et al. (IJCV 2025), written from the paper in torch.

Submodules carry the names of the authors' state dict, so that their weights load as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

FACE = 112
MEAN, SPREAD = 0.4161, 0.1688
_EPS = 1e-3

Axes = tuple[int, ...]


class Block(nn.Module):
    """Convolutions split by axis: ``first`` 5 to the inner width, 3 to the outer, then time 5, time 3.

    Each is followed by batch norm and ReLU, "same" padding, no bias. ``letter`` names the first pair in the
    state dict: ``s`` (space) or ``m`` (mel coefficients).
    """

    def __init__(
        self, letter: str, width_in: int, width: int, *, inner: int, space: Axes, time: Axes, stride: int = 1
    ) -> None:
        super().__init__()
        conv: type[nn.Module] = nn.Conv3d if len(space) == 3 else nn.Conv2d
        norm: type[nn.Module] = nn.BatchNorm3d if len(space) == 3 else nn.BatchNorm2d
        plan = [
            (f"{letter}_1", f"{letter}_norm_1", width_in, inner, space, 5, stride),
            (f"{letter}_2", f"{letter}_norm_2", inner, width, space, 3, 1),
            ("t_1", "t_norm_1", width, width, time, 5, 1),
            ("t_2", "t_norm_2", width, width, time, 3, 1),
        ]
        self.steps: list[tuple[str, str]] = []
        for name, norm_name, a, b, axes, size, step in plan:
            kernel = tuple(size if on else 1 for on in axes)
            padding = tuple(size // 2 if on else 0 for on in axes)
            strides = tuple(step if on else 1 for on in axes)
            self.add_module(name, conv(a, b, kernel, strides, padding, bias=False))
            self.add_module(norm_name, norm(b, eps=_EPS))
            self.steps.append((name, norm_name))

    def forward(self, x: Tensor) -> Tensor:
        for name, norm_name in self.steps:
            x = torch.relu(self.get_submodule(norm_name)(self.get_submodule(name)(x)))
        return x


class PictureEncoder(nn.Module):
    """Faces (b, t, 112, 112), 0–255 → (b, t, 128)."""

    def __init__(self) -> None:
        super().__init__()
        space, time = (0, 1, 1), (1, 0, 0)
        self.block1 = Block("s", 1, 32, inner=16, space=space, time=time, stride=2)
        self.block2 = Block("s", 32, 64, inner=32, space=space, time=time)
        self.block3 = Block("s", 64, 128, inner=64, space=space, time=time)
        self._pool = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))

    def forward(self, faces: Tensor) -> Tensor:
        x = ((faces / 255 - MEAN) / SPREAD).unsqueeze(1)
        x = self._pool(self.block1(x))
        x = self._pool(self.block2(x))
        return self.block3(x).amax(dim=(3, 4)).transpose(1, 2)


class SoundEncoder(nn.Module):
    """MFCC (b, 4·t, 13) → (b, t, 128)."""

    def __init__(self) -> None:
        super().__init__()
        space, time = (1, 0), (0, 1)
        self.block1 = Block("m", 1, 32, inner=16, space=space, time=time)
        self.block2 = Block("m", 32, 64, inner=32, space=space, time=time)
        self.block3 = Block("m", 64, 128, inner=64, space=space, time=time)
        self._pool = nn.MaxPool2d((1, 3), (1, 2), (0, 1))

    def forward(self, mfcc: Tensor) -> Tensor:
        x = mfcc.transpose(1, 2).unsqueeze(1)
        x = self._pool(self.block1(x))
        x = self._pool(self.block2(x))
        return self.block3(x).mean(dim=2).transpose(1, 2)


class Gate(nn.Module):
    """Each number times the sigmoid of a mixture of all of its moment."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.Conv1d(width, width, 1, bias=False)
        self.bn = nn.BatchNorm1d(width, eps=_EPS)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.bn(self.attention(x.transpose(1, 2))))
        return x * gate.transpose(1, 2)


class Detector(nn.Module):
    """Looks at the sequence from both ends: (b, t, 256) → (b, t, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.gru_forward = nn.GRU(256, 64, batch_first=True)
        self.gru_backward = nn.GRU(256, 64, batch_first=True)
        self.attention = Gate(128)

    def forward(self, x: Tensor) -> Tensor:
        onward, _ = self.gru_forward(x)
        back, _ = self.gru_backward(x.flip(1))
        return self.attention(torch.cat([onward, back.flip(1)], dim=2))


class LrAsdNetwork(nn.Module):
    """Faces (b, t, 112, 112) 0–255 and MFCC (b, 4·t, 13) → speaking score (b, t), above 0 = speaking."""

    def __init__(self) -> None:
        super().__init__()
        self.visualEncoder = PictureEncoder()
        self.audioEncoder = SoundEncoder()
        self.fusion = Gate(256)
        self.detector = Detector()
        self.head = nn.Linear(128, 2)

    def forward(self, faces: Tensor, mfcc: Tensor) -> Tensor:
        joined = torch.cat([self.audioEncoder(mfcc), self.visualEncoder(faces)], dim=2)
        return self.head(self.detector(self.fusion(joined)))[..., 1]


def load_state(network: LrAsdNetwork, state: dict[str, Tensor]) -> None:
    """Put the authors' state dict into ``network``; raises ``ValueError`` naming what is missing or misshapen."""
    renamed = {}
    for name, value in state.items():
        if name.startswith("model."):
            renamed[name.removeprefix("model.")] = value
        elif name.startswith("lossAV.FC."):
            renamed[name.replace("lossAV.FC", "head")] = value
    own = network.state_dict()
    missing = sorted(set(own) - set(renamed))
    misshapen = sorted(
        name for name, value in own.items() if name in renamed and renamed[name].shape != value.shape
    )
    if missing or misshapen:
        named = ", ".join([*missing, *misshapen][:5])
        raise ValueError(
            f"not LR-ASD's weights: {len(missing)} tensors missing, {len(misshapen)} misshapen ({named})"
        )
    network.load_state_dict({name: renamed[name] for name in own})
