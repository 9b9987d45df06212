"""Pairs, chains, listening and branches: what clips are to each other. Pure: imports no Django.

Candidate pairs are facts at generous fixed bounds with stable keys; every tighter bound belongs to a policy.
"""

from __future__ import annotations

from curation.pairing.branches import Branch, BranchReading, branch_of, chained_turns, paired_spans
from curation.pairing.chains import Chain, context_before, sequential_chains
from curation.pairing.clips import ClipPair, UnpairedReason, pair_clips
from curation.pairing.identities import Identities, identities
from curation.pairing.listening import ListenKind, listen_kind
from curation.pairing.pairs import GAP_MAX_S, GAP_MIN_S, CandidatePair, candidate_pairs

__all__ = [
    "GAP_MAX_S",
    "GAP_MIN_S",
    "Branch",
    "BranchReading",
    "CandidatePair",
    "Chain",
    "ClipPair",
    "Identities",
    "ListenKind",
    "UnpairedReason",
    "branch_of",
    "candidate_pairs",
    "chained_turns",
    "context_before",
    "identities",
    "listen_kind",
    "pair_clips",
    "paired_spans",
    "sequential_chains",
]
