"""Who is one person: joined and parted by what people settle, traceable, and nobody's record overwritten."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from curation.models import Person, PersonLink, PersonPair, PersonVerdict, Track
from curation.selectors.persons import person_said
from curation.services.identities import person_pairs_find, person_verdict_record, person_verdict_reopen
from curation.services.withdrawal import person_withdraw
from tests import factories

pytestmark = pytest.mark.django_db


def people(number: int, *, source=None, apart: float = 10.0) -> list[Person]:
    """Persons of one source, each seen for five seconds, ``apart`` seconds after the one before."""
    source = source or factories.source(duration_s=600.0)
    made = []
    for place in range(number):
        person = Person.objects.create(corpus=source.corpus, source=source, label=f"voice {place + 1}")
        start = place * apart
        Track.objects.create(
            source=source, number=100 + place, person=person, start_s=start, end_s=start + 5.0
        )
        made.append(person)
    return made


def pair(a: Person, b: Person) -> PersonPair:
    first, second = sorted((a, b), key=lambda one: one.pk)
    return PersonPair.objects.get_or_create(corpus=a.corpus, first=first, second=second, why="apart")[0]


def say(a: Person, b: Person, answer: str, *, item: int = 1, method: str = "agreed", evidence=None):
    return person_verdict_record(
        pair=pair(a, b), answer=answer, method=method, blind=True, evidence={"item": item, **(evidence or {})}
    )


def roots(*persons: Person) -> list[int | None]:
    return [Person.objects.get(pk=one.pk).same_as_id for one in persons]


def test_two_who_are_seen_at_the_same_time_are_no_candidates() -> None:
    together = people(2, apart=3.0)
    apart = people(2, source=factories.source(together[0].corpus))
    assert (
        person_pairs_find(corpus=together[0].corpus) == 3
    )  # one apart, two by their names across the sources
    found = set(PersonPair.objects.filter(why="apart").values_list("first", "second"))
    assert found == {(apart[0].pk, apart[1].pk)}
    assert person_pairs_find(corpus=together[0].corpus) == 0  # asked again, nothing is written twice


def test_the_same_links_and_a_later_different_parts_them_again() -> None:
    a, b = people(2)
    verdict, did = say(a, b, "same")
    assert roots(a, b) == [None, a.pk] and did.changed == 1
    link = PersonLink.objects.get()
    assert (link.person_id, link.before_id, link.after_id, link.verdict_id) == (b.pk, None, a.pk, verdict.pk)
    say(a, b, "different")
    assert roots(a, b) == [None, None]
    assert list(PersonLink.objects.order_by("pk").values_list("after", flat=True)) == [a.pk, None]
    assert PersonVerdict.objects.count() == 2  # the first still stands there, superseded


def test_a_chain_is_one_person_and_breaks_where_its_middle_goes() -> None:
    a, b, c = people(3)
    say(a, b, "same")
    say(b, c, "same", item=2)
    assert roots(a, b, c) == [None, a.pk, a.pk]
    say(a, b, "different")
    assert roots(a, b, c) == [None, None, b.pk]


def test_answers_that_contradict_each_other_join_nobody() -> None:
    a, b, c = people(3)
    say(a, c, "different")
    say(a, b, "same", item=2)
    _, did = say(b, c, "same", item=3)
    assert did.refused == ((b.pk, c.pk),)
    assert roots(a, b, c) == [None, a.pk, None]


def test_what_an_import_had_linked_comes_back_when_people_part_the_rest() -> None:
    a, b, c = people(3)
    Person.objects.filter(pk=c.pk).update(same_as=b)
    say(a, b, "same")
    assert roots(a, b, c) == [None, a.pk, a.pk]
    person_verdict_reopen(pair=pair(a, b), evidence={"item": 1})
    assert roots(a, b, c) == [None, None, b.pk]


def test_a_weaker_word_from_elsewhere_changes_nothing() -> None:
    a, b = people(2)
    first, _ = say(a, b, "same", method="panel")
    standing, did = say(a, b, "different", item=2, method="single")
    assert standing == first and did.changed == 0 and roots(b) == [a.pk]
    again, did = say(a, b, "same", method="panel")
    assert again == first and did.changed == 0 and PersonVerdict.objects.count() == 1


def test_nobody_is_linked_to_a_person_who_was_withdrawn() -> None:
    a, b = people(2)
    person_withdraw(person=a, reason="asked to leave")
    _, did = say(a, b, "same")
    assert did.changed == 0 and roots(b) == [None]


def test_a_persons_page_tells_what_was_said_and_what_was_not_followed(client) -> None:
    a, b, c = people(3)
    say(a, c, "different")
    say(a, b, "same", item=2)
    say(b, c, "same", item=3)
    client.force_login(factories.user("curator"))
    page = client.get(f"/persons/{a.pk}/").content.decode()
    assert "Who people say this is" in page and page.count("other answers contradict it") == 1
    assert [(one.other, one.verdict.answer, one.followed) for one in person_said(a)] == [
        (c, "same", False),
        (b, "same", True),
        (c, "different", True),
    ]


@pytest.mark.parametrize("model", [PersonVerdict, PersonLink])
def test_the_record_cannot_be_changed(model) -> None:
    a, b = people(2)
    say(a, b, "same")
    with pytest.raises(DatabaseError, match="permission denied"):
        model.objects.update(verdict_id=1) if model is PersonLink else model.objects.update(
            answer="different"
        )
