"""How much a single file may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Bounds on decoding one file; going over one is a typed error, never a silently shorter result."""

    max_frames: int = 24 * 3600 * 60
    max_pixels: int = 8192 * 4608
    """Pixels of one picture."""
    max_duration_s: float = 24 * 3600.0
    max_wall_s: float | None = None
    """Seconds of real time for the whole file; None: as long as it takes."""
    max_damaged_share: float = 0.05
    """Share of packets that may fail to decode before the file counts as damaged."""


DEFAULT_LIMITS = DecodeLimits()
