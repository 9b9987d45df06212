"""The permanent random numbers of draws: those of ``curation.permanent``."""

from __future__ import annotations

from curation.permanent import BITS, hashed_bits, permanent_random_number

__all__ = ["BITS", "hashed_bits", "permanent_random_number"]
