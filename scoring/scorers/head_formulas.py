"""TalkVid's eleven head scores, exactly as its released code computes them, over plain arrays.

A frame that lacks the one face is left out of the sequence but counts against consistency. Scores are not
clipped: movement, rotation and orientation may fall below zero, resolution may exceed 100.
Source: arXiv 2508.13618 and its released code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.scorers.base import Floats

NAMES = (
    "movement_avg", "movement_min", "rotation_avg", "rotation_min", "orientation_avg", "orientation_min",
    "completeness_avg", "completeness_min", "resolution_avg", "resolution_min", "face_consistency",
)  # fmt: skip

_INSIDE_WEIGHTS = np.array([0.15, 0.15, 0.4, 0.15, 0.15])


def head_scores(
    keypoints: npt.ArrayLike,
    poses: npt.ArrayLike,
    boxes: npt.ArrayLike,
    *,
    sampled_frames: int,
    width: float,
    height: float,
) -> dict[str, float]:
    """The eleven scores of ``n`` measured frames out of ``sampled_frames``, in order.

    ``keypoints`` (n, 5, 2) pixels: two eyes, nose tip, two mouth corners; ``poses`` (n, 3) degrees: pitch, yaw,
    roll; ``boxes`` (n, 4) pixels: left, top, right, bottom. With ``n`` = 0 only ``face_consistency`` is there.
    Raises ``ValueError`` on shapes that do not fit, on numbers that are not finite, and on an empty frame.
    """
    points = _checked(keypoints, (5, 2), "keypoints")
    angles = _checked(poses, (3,), "poses")
    rects = _checked(boxes, (4,), "boxes")
    count = len(points)
    if not (len(angles) == len(rects) == count <= sampled_frames):
        raise ValueError(
            f"{count} keypoint sets, {len(angles)} poses and {len(rects)} boxes for {sampled_frames} sampled frames"
        )
    if not (width > 0 and height > 0):
        raise ValueError(f"a frame of {width} × {height} has no area")
    scores = {"face_consistency": consistency(sampled_frames, count)}
    if count == 0:
        return scores
    scores |= _both("movement", 100.0 - 100.0 * movement_steps(points, width, height))
    scores |= _both("rotation", 100.0 - rotation_steps(angles))
    scores |= _both("orientation", 100.0 - np.sqrt(np.sum((np.abs(angles) / 180.0 * 100.0) ** 2, axis=1)))
    scores |= _both("completeness", completeness(points, width, height))
    area = (rects[:, 2] - rects[:, 0]) * (rects[:, 3] - rects[:, 1])
    scores |= _both("resolution", 30.0 * 100.0 * area / (width * height))
    return scores


def movement_steps(points: Floats, width: float, height: float) -> Floats:
    """(n − 1,) mean |Δ| of the ten coordinates of neighbours in the sequence, in shorter sides of the frame."""
    return np.abs(np.diff(points, axis=0)).mean(axis=(1, 2)) / min(width, height)


def rotation_steps(angles: Floats) -> Floats:
    """(n − 1,) degrees turned between neighbours: √(Δpitch² + Δyaw² + Δroll²)."""
    return np.sqrt(np.sum(np.diff(angles, axis=0) ** 2, axis=1))


def completeness(points: Floats, width: float, height: float) -> Floats:
    """(n,) 100 · (0.3 · share of eyes inside + 0.4 · nose inside + 0.3 · share of mouth corners inside)."""
    x, y = points[..., 0], points[..., 1]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    # Rounded, because 0.15 + 0.15 + 0.4 + 0.15 + 0.15 falls a hair short of one, and 100 is a threshold.
    return np.round(100.0 * (inside @ _INSIDE_WEIGHTS), 9)


def consistency(sampled_frames: int, measured_frames: int) -> float:
    """100 if every sampled frame has exactly the one face, else max(0, 100 − 20 · number of other frames)."""
    if sampled_frames < 1:
        raise ValueError("no frame was sampled")
    return max(0.0, 100.0 - 20.0 * (sampled_frames - measured_frames))


def _both(name: str, scores: Floats) -> dict[str, float]:
    """Average and worst; a single face has no pair to compare and scores 100."""
    if len(scores) == 0:
        return {f"{name}_avg": 100.0, f"{name}_min": 100.0}
    return {f"{name}_avg": float(scores.mean()), f"{name}_min": float(scores.min())}


def _checked(values: npt.ArrayLike, shape: tuple[int, ...], what: str) -> Floats:
    array: npt.NDArray[Any] = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        array = array.reshape(0, *shape)
    if array.shape[1:] != shape:
        raise ValueError(f"{what} must be (n, {', '.join(map(str, shape))}), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{what} holds numbers that are not finite")
    return array
