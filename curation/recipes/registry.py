"""The recipes by name, and one way to run any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation.recipes.facts import Derivation, Shot, Track, Turn
from curation.recipes.joint import JointParams, derive_joint
from curation.recipes.params import BadParams, RecipeParams
from curation.recipes.shots import ShotsParams, derive_shots
from curation.recipes.turns import TurnsParams, derive_turns

RECIPES: dict[str, type[RecipeParams]] = {
    params.recipe: params for params in (ShotsParams, TurnsParams, JointParams)
}


def params_from(recipe: str, values: Mapping[str, Any] | None = None) -> RecipeParams:
    """Checked parameters of ``recipe``, its defaults where ``values`` says nothing; raises ``BadParams``."""
    if recipe not in RECIPES:
        raise BadParams(f"no recipe is called {recipe!r}; there are {', '.join(RECIPES)}")
    return RECIPES[recipe].from_mapping(values or {})


def derive(
    params: RecipeParams,
    *,
    shots: Sequence[Shot],
    tracks: Sequence[Track],
    turns: Sequence[Turn] = (),
    speech: Sequence[tuple[float, float]] | None = None,
) -> Derivation:
    """Run the recipe that ``params`` belong to; what a recipe does not read is ignored."""
    if isinstance(params, ShotsParams):
        return derive_shots(shots, tracks, params)
    if isinstance(params, TurnsParams):
        return derive_turns(shots, tracks, turns, params, speech=speech)
    if isinstance(params, JointParams):
        return derive_joint(shots, tracks, params)
    raise BadParams(f"{type(params).__name__} belongs to no recipe")
