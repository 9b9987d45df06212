"""Clips: derived from a source's shots, tracks and turns by a recipe, again whenever those change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from curation import recipes
from curation.models import Clip, DroppedSpan, Recipe, Source
from curation.services.locks import named_lock
from curation.services.proposals import proposals_refresh
from curation.services.turns import kept_voice, told_turns
from curation.services.withdrawal import spans_apply


@dataclass(frozen=True, slots=True)
class Derived:
    """What a derivation changed: clips that are new, that stayed, that the recipe no longer makes."""

    added: int
    kept: int
    retired: int
    dropped: int


def recipe_get_or_create(*, name: str, parameters: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe of these parameters; different parameters are the next version of that name.

    Raises ``curation.recipes.BadParams`` for an unknown recipe or parameter.
    """
    params = recipes.params_from(name, parameters)
    wanted = {**params.as_dict(), "code_version": params.version}
    with transaction.atomic():
        # Two ingests at once must not both think that they make the next version.
        named_lock(f"recipe {name}")
        found = Recipe.objects.filter(name=name, parameters=wanted).first()
        if found is not None:
            return found
        last = Recipe.objects.filter(name=name).aggregate(last=Max("version"))["last"] or 0
        return Recipe.objects.create(name=name, version=last + 1, parameters=wanted)


@transaction.atomic
def clips_derive(*, source: Source, recipe: Recipe) -> Derived:
    """Derive the clips of ``source`` anew. Clips that the recipe still makes keep their ids and their work.

    Retired clips stay in the database (judgments may refer to them) with ``is_current`` off. A withdrawn source
    derives nothing, and a clip that shows a withdrawn person is withdrawn as it is made.
    """
    locked = Source.objects.select_for_update().get(pk=source.pk)
    if locked.withdrawn_at is not None:
        return Derived(added=0, kept=0, retired=0, dropped=0)
    values = {key: value for key, value in recipe.parameters.items() if key != "code_version"}
    derivation = recipes.derive(
        recipes.params_from(recipe.name, values),
        shots=[recipes.Shot(shot.pk, shot.start_s, shot.end_s) for shot in source.shots.all()],
        tracks=[
            recipes.Track(
                track.pk, track.start_s, track.end_s, shot_key=track.shot_id, person=track.person_id
            )
            for track in source.tracks.all()
        ],
        turns=told_turns(source),
        speech=kept_voice(locked),
    )
    have = {(clip.track_id, clip.start_s, clip.end_s): clip for clip in source.clips.filter(recipe=recipe)}
    regions = {track.pk: track for track in source.tracks.all()}
    fresh: list[Clip] = []
    seen = set()
    for span in derivation.spans:
        key = (span.track_key, span.start_s, span.end_s)
        seen.add(key)
        if key in have:
            continue
        track = regions.get(span.track_key) if isinstance(span.track_key, int) else None
        fresh.append(
            Clip(
                corpus_id=source.corpus_id,
                source=source,
                recipe=recipe,
                shot_id=span.shot_key if isinstance(span.shot_key, int) else None,
                track=track,
                person_id=track.person_id if track else None,
                start_s=span.start_s,
                end_s=span.end_s,
                language=source.language,
                branch="listening" if span.kind == recipes.SpanKind.LISTEN else "",
            )
        )
    Clip.objects.bulk_create(fresh)
    spans_apply(source_ids=[source.pk])
    proposals_refresh(clip_ids=[clip.pk for clip in fresh])
    revived = [clip.pk for key, clip in have.items() if key in seen and not clip.is_current]
    retired = [clip.pk for key, clip in have.items() if key not in seen and clip.is_current]
    Clip.objects.filter(pk__in=revived).update(is_current=True)
    Clip.objects.filter(pk__in=retired).update(is_current=False)
    DroppedSpan.objects.filter(source=source, recipe=recipe).delete()
    DroppedSpan.objects.bulk_create(
        DroppedSpan(
            source=source,
            recipe=recipe,
            start_s=span.start_s,
            end_s=span.end_s,
            code=str(span.reason),
            reason=span.detail,
        )
        for span in derivation.dropped
    )
    return Derived(
        added=len(fresh), kept=len(have) - len(retired), retired=len(retired), dropped=len(derivation.dropped)
    )
