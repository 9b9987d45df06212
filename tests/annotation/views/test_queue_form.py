"""The form of a queue: what a plan means, in numbers, before anything is made; and that it is made so."""

from __future__ import annotations

import pytest

from annotation.models import Draw, Queue
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(client):
    made = factories.world(sft=20, pretrain=10, reject=10, undecided=0)
    client.force_login(factories.user("curator"))
    client.get(f"/corpora/{made.corpus.slug}/")
    return made


def ask(client, **fields):
    """The plan's fragment, as the page asks for it."""
    form = {"name": "Plan", "kind": "verify", "overlap": "1", **fields}
    return client.post("/review/new/", form, headers={"HX-Request": "true"}).content.decode()


def make(client, **fields):
    return client.post(
        "/review/new/", {"name": "Plan", "kind": "verify", "overlap": "1", "make": "1", **fields}
    )


def test_a_random_draw_says_the_chance_of_each(client, world):
    page = ask(client, size="10")
    assert "of 40 that fit" in page and "25.0\u202f% for each" in page and "assumed" in page


def test_asking_what_a_plan_means_makes_nothing_whatever_button_has_the_focus(client, world):
    assert "of 40 that fit" in ask(client, size="10", make="1") and not Queue.objects.exists()


def test_an_audit_lists_its_strata_with_what_is_drawn_of_each(client, world):
    page = ask(client, kind="audit", size="20", overlap="2")
    assert page.count("50.0\u202f%") == 3 and "Stratum" in page


@pytest.mark.parametrize("drawn", ["threshold", "next_best"])
def test_a_priority_says_its_floor_and_its_chances_and_is_drawn_so(client, world, drawn):
    page = ask(client, size="10", drawn=drawn, floor_percent="40")
    assert "At the floor" in page and "with 10.0\u202f%" in page and not Queue.objects.exists()
    make(client, size="10", drawn=drawn, floor_percent="40")
    draw = Queue.objects.get().draw
    assert draw.design == Draw.Design.POISSON and draw.strata[0]["floor"] == pytest.approx(0.1)
    chances = list(draw.items.values_list("inclusion_probability", flat=True))
    assert len(chances) == 10 and all(0 < chance <= 1 for chance in chances)


def test_a_priority_without_a_number_is_refused_with_the_reason(client, world):
    assert "Say how many" in ask(client, drawn="threshold")
    make(client, drawn="threshold")
    assert not Queue.objects.exists()


def test_a_list_in_order_says_that_it_enters_no_estimate_and_no_audit_takes_one(client, world):
    assert "nothing of it enters an estimate" in ask(client, size="5", drawn="ordered")
    assert "An audit needs a random draw" in ask(client, kind="audit", size="5", overlap="2", drawn="ordered")
    make(client, size="5", drawn="ordered")
    draw = Queue.objects.get().draw
    assert draw.design == Draw.Design.ORDERED
    assert set(draw.items.values_list("inclusion_probability", flat=True)) == {None}


def test_an_audit_with_clips_for_others_to_see_makes_both_queues_at_once(client, world):
    page = ask(client, kind="audit", size="10", overlap="2", beside="6")
    assert "and 6 with the proposal in sight" in page
    make(client, kind="audit", size="10", overlap="2", beside="6")
    audit, seen = Queue.objects.order_by("pk")
    assert audit.who["apart_from"] == seen.pk and seen.who["apart_from"] == audit.pk
    assert seen.kind == "verify" and seen.items.count() == 6


def test_the_time_it_takes_is_the_median_of_what_people_took_here(client, world):
    queue, who = rooms.verify_queue(world), rooms.rater()
    for _ in range(30):
        rooms.say(who, rooms.claim(queue, who).slot_id, active_ms=30_000)
    page = ask(client, size="10")
    assert "at 30 s each, the median here" in page and "5.0\u202fmin" in page
