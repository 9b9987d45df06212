"""Permanent random numbers: one per item, the same whenever and wherever it is asked for.

Source: E. Ohlsson, "Coordination of samples using permanent random numbers", in Business Survey Methods
(1995).
"""

from __future__ import annotations

import hashlib

BITS = 53


def permanent_random_number(seed: str, item: str) -> float:
    """A number strictly between 0 and 1 fixed by ``seed`` and ``item``, uniform over items.

    The first 53 bits of SHA-256 of both, with their lengths told apart; never 0 and never 1.
    """
    return (hashed_bits("prn", seed, item) + 0.5) / 2**BITS


def hashed_bits(purpose: str, seed: str, item: str) -> int:
    """The 53 bits behind such a number; another ``purpose`` gives numbers that have nothing to do with these."""
    text = f"{purpose}\x1f{len(seed)}\x1f{seed}\x1f{item}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> (64 - BITS)
