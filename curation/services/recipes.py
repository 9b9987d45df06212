"""Which recipes a corpus has: adding one, changing its parameters, taking one off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from curation.errors import RushesError
from curation.models import Clip, Corpus, DroppedSpan, Recipe
from curation.services.clips import recipe_get_or_create
from curation.services.locks import recipes_switch_lock


class NoSuchRecipe(RushesError):
    """The corpus has no recipe of this name."""

    code = "no_such_recipe"


@dataclass(frozen=True, slots=True)
class RecipeChange:
    """What a change came to: the recipe that now holds, versions that no longer do, clips retired with them."""

    recipe: Recipe | None
    replaced: tuple[Recipe, ...]
    retired: int


@transaction.atomic
def recipe_put(*, corpus: Corpus, name: str, parameters: Mapping[str, Any] | None = None) -> RecipeChange:
    """Have the corpus cut by recipe ``name`` with these parameters; another version of that name goes.

    Clips of the version that goes are retired at once, with their judgments; the new ones come with the next
    derivation. The same again changes nothing. Raises ``curation.recipes.BadParams``.
    """
    recipes_switch_lock(corpus.pk)
    recipe = recipe_get_or_create(name=name, parameters=parameters)
    others = tuple(corpus.recipes.filter(name=name).exclude(pk=recipe.pk).order_by("pk"))
    retired = _take_off(corpus, others)
    corpus.recipes.add(recipe)
    return RecipeChange(recipe, others, retired)


@transaction.atomic
def recipe_take_off(*, corpus: Corpus, name: str) -> RecipeChange:
    """Have the corpus no longer cut by recipe ``name``: its clips are retired. Raises ``NoSuchRecipe``."""
    recipes_switch_lock(corpus.pk)
    gone = tuple(corpus.recipes.filter(name=name).order_by("pk"))
    if not gone:
        have = ", ".join(sorted(set(corpus.recipes.values_list("name", flat=True)))) or "none"
        raise NoSuchRecipe(f"{corpus.slug} has no recipe {name!r}; it has {have}")
    return RecipeChange(None, gone, _take_off(corpus, gone))


def _take_off(corpus: Corpus, gone: tuple[Recipe, ...]) -> int:
    if not gone:
        return 0
    corpus.recipes.remove(*gone)
    DroppedSpan.objects.filter(source__corpus=corpus, recipe__in=gone).delete()
    return Clip.objects.filter(corpus=corpus, recipe__in=gone, is_current=True).update(is_current=False)
