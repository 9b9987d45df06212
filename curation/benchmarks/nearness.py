"""Near-duplicates by Hamming distance, found through bands instead of comparing all pairs.

Source: M. Norouzi, A. Punjani, D. Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012. Two
hashes within t bits agree, in at least one of m bands, within ⌊t/m⌋ bits: so nothing within t is missed.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from curation.benchmarks.errors import BadPlan

BITS = 63
_BANDS = 4
_WIDTH = 16
_PIECE = 1 << 17
# Pairs looked at at a time: pictures that are much alike fill the same places of a table, and memory stays bounded.
_PAIRS = 1 << 21


class NearIndex:
    """Hashes of ``BITS`` bits by band, to be asked for all within ``near`` bits of others."""

    def __init__(self, hashes: NDArray[np.int64], near: int) -> None:
        """``hashes``: (n,) non-negative. Raises ``BadPlan`` for a distance that the bands cannot serve."""
        if not 0 <= near <= 16:
            raise BadPlan(f"near: {near} is not between 0 and 16 bits")
        self.hashes = np.asarray(hashes, np.uint64)
        self.near = near
        spread = _within(near // _BANDS)
        self._tables = [self._table(_band(self.hashes, band), spread) for band in range(_BANDS)]

    @staticmethod
    def _table(values: NDArray[np.int64], spread: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
        """For each value of a band, the rows that come near to it: row numbers, and where each value's begin."""
        reached = (values[:, None] ^ spread[None, :]).ravel()
        rows = np.repeat(np.arange(len(values)), len(spread))
        by_value = np.argsort(reached, kind="stable")
        begins = np.searchsorted(reached[by_value], np.arange((1 << _WIDTH) + 1))
        return rows[by_value], begins

    def find(self, hashes: NDArray[np.int64]) -> tuple[NDArray, NDArray, NDArray]:
        """``(row of the index, row of hashes, bits that differ)`` of every pair within ``near``, each once."""
        asked = np.asarray(hashes, np.uint64)
        found = [self._find(asked[at : at + _PIECE], at) for at in range(0, len(asked), _PIECE)]
        if not found:
            empty = np.empty(0, np.int64)
            return empty, empty, empty
        ours, theirs, bits = (np.concatenate(each) for each in zip(*found, strict=True))
        return ours, theirs, bits

    def _find(self, asked: NDArray[np.uint64], offset: int) -> tuple[NDArray, NDArray, NDArray]:
        kept: list[NDArray] = []
        for band, (rows, begins) in enumerate(self._tables):
            values = _band(asked, band)
            counts = begins[values + 1] - begins[values]
            ends = np.cumsum(counts)
            first = 0
            while first < len(asked):
                before = ends[first - 1] if first else 0
                last = max(first + 1, int(np.searchsorted(ends, before + _PAIRS, side="right")))
                some = counts[first:last]
                theirs = np.repeat(np.arange(first, last), some)
                # Where each one's run begins in the table, counted on through the run.
                places = np.arange(len(theirs)) - np.repeat(ends[first:last] - some - before, some)
                ours = rows[np.repeat(begins[values[first:last]], some) + places]
                near = distances(self.hashes[ours], asked[theirs]) <= self.near
                kept.append(np.stack([ours[near], theirs[near]], axis=1))
                first = last
        pairs = np.unique(np.concatenate(kept), axis=0)
        ours, theirs = pairs[:, 0], pairs[:, 1]
        return ours, theirs + offset, distances(self.hashes[ours], asked[theirs])


def candidates(ours: int, theirs: int, near: int) -> float:
    """How many pairs a search of ``theirs`` hashes in an index of ``ours`` looks at, if bits fall evenly."""
    return ours * theirs * _BANDS * len(_within(near // _BANDS)) / (1 << _WIDTH)


def distances(first: NDArray, second: NDArray) -> NDArray[np.int64]:
    """How many bits differ, row by row."""
    differing = np.bitwise_xor(np.asarray(first, np.uint64), np.asarray(second, np.uint64))
    octets = differing.reshape(-1, 1).view(np.uint8)
    return _ONES[octets].sum(axis=1, dtype=np.int64)


_ONES = np.array([value.bit_count() for value in range(256)], np.uint8)


def _band(hashes: NDArray[np.uint64], band: int) -> NDArray[np.int64]:
    """Every fourth bit from ``band`` on: neighbouring frequencies are alike, and would crowd one band."""
    values = np.zeros(len(hashes), np.int64)
    for place in range(_WIDTH):
        bit = np.right_shift(hashes, np.uint64(_BANDS * place + band)) & np.uint64(1)
        values |= bit.astype(np.int64) << place
    return values


def _within(bits: int) -> NDArray[np.int64]:
    """Every pattern of one band with at most ``bits`` ones."""
    patterns = [
        sum(1 << place for place in places)
        for ones in range(bits + 1)
        for places in combinations(range(_WIDTH), ones)
    ]
    return np.array(patterns, np.int64)
