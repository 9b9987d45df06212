"""Tune or certify: every source belongs to one of the two for good."""

from __future__ import annotations

from enum import Enum

from annotation.estimation.values import InputError
from annotation.sampling.prn import BITS, hashed_bits


class Split(Enum):
    """What an item may be used for: thresholds are chosen on ``TUNE`` items and certified on ``CERTIFY``
    items.
    """

    TUNE = "tune"
    CERTIFY = "certify"


def split_of(source: str, *, seed: str, tune_share: float = 0.5) -> Split:
    """The side that all clips of ``source`` are on, by hash; about ``tune_share`` of sources tune."""
    if not 0.0 <= tune_share <= 1.0:
        raise InputError(f"tune_share must lie in [0, 1], got {tune_share}")
    position = (hashed_bits("split", seed, source) + 0.5) / 2**BITS
    return Split.TUNE if position < tune_share else Split.CERTIFY
