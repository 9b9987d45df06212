"""Face embeddings: an aligned face of 112 × 112 to a vector; near vectors are the same person.

Biometric, so off unless ``FACE_EMBEDDINGS=1``. The model is any ONNX file with one input (n, 3, 112, 112) and one
output (n, d); vectors come out with length 1.
"""

from __future__ import annotations

import os

import cv2
import numpy as np
import numpy.typing as npt

from scoring.adapters import onnx_models, weights
from scoring.scorers.base import Floats, Pixels, Unavailable

NAME = "face_embedding"
SIDE = 112
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    np.float32,
)
"""Where such models expect the eyes, nose tip and mouth corners."""


def available() -> Unavailable | None:
    if os.environ.get("FACE_EMBEDDINGS", "").strip() not in ("1", "true", "yes", "on"):
        return Unavailable(
            "face embeddings are biometric and so off by default: FACE_EMBEDDINGS=1 allows them"
        )
    return None if weights.is_present(NAME) else Unavailable(weights.missing_words(NAME))


def aligned(rgb: Pixels, keypoints: Floats) -> Pixels | None:
    """The face (112, 112, 3) turned, scaled and moved so that ``keypoints`` (5, 2) meet the template."""
    matrix, _ = cv2.estimateAffinePartial2D(keypoints.astype(np.float32), TEMPLATE, method=cv2.LMEDS)
    return None if matrix is None else cv2.warpAffine(rgb, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)


def embed(faces: Pixels) -> npt.NDArray[np.float32]:
    """Vectors (n, d) of length 1 for aligned RGB faces (n, 112, 112, 3)."""
    if faces.ndim != 4 or faces.shape[1:] != (SIDE, SIDE, 3):
        raise ValueError(f"face embeddings read (n, {SIDE}, {SIDE}, 3), not {faces.shape}")
    model = onnx_models.loaded(NAME)
    name, shape = next(iter(model.shapes.items()))
    batch = np.ascontiguousarray(((faces.astype(np.float32) - 127.5) / 127.5).transpose(0, 3, 1, 2))
    size = shape[0] or len(batch)
    parts = []
    for first in range(0, len(batch), size):
        part = batch[first : first + size]
        filled = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])
        parts.append(np.asarray(model.run(**{name: filled})[0]).reshape(size, -1)[: len(part)])
    vectors = np.concatenate(parts)
    return vectors / np.maximum(1e-9, np.linalg.norm(vectors, axis=1, keepdims=True))
