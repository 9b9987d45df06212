"""Consensus: how votes become what people settled."""

from annotation.consensus.dawid_skene import DawidSkeneResult, ItemVotes, dawid_skene
from annotation.consensus.settlement import Basis, Settlement, Vote, majority, panel_due, settle

__all__ = [
    "Basis",
    "DawidSkeneResult",
    "ItemVotes",
    "Settlement",
    "Vote",
    "dawid_skene",
    "majority",
    "panel_due",
    "settle",
]
