"""Persons within a source: numbers that the identity scorer gave become people whose ids stay."""

from __future__ import annotations

import pytest

from curation.models import Clip, Person, Source, Track, Turn
from curation.models.record import Purge
from curation.services.clips import clips_derive, recipe_get_or_create
from curation.services.pairs import pairs_derive
from curation.services.persons import persons_assign
from curation.services.turns import NewTurn, turns_replace
from curation.services.withdrawal import person_withdraw
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    source = factories.source(duration_s=30.0, name="panel.mp4")
    for number in range(4):
        start = number * 6.0
        shot = source.shots.create(number=number, start_s=start, end_s=start + 6.0)
        Track.objects.create(source=source, shot=shot, number=number, start_s=start, end_s=start + 6.0)
    return source


def whose(source: Source) -> list[int | None]:
    return list(source.tracks.order_by("number").values_list("person", flat=True))


def test_tracks_of_one_person_are_one_person(source: Source) -> None:
    assert persons_assign(source=source, persons={0: 0, 1: 1, 2: 0}) == 3
    a, b = Person.objects.order_by("pk")
    assert whose(source) == [a.pk, b.pk, a.pk, None]
    assert (a.corpus, a.source, a.label, b.label) == (source.corpus, source, "panel 1", "panel 2")
    assert not (a.gender or a.age_group or a.ethnicity), "nothing about a person is inferred"


def test_measuring_again_keeps_ids_whatever_the_numbers_are(source: Source) -> None:
    persons_assign(source=source, persons={0: 0, 1: 1, 2: 0, 3: 1})
    before = whose(source)
    assert persons_assign(source=source, persons={0: 5, 1: 3, 2: 5, 3: 3}) == 0
    assert whose(source) == before
    persons_assign(source=source, persons={0: 0, 1: 1, 2: 0, 3: 2})
    assert whose(source)[:3] == before[:3] and whose(source)[3] not in before


def test_clips_and_turns_follow_their_tracks(source: Source) -> None:
    turns_replace(source=source, turns=[NewTurn(0.5, 5.0, 0, False, 1.0, "lr_asd")])
    clips_derive(source=source, recipe=recipe_get_or_create(name="turns"))
    persons_assign(source=source, persons={0: 0})
    person = Person.objects.get()
    assert Clip.objects.get(source=source).person == person
    assert Turn.objects.get(source=source).person == person


def test_nobody_answers_themselves_across_a_cut(source: Source) -> None:
    turns_replace(
        source=source,
        turns=[NewTurn(n * 6 + 1.0, n * 6 + 5.5, n, False, 1.0, "lr_asd") for n in range(3)],
    )
    clips_derive(source=source, recipe=recipe_get_or_create(name="turns"))
    pairs_derive(source=source)
    assert source.pairs.filter(is_current=True).count() == 2
    persons_assign(source=source, persons={0: 0, 1: 0, 2: 1})
    pairs_derive(source=source)
    assert [pair.initiator.track.number for pair in source.pairs.filter(is_current=True)] == [1]
    assert source.pairs.count() == 2, "what was judged once is not deleted"


def test_a_track_of_a_withdrawn_person_takes_its_clips_along(source: Source) -> None:
    persons_assign(source=source, persons={0: 0, 1: 1})
    clips_derive(source=source, recipe=recipe_get_or_create(name="shots", parameters={"scope": "frame"}))
    gone = Person.objects.order_by("pk")[0]
    person_withdraw(person=gone, reason="asked to leave")
    Purge.objects.update(state="done")
    left = list(Clip.objects.filter(withdrawn_at=None).values_list("start_s", flat=True))
    assert left == [6.0, 12.0, 18.0]
    persons_assign(source=source, persons={0: 0, 1: 1, 2: 0})
    assert list(Clip.objects.filter(withdrawn_at=None).values_list("start_s", flat=True)) == [6.0, 18.0]
    assert Purge.objects.get().state == "open"
