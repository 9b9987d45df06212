"""An identity queue: drawn from people who may be one, shown as a sheet, settled as a link that can be taken back."""

from __future__ import annotations

import uuid

import pytest

from annotation.errors import BadAnswer, BadPlan
from annotation.models import Item, Queue
from annotation.selectors.items import item_payload, shown_read
from annotation.services.claims import slot_claim
from annotation.services.judgments import Answer, judgment_retract, judgment_submit
from annotation.services.plans import queue_plan
from curation.models import Clip, Person, PersonVerdict, Track
from curation.services.withdrawal import person_withdraw
from tests import factories
from tests.annotation import rooms
from tests.curation.services.test_identities import people

pytestmark = pytest.mark.django_db


def cast(number: int = 2, clips: int = 2) -> list[Person]:
    """Persons of one source who are never seen together, each with some clips that a browser can play."""
    found = people(number)
    for person in found:
        track = Track.objects.get(person=person)
        Track.objects.filter(pk=track.pk).update(mean_box=[0.25, 0.1, 0.5, 0.6])
        for place in range(clips):
            start = track.start_s + place
            clip = factories.clip(
                person.source, scored=False, start_s=start, end_s=start + 1.0, track=track, person=person
            )
            clip.renditions.create(
                kind="preview", path=f"{clip.pk}.mp4", content_type="video/mp4", sha256="0" * 64, size_bytes=1
            )
    return found


def identity_queue(corpus, **fields) -> Queue:
    return queue_plan(
        **{
            "corpus": corpus,
            "policy": None,
            "name": f"Who is who {factories.number()}",
            "kind": Queue.Kind.IDENTITY,
            "rubric": "identity",
            "seed": 3,
            **fields,
        }
    )


def payload(queue: Queue, who) -> dict:
    return item_payload(queue=queue, claimed=rooms.claim(queue, who), rater=who)


def test_a_draw_takes_each_open_pair_once_with_its_chance() -> None:
    a, *_ = cast(3)
    queue = identity_queue(a.corpus, size=2)
    drawn = list(queue.draw.items.order_by("position"))
    assert [one.inclusion_probability for one in drawn] == [2 / 3, 2 / 3]
    assert len({one.persons_id for one in drawn}) == 2 and queue.draw.frame_count == 3
    assert queue.blind and queue.items.count() == 2
    with pytest.raises(BadPlan, match="no two persons"):
        identity_queue(factories.corpus())


def test_the_sheet_shows_both_rows_and_names_nobody() -> None:
    a, b = cast()
    item = payload(identity_queue(a.corpus), rooms.rater())
    assert item["subject"] == "persons" and item["proposal"] is None and item["scores"] == []
    assert [one["row"] for one in item["clips"]] == [0, 0, 1, 1]
    assert item["clips"][0]["box"] == [0.25, 0.1, 0.5, 0.6]
    assert a.label not in str(item) and b.label not in str(item)


def test_agreed_answers_link_and_taking_one_back_parts_them() -> None:
    a, b = cast()
    queue = identity_queue(a.corpus, overlap=2)
    given = []
    for _ in range(2):
        who = rooms.rater()
        given.append((who, uuid.uuid4()))
        rooms.say(who, rooms.claim(queue, who).slot_id, id=given[-1][1], answers={"identity": "same"})
    verdict = PersonVerdict.objects.get()
    assert (verdict.answer, verdict.method, verdict.blind) == ("same", "agreed", True)
    assert verdict.evidence["judgments"] == [str(one) for _, one in given]
    b.refresh_from_db()
    assert b.same_as_id == a.pk
    judgment_retract(id=uuid.uuid4(), rater=given[0][0], judgment=given[0][1])
    b.refresh_from_db()
    assert b.same_as_id is None


def test_a_dispute_goes_to_the_panel_about_the_same_two() -> None:
    a, b = cast()
    queue = identity_queue(a.corpus, overlap=2)
    for answer in ("same", "different"):
        who = rooms.rater()
        rooms.say(who, rooms.claim(queue, who).slot_id, answers={"identity": answer})
    panel = Queue.objects.get(origin=queue)
    who = rooms.rater()
    assert payload(panel, who)["subject"] == "persons"
    rooms.say(who, rooms.claim(panel, who).slot_id, answers={"identity": "different"})
    assert PersonVerdict.objects.get().answer == "different"
    b.refresh_from_db()
    assert b.same_as_id is None


def test_marks_are_kept_as_evidence_and_only_of_clips_that_were_shown() -> None:
    a, _ = cast()
    queue, who = identity_queue(a.corpus), rooms.rater()
    item = payload(queue, who)
    shown = shown_read(item["shown"], item["item"])
    marked = item["clips"][1]["id"]

    def submit(clips):
        answer = Answer(answers={"identity": "mixed"}, shown=shown, details={"outliers": clips})
        return judgment_submit(id=uuid.uuid4(), rater=who, slot_id=item["slot"], answer=answer)

    with pytest.raises(BadAnswer, match="not on the sheet"):
        submit([987654321])
    submit([marked])
    verdict = PersonVerdict.objects.get()
    assert verdict.answer == "mixed" and verdict.evidence["outliers"] == {who.pseudonym: [marked]}
    assert not Person.objects.exclude(same_as=None).exists()


def test_nobody_is_given_two_of_whom_one_has_left_or_has_nothing_to_show() -> None:
    a, b = cast()
    queue = identity_queue(a.corpus)
    Clip.objects.filter(person=b).update(held_at="2026-01-01T00:00Z")
    assert slot_claim(queue=queue, rater=rooms.rater()).state == "done"
    Clip.objects.filter(person=b).update(held_at=None)
    person_withdraw(person=b, reason="asked to leave")
    assert slot_claim(queue=queue, rater=rooms.rater()).state == "done"
    assert Item.objects.get(queue=queue).state == Item.State.OPEN


def test_what_was_settled_is_not_asked_again() -> None:
    a, _ = cast()
    queue, who = identity_queue(a.corpus), rooms.rater()
    rooms.say(who, rooms.claim(queue, who).slot_id, answers={"identity": "different"})
    with pytest.raises(BadPlan, match="no two persons"):
        identity_queue(a.corpus)
