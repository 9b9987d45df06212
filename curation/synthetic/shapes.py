"""How each metric of the catalogue is spread, as a function of a standard normal score (higher is better)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from curation.metrics import MetricSpec, clip_metrics

Floats = NDArray[np.float32]
Shape = Callable[[Floats], Floats]

# What can be the matter with a clip. Each metric looks at one of these.
ASPECTS: tuple[str, ...] = ("picture", "motion", "head", "people", "sound", "speaking")
_ASPECT_OF_GROUP = {"file": "picture", "pairs": "speaking"}


def _under_hundred(mean: float, spread: float) -> Shape:
    return lambda z: 100 - np.exp(np.float32(mean) - np.float32(spread) * z)


def _lognormal(mean: float, spread: float) -> Shape:
    return lambda z: np.exp(np.float32(mean) + np.float32(spread) * z)


def _normal(mean: float, spread: float) -> Shape:
    return lambda z: np.float32(mean) + np.float32(spread) * z


def _share(mean: float, spread: float) -> Shape:
    return lambda z: 1 / (1 + np.exp(-(np.float32(mean) + np.float32(spread) * z)))


def _seldom(threshold: float, scale: float = 1.0) -> Shape:
    """Nearly always 0, and a whole number above it for bad clips."""
    return lambda z: (
        np.floor(np.maximum(0, (np.float32(threshold) - z) * np.float32(scale) + 1)) * (z < threshold)
    )


def _capped(threshold: float, slope: float) -> Shape:
    """100 for good clips, falling below ``threshold``."""
    return lambda z: np.minimum(100, 100 + np.float32(slope) * (z - np.float32(threshold)))


_SHAPES: Mapping[str, Shape] = {
    "frame_rate_fps": lambda z: np.where(z > 0.5, 30, 25).astype(np.float32),
    "width_px": lambda z: np.where(z > -0.8, 1920, 1280).astype(np.float32),
    "height_px": lambda z: np.where(z > -0.8, 1080, 720).astype(np.float32),
    "bit_rate_bps": _lognormal(14.7, 0.5),
    "clarity": _lognormal(0.35, 0.5),
    "has_sound": lambda z: (z > -3).astype(np.float32),
    "cut_count": _seldom(-1.6),
    "cross_fade_count": _seldom(-2.1),
    "black_share": _share(-8, -1.5),
    "frozen_share": _share(-6, -1.5),
    "still_share": _share(-7, -1.5),
    "luminance": _normal(112, 34),
    "dover_fused": _share(0.75, 0.9),
    "dover_technical": _normal(7.6, 1.8),
    "sharpness": _lognormal(4.9, 0.8),
    "shake": _lognormal(-1.9, -0.7),
    "lk_track_ratio": _share(2.6, 0.8),
    "cotracker_ratio": _share(2.6, 0.9),
    "movement_avg": _under_hundred(2.0, 0.6),
    "movement_min": _under_hundred(3.1, 0.6),
    "rotation_avg": _under_hundred(2.3, 0.7),
    "rotation_min": _under_hundred(3.2, 0.6),
    "orientation_avg": _under_hundred(2.9, 0.5),
    "orientation_min": _under_hundred(3.6, 0.5),
    "completeness_avg": _capped(-1.1, 25),
    "completeness_min": _capped(-0.9, 45),
    "resolution_avg": _lognormal(4.4, 0.5),
    "resolution_min": _lognormal(4.2, 0.5),
    "face_consistency": lambda z: np.clip(100 - 20 * np.floor(np.maximum(0, (-0.9 - z) * 2.5 + 1)), 0, 100),
    "face_count_mean": lambda z: 1 + np.maximum(0, -z - 1) * np.float32(0.6),
    "face_size_px": _lognormal(5.6, 0.4),
    "face_blur": _lognormal(0.1, 0.8),
    "hand_blur": _lognormal(-0.4, 0.8),
    "persons_max": lambda z: 1 + np.floor(np.maximum(0, 0.2 - z)),
    "persons_clip": lambda z: 1 + np.floor(np.maximum(0, -z)),
    "face_area_mean_px2": _lognormal(10.6, 0.8),
    "joint_overlap_s": _lognormal(1.7, 0.5),
    "speech_share": _share(1.3, 0.9),
    "loudness_lufs": _normal(-20, 4),
    "snr_db": _normal(19, 7),
    "asr_avg_logprob": lambda z: -np.exp(np.float32(-1.2) - np.float32(0.6) * z),
    "asr_no_speech_prob": _share(-3, -1.3),
    "asr_compression_ratio": _lognormal(0.45, -0.25),
    "subtitle_share": _share(1.5, 1.0),
    "lr_asd_score": _normal(1.1, 1.4),
    "mouth_voice_score": _normal(0.45, 0.25),
    "sync_offset_frames": lambda z: np.rint(np.float32(3) * (z - np.float32(0.5))),
    "sync_confidence": _lognormal(0.6, 0.5),
}


def aspect_of(spec: MetricSpec) -> int:
    """The place in ``ASPECTS`` of what the metric looks at."""
    name = _ASPECT_OF_GROUP.get(spec.group, spec.group)
    return ASPECTS.index(name)


def synthetic_metrics() -> tuple[MetricSpec, ...]:
    """The metrics that synthetic clips have: all but a clip's length and what only imports bring."""
    return tuple(spec for spec in clip_metrics() if not spec.imported_only and spec.name != "duration_s")


def value_of(spec: MetricSpec, z: Floats) -> Floats:
    """Values of a metric for scores ``z``, within the catalogue's range."""
    values = _SHAPES.get(spec.name, _plain_shape(spec))(z)
    return (
        np.clip(values, spec.low, spec.high).astype(np.float32)
        if _bounded(spec)
        else values.astype(np.float32)
    )


def _plain_shape(spec: MetricSpec) -> Shape:
    sign = -1.0 if spec.direction == "lower" else 1.0
    if (spec.low, spec.high) == (0.0, 1.0):
        return _share(sign * 2.0, sign * 0.9)
    if spec.high is not None and spec.low is not None:
        return _normal((spec.low + spec.high) / 2, sign * (spec.high - spec.low) / 8)
    return _lognormal(0.5, sign * 0.6)


def _bounded(spec: MetricSpec) -> bool:
    return spec.low is not None or spec.high is not None
