"""DOVER: how good a video looks. Its two views and how its two scores are read; the network itself is ONNX.

The aesthetic view is every picture resized to 224 × 224; the technical view keeps 7 × 7 patches of 32 × 32
unscaled pixels of it, at places that stay for 32 pictures, so that detail survives. Source: arXiv 2211.04894;
the means, spreads and weights are those published with its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.adapters import onnx_models
from scoring.adapters.weights import WeightsWrong
from scoring.scorers.base import Pixels

NAME = "dover"
SIDE = 224
GRID, PATCH = 7, 32
CLIP_FRAMES = 32
DEFAULT_CLIPS = 3
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
SPREAD = np.array([58.395, 57.12, 57.375], np.float32)
TECHNICAL_MEAN, TECHNICAL_SPREAD, TECHNICAL_WEIGHT = 0.1107, 0.07355, 0.6104
AESTHETIC_MEAN, AESTHETIC_SPREAD, AESTHETIC_WEIGHT = -0.08285, 0.03774, 0.3896


@dataclass(frozen=True, slots=True)
class DoverScores:
    """The network's own two numbers, unscaled."""

    aesthetic: float
    technical: float


def technical_normalised(technical: float) -> float:
    """(raw − 0.1107) / 0.07355: spread 1 around 0 over DOVER's own calibration set."""
    return (technical - TECHNICAL_MEAN) / TECHNICAL_SPREAD


def fused(scores: DoverScores) -> float:
    """DOVER's overall score in 0…1: the sigmoid of the weighted normalised scores."""
    x = technical_normalised(scores.technical) * TECHNICAL_WEIGHT
    x += (scores.aesthetic - AESTHETIC_MEAN) / AESTHETIC_SPREAD * AESTHETIC_WEIGHT
    return float(1.0 / (1.0 + np.exp(-np.clip(x, -60, 60))))


def technical_clips() -> int:
    """How many clips of 32 pictures the model takes at once: its fixed batch, else three, as published.

    Raises ``WeightsError`` where there is no model or one with other inputs.
    """
    shapes = onnx_models.loaded(NAME).shapes
    if set(shapes) != {"aes_view", "tech_view"}:
        raise WeightsWrong(
            f"the DOVER model has inputs {sorted(shapes)}; it should have aes_view and tech_view"
        )
    return shapes["tech_view"][0] or DEFAULT_CLIPS


def run(aesthetic: Pixels, technical: Pixels) -> DoverScores:
    """Score one window: ``aesthetic`` (32, 224, 224, 3) and ``technical`` (clips · 32, 224, 224, 3), RGB uint8."""
    clips = len(technical) // CLIP_FRAMES
    if aesthetic.shape[0] != CLIP_FRAMES or len(technical) != clips * CLIP_FRAMES or clips < 1:
        raise ValueError(
            f"DOVER reads clips of {CLIP_FRAMES} pictures, not {len(aesthetic)} and {len(technical)}"
        )
    model = onnx_models.loaded(NAME)
    first, second = model.run(
        aes_view=_network_view(aesthetic[None]),
        tech_view=_network_view(technical.reshape(clips, CLIP_FRAMES, SIDE, SIDE, 3)),
    )[:2]
    return DoverScores(float(np.mean(first)), float(np.mean(second)))


def aesthetic_view(rgb: Pixels) -> Pixels:
    """(224, 224, 3): the whole picture (h, w, 3) resized, both ways, by a filter that does not alias."""
    import torch
    import torch.nn.functional as nnf

    tensor = torch.from_numpy(rgb).permute(2, 0, 1)[None].float()
    small = nnf.interpolate(tensor, size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
    return small[0].permute(1, 2, 0).round_().clamp_(0, 255).to(torch.uint8).numpy()


@dataclass(frozen=True, slots=True)
class Patches:
    """Where the 7 × 7 patches lie in pictures of one size: tops and lefts (7, 7)."""

    height: int
    width: int
    tops: npt.NDArray[np.int64]
    lefts: npt.NDArray[np.int64]

    @classmethod
    def drawn(cls, height: int, width: int, random: np.random.Generator) -> Patches:
        """One place at random within each cell of the grid, for a picture of at least 224 × 224."""

        def line(size: int) -> tuple[Any, Any]:
            starts = np.minimum(size // GRID * np.arange(GRID), size - PATCH)
            room = size // GRID - PATCH
            return starts, (
                random.integers(0, room, (GRID, GRID)) if room > 0 else np.zeros((GRID, GRID), int)
            )

        top, down = line(height)
        left, across = line(width)
        return cls(height, width, top[:, None] + down, left[None, :] + across)

    def cut(self, rgb: Pixels) -> Pixels:
        """(224, 224, 3): the patches of ``rgb`` (height, width, 3), laid side by side."""
        out = np.empty((SIDE, SIDE, 3), np.uint8)
        for row in range(GRID):
            for column in range(GRID):
                top, left = self.tops[row, column], self.lefts[row, column]
                out[row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] = rgb[
                    top : top + PATCH, left : left + PATCH
                ]
        return out


def large_enough(rgb: Pixels) -> Pixels:
    """The picture, enlarged where a side is under 224 pixels, as DOVER does before it cuts patches."""
    height, width = rgb.shape[:2]
    ratio = min(height / SIDE, width / SIDE)
    if ratio >= 1:
        return rgb
    import cv2

    size = (max(SIDE, round(width / ratio)), max(SIDE, round(height / ratio)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)


def _network_view(pixels: Pixels) -> npt.NDArray[np.float32]:
    """(n, 32, 224, 224, 3) uint8 → (n, 3, 32, 224, 224) float32, normalised."""
    scaled = (pixels.astype(np.float32) - MEAN) / SPREAD
    return np.ascontiguousarray(scaled.transpose(0, 4, 1, 2, 3))
