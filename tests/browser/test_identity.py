"""Two rows of clips, one question, no mouse: who is who."""

from __future__ import annotations

import pytest

from annotation.models import Judgment
from curation.models import Clip, Person, PersonVerdict, Track
from tests import factories
from tests.annotation.services.test_identity_queues import cast, identity_queue
from tests.browser import takes
from tests.browser.room import WAITING, picture, until, wait_for_item
from tests.chromium import soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def filmed(store, number: int):
    """Persons never seen together, each with two clips that play."""
    people = cast(number)
    for clip in people[0].source.clips.order_by("pk"):
        clip.renditions.all().delete()
        takes.preview(clip, store, seconds=1.0, hue=40 * (clip.person_id - people[0].pk))
    return people


def test_who_is_who_by_the_keyboard_alone(sign_in, store, live_server):
    people = filmed(store, 3)
    queue = identity_queue(people[0].corpus)
    order = [item.persons for item in queue.items.order_by("position").select_related("persons")]
    # The second clip of the first row is of a track that shows somebody else.
    first = order[0].first
    stranger = Track.objects.create(source=first.source, number=900, person=first, start_s=90.0, end_s=95.0)
    Clip.objects.filter(pk=first.clips.order_by("start_s").last().pk).update(track=stranger)
    page = sign_in(factories.user("annotator"))
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    soon(page, page.locator(".sheet-tile").count, 4)
    page.keyboard.press("3")  # a mixed row needs its marks first
    soon(page, page.locator("#say").inner_text, "Mark the clips")
    page.keyboard.press("w")
    soon(page, page.locator(".sheet-marked").count, 1)
    page.keyboard.press("a")
    soon(page, page.locator(".sheet-marked").count, 3)  # both clips of the other row are of one track
    soon(page, page.locator("#say").inner_text, "go together")
    page.keyboard.press("3")
    soon(page, page.locator("#say").inner_text, "all of row B")
    page.keyboard.press("s")
    soon(page, page.locator(".sheet-marked").count, 1)
    picture(page, "identity-marked")
    page.keyboard.press("1")
    soon(page, page.locator("#say").inner_text, "marked")
    page.keyboard.press("3")
    wait_for_item(page)
    soon(page, page.locator(".sheet-marked").count, 0)
    page.keyboard.press("Enter")
    until(page, "[...document.querySelectorAll('.take-seen')].filter((one) => !one.muted).length === 1")
    page.keyboard.press("2")
    wait_for_item(page)
    page.keyboard.press("u")  # thought better of it
    until(page, "document.getElementById('say').textContent.startsWith('Undone')")
    page.keyboard.press("1")
    wait_for_item(page)
    page.keyboard.press("x")
    page.keyboard.press("3")
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    said = dict(PersonVerdict.objects.filter(superseded_by=None).values_list("pair", "answer"))
    assert said == {order[0].pk: "mixed", order[1].pk: "same"}
    second = Person.objects.get(pk=order[1].second_id)
    assert second.same_as_id == order[1].first_id
    mixed = Judgment.objects.get(answer="mixed")
    assert mixed.details["apart"] == {str(stranger.pk): first.pk}
    assert list(Track.objects.filter(person=first).values_list("number", flat=True)) == [100]
    stranger.refresh_from_db()
    assert stranger.person not in people  # somebody of their own
    assert Judgment.objects.filter(kind="cannot", reasons=["unclear"]).count() == 1
    assert all(one.watched_share is not None for one in Judgment.objects.exclude(kind="retraction"))
