"""What is really the matter with a synthetic clip, so that simulated raters can judge with a known error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from curation.policies.tiers import Tier
from curation.synthetic.shapes import ASPECTS
from curation.synthetic.world import BLOCK, aspects_of_block, tiers_of

_ID = re.compile(r"syn(\d{5})-(\d{8})\Z")


@dataclass(frozen=True, slots=True)
class Truth:
    """The tier that the clip deserves, and how good each aspect is (standard normal; below −0.75 is bad)."""

    tier: Tier
    aspects: dict[str, float]

    def worst(self) -> str:
        """The aspect that is the most wrong."""
        return min(self.aspects, key=lambda name: self.aspects[name])


def synthetic_id(seed: int, index: int) -> str:
    """The external id of clip ``index`` of the corpus made from ``seed`` (below 100,000)."""
    return f"syn{seed:05d}-{index:08d}"


def truths_of(external_ids: Iterable[str]) -> dict[str, Truth]:
    """The truth of each synthetic clip by its external id; raises ``ValueError`` for an id of another kind.

    Nothing is stored for this: a block's truth follows from the seed, so it is made again.
    """
    by_block: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for external_id in external_ids:
        match = _ID.match(external_id)
        if match is None:
            raise ValueError(f"{external_id!r} is not the id of a synthetic clip")
        seed, index = int(match[1]), int(match[2])
        by_block.setdefault((seed, index // BLOCK), []).append((external_id, index % BLOCK))
    found: dict[str, Truth] = {}
    for (seed, number), wanted in by_block.items():
        aspects = aspects_of_block(seed, number)
        codes = tiers_of(aspects)
        for external_id, place in wanted:
            named = dict(zip(ASPECTS, (float(value) for value in np.asarray(aspects[place])), strict=True))
            found[external_id] = Truth(Tier(int(codes[place])), named)
    return found
