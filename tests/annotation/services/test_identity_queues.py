"""An identity queue: drawn from people who may be one, shown as a sheet, settled as a link that can be taken back."""

from __future__ import annotations

import uuid

import pytest

from annotation.errors import BadAnswer, BadPlan
from annotation.models import Item, Judgment, Queue
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


def several_tracks(number: int = 3) -> tuple[Person, Person, list[Track]]:
    """Two persons; the first has ``number`` tracks more, of two clips each."""
    a, b = cast()
    tracks = []
    for place in range(number):
        start = 100.0 + 10 * place
        track = Track.objects.create(
            source=a.source, number=200 + place, person=a, start_s=start, end_s=start + 5
        )
        tracks.append(track)
        for n in range(2):
            clip = factories.clip(
                a.source, scored=False, start_s=start + n, end_s=start + n + 1, track=track, person=a
            )
            clip.renditions.create(
                kind="preview", path=f"{clip.pk}.mp4", content_type="video/mp4", sha256="0" * 64, size_bytes=1
            )
    return a, b, tracks


def say_mixed(queue, who, clips, **more):
    """Answer "mixed" with the marks on ``clips``; the page's own word on tracks is not asked for."""
    item = payload(queue, who)
    shown = shown_read(item["shown"], item["item"])
    answer = Answer(
        answers={"identity": "mixed"}, shown=shown, details={"outliers": clips, "apart": {"1": 1}, **more}
    )
    return judgment_submit(id=uuid.uuid4(), rater=who, slot_id=item["slot"], answer=answer)


def test_the_sheet_shows_every_track_before_it_shows_one_twice() -> None:
    a, *_ = several_tracks(4)
    item = payload(identity_queue(a.corpus), rooms.rater())
    row = [one["track"] for one in item["clips"] if one["row"] == 0]
    assert len(row) == 6 and len(set(row)) == 5


def test_what_more_than_half_mark_leaves_its_row_and_comes_back_with_their_word() -> None:
    a, b, (one, two, _) = several_tracks()
    queue = identity_queue(a.corpus, overlap=2)
    clip = {track.pk: track.clips.order_by("pk").first().pk for track in (one, two)}
    first, second = rooms.rater(), rooms.rater()
    say_mixed(queue, first, [clip[one.pk], clip[two.pk]])
    taken = say_mixed(queue, second, [clip[one.pk]])
    said = Judgment.objects.get(pk=taken.id)
    assert said.details == {"outliers": [clip[one.pk]], "apart": {str(one.pk): a.pk}}
    verdict = PersonVerdict.objects.get()
    assert verdict.evidence["apart"] == {str(one.pk): a.pk}
    one.refresh_from_db()
    two.refresh_from_db()
    assert one.person_id not in (a.pk, b.pk) and two.person_id == a.pk
    assert set(one.clips.values_list("person", flat=True)) == {one.person_id}
    again = identity_queue(a.corpus)  # the rows that were left, and the new one beside the second
    pairs = set(again.items.values_list("persons__first", "persons__second"))
    assert pairs == {(a.pk, b.pk), (b.pk, one.person_id)}
    judgment_retract(id=uuid.uuid4(), rater=second, judgment=taken.id)
    one.refresh_from_db()
    assert one.person_id == a.pk


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


def test_a_row_of_which_everything_is_marked_keeps_its_tracks() -> None:
    a, b = cast()
    taken = say_mixed(identity_queue(a.corpus), rooms.rater(), list(b.clips.values_list("pk", flat=True)))
    said = Judgment.objects.get(pk=taken.id)
    assert len(said.details["outliers"]) == 2 and said.details["apart"] == {}
    assert set(Track.objects.filter(clips__in=said.details["outliers"]).values_list("person", flat=True)) == {
        b.pk
    }
