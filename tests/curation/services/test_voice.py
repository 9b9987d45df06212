"""Where a voice is heard is kept with the source, so that a recipe cuts long turns in their silences, again and again."""

from __future__ import annotations

import pytest

from curation.models import Source, Track
from curation.services.clips import clips_derive, recipe_get_or_create
from curation.services.turns import NewTurn, kept_voice, turns_replace, voice_keep
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_long_turn_is_cut_in_its_silence_and_stays_so_when_derived_again() -> None:
    source = factories.source(duration_s=24.0)
    source.shots.all().delete()
    source.clips.all().delete()
    shot = source.shots.create(number=0, start_s=0.0, end_s=24.0)
    Track.objects.create(source=source, shot=shot, number=0, start_s=0.0, end_s=24.0)
    turns_replace(source=source, turns=[NewTurn(0.0, 20.0, 0, False, 0.9, "lr_asd")])
    assert kept_voice(source) is None
    voice_keep(source=source, spans=[(0.0, 8.0), (9.0, 20.0)])
    recipe = recipe_get_or_create(name="turns")
    clips_derive(source=source, recipe=recipe)
    again = Source.objects.get(pk=source.pk)
    assert kept_voice(again) == [(0.0, 8.0), (9.0, 20.0)]
    cut = [(clip.start_s, clip.end_s) for clip in again.clips.order_by("start_s")]
    assert cut == [(0.0, 8.5), (8.5, 20.0)]
    assert clips_derive(source=again, recipe=recipe).added == 0
