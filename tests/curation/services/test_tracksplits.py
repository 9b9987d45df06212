"""Tracks that people take off a person: to somebody of their own, and back where the word is taken back."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from curation.models import Clip, Person, PersonPair, Track, TrackLink
from curation.services.identities import person_pairs_find, person_verdict_reopen
from curation.services.persons import persons_assign
from curation.services.withdrawal import person_withdraw
from tests import factories
from tests.curation.services.test_identities import pair, people, roots, say

pytestmark = pytest.mark.django_db


def mixed() -> tuple[Person, Person, Track]:
    """Two persons; the first has a second track, with a clip, that shows somebody else."""
    a, b = people(2)
    track = Track.objects.create(source=a.source, number=7, person=a, start_s=40.0, end_s=45.0)
    factories.clip(a.source, scored=False, start_s=40.0, end_s=45.0, track=track, person=a)
    return a, b, track


def take_off(a: Person, b: Person, track: Track, **said):
    return say(a, b, "mixed", evidence={"apart": {str(track.pk): a.pk}}, **said)


def whose(track: Track) -> int | None:
    assert {Clip.objects.get(track=track).person_id} == {Track.objects.get(pk=track.pk).person_id}
    return Track.objects.get(pk=track.pk).person_id


def test_a_track_that_does_not_belong_becomes_somebody_of_their_own() -> None:
    a, b, track = mixed()
    _, did = take_off(a, b, track)
    other = Person.objects.get(pk=whose(track))
    assert did.tracks == 1 and other not in (a, b) and other.source == a.source
    assert not (
        other.gender or other.age_group or other.ethnicity
    )  # what was told of the one is not of the other
    assert roots(other) == [None] and Track.objects.filter(person=a).count() == 1
    person_pairs_find(corpus=a.corpus)
    asked = set(PersonPair.objects.filter(second=other).values_list("first", flat=True))
    assert asked == {b.pk}  # whether they are the first one has just been answered


def test_it_comes_back_with_the_word_that_took_it_and_goes_to_the_same_one_again() -> None:
    a, b, track = mixed()
    take_off(a, b, track)
    other = whose(track)
    person_verdict_reopen(pair=pair(a, b), evidence={"item": 1})
    assert whose(track) == a.pk
    take_off(a, b, track)
    assert whose(track) == other
    say(a, b, "same")  # the same question, answered otherwise
    assert whose(track) == a.pk and roots(b) == [a.pk]
    moved = TrackLink.objects.order_by("pk").values_list("before", "after", "apart")
    assert list(moved) == [(a.pk, other, True), (other, a.pk, False)] * 2


def test_it_stays_away_when_the_rest_is_asked_about_again_and_can_still_come_back() -> None:
    a, b, track = mixed()
    take_off(a, b, track)
    other = whose(track)
    say(a, b, "same", item=2)  # of the rows that were left
    assert whose(track) == other and roots(b, Person.objects.get(pk=other)) == [a.pk, None]
    for _ in range(2):
        person_verdict_reopen(pair=pair(a, b), evidence={"item": 1})
        assert whose(track) == a.pk and roots(b) == [a.pk]
    assert pair(a, b).verdicts.count() == 3  # taken back once
    take_off(a, b, track)
    assert whose(track) == other


def test_who_was_parted_is_not_joined_through_a_third() -> None:
    a, b, track = mixed()
    take_off(a, b, track)
    other = Person.objects.get(pk=whose(track))
    c = people(1, source=factories.source(a.corpus))[0]
    say(a, c, "same", item=2)
    _, did = say(c, other, "same", item=3)
    assert did.refused and roots(c, other) == [a.pk, None]


def test_no_measurement_moves_what_people_settled() -> None:
    a, b, track = mixed()
    take_off(a, b, track)
    other = whose(track)
    numbers = {
        one.number: (0 if one.pk == track.pk or one.person_id == a.pk else 1) for one in Track.objects.all()
    }
    persons_assign(source=a.source, persons=numbers)  # the scorer still takes them for one
    assert whose(track) == other


def test_a_track_that_comes_back_to_a_withdrawn_person_leaves_with_them() -> None:
    a, b, track = mixed()
    take_off(a, b, track)
    person_withdraw(person=a, reason="asked to leave")
    assert Clip.objects.get(track=track).withdrawn_at is None  # it shows somebody else
    person_verdict_reopen(pair=pair(a, b), evidence={"item": 1})
    assert whose(track) == a.pk and Clip.objects.get(track=track).withdrawn_at is not None


def test_the_persons_page_tells_whose_tracks_went_where(client) -> None:
    a, b, track = mixed()
    take_off(a, b, track)
    other = Person.objects.get(pk=whose(track))
    client.force_login(factories.user("curator"))
    assert other.label in client.get(f"/persons/{a.pk}/").content.decode()
    page = client.get(f"/persons/{other.pk}/").content.decode()
    assert "taken off" in page and a.label in page
    person_verdict_reopen(pair=pair(a, b), evidence={"item": 1})
    listed = client.get(f"/corpora/{a.corpus.slug}/persons/").content.decode()
    assert a.label in listed and f"/persons/{other.pk}/" not in listed  # nobody is left there


def test_the_record_of_tracks_cannot_be_changed() -> None:
    a, b, track = mixed()
    take_off(a, b, track)
    with pytest.raises(DatabaseError, match="permission denied"):
        TrackLink.objects.update(apart=False)
