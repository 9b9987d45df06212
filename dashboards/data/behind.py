"""The clips behind a number of a dashboard: the very ones that it counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.analytics.schema import KEY, LENGTH
from curation.analytics.table import Table
from curation.policies.tiers import Tier, tier_from_word


class NoSuchNumber(Exception):
    """The address names no number of this dashboard, or one that it does not show as it stands."""


@dataclass(frozen=True, slots=True)
class Behind:
    """``ids`` of clips, ascending, ``seconds`` long together; ``words`` say which they are."""

    words: str
    ids: NDArray[np.int64]
    seconds: float


def behind_rows(table: Table, rows: NDArray[np.int64], words: str) -> Behind:
    """The clips at whole-table row numbers."""
    ids = np.sort(table.take(KEY, rows))
    return Behind(words, ids, float(table.take(LENGTH, rows).sum()) / 1e6)


def number_in(asked: Mapping[str, str], name: str, below: int) -> int:
    """The whole number that the address gives under ``name``, in [0, below)."""
    text = asked.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) < below):
        raise NoSuchNumber(name)
    return int(text)


def word_in(asked: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """The word that the address gives under ``name``, one of ``allowed``."""
    if asked.get(name) not in allowed:
        raise NoSuchNumber(name)
    return asked[name]


def tier_in(asked: Mapping[str, str], name: str, allowed: tuple[Tier, ...] = tuple(Tier)) -> Tier:
    """The tier that the address gives under ``name``."""
    return tier_from_word(word_in(asked, name, tuple(tier.word for tier in allowed)))
