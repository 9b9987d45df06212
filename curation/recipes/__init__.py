"""Recipes: versioned, pure ways to derive clips from shots, tracks and turns. Imports no Django.

``derive_shots`` (TalkVid), ``derive_turns`` (SpeakerVid) and ``derive_joint`` (MIT) return the same thing, a
``Derivation``: the spans that become clips, and the spans that do not, each with its reason.
"""

from __future__ import annotations

from curation.recipes.facts import Derivation, DroppedSpan, DropReason, Shot, Span, SpanKind, Track, Turn
from curation.recipes.joint import JointParams, derive_joint
from curation.recipes.params import BadParams, RecipeParams
from curation.recipes.registry import RECIPES, derive, params_from
from curation.recipes.shots import ShotsParams, derive_shots
from curation.recipes.turns import TurnsParams, derive_turns

__all__ = [
    "RECIPES",
    "BadParams",
    "Derivation",
    "DropReason",
    "DroppedSpan",
    "JointParams",
    "RecipeParams",
    "Shot",
    "ShotsParams",
    "Span",
    "SpanKind",
    "Track",
    "Turn",
    "TurnsParams",
    "derive",
    "derive_joint",
    "derive_shots",
    "derive_turns",
    "params_from",
]
