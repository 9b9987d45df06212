"""Tiers: what a policy may say of a clip. The codes are what proposals and snapshots store."""

from __future__ import annotations

from enum import IntEnum


class Tier(IntEnum):
    """A higher code is a better tier; ``UNDECIDED`` stands outside that order."""

    UNDECIDED = 0
    REJECT = 1
    PRETRAIN = 2
    SFT = 3

    @property
    def word(self) -> str:
        """The tier's name as pages, exports and the API write it."""
        return self.name.lower()

    @property
    def letter(self) -> str:
        """One letter, so that a tier can be read without its colour."""
        return {"UNDECIDED": "?", "REJECT": "R", "PRETRAIN": "P", "SFT": "S"}[self.name]


def tier_from_word(word: str) -> Tier:
    """The tier called ``word``; raises ``ValueError`` naming the words that exist."""
    try:
        return Tier[word.upper()]
    except KeyError:
        raise ValueError(f"{word!r} is no tier; tiers are sft, pretrain, reject, undecided") from None
