"""Nobody is given the same item twice, nobody waits for a place that is free, nothing is offered that is out."""

from __future__ import annotations

import pytest
from django.db import connection, connections
from django.utils import timezone

from annotation.models import Slot
from annotation.services.claims import CLAIMS, Claimed, Nothing, slot_claim, slot_release, slot_renew
from annotation.services.queues import queue_state_set
from tests import factories
from tests.annotation import rooms
from tests.plans import nodes_of

pytestmark = pytest.mark.django_db


def test_items_come_in_the_drawn_order_and_each_once_a_rater():
    queue, who = rooms.verify_queue(overlap=2), rooms.rater()
    items = []
    for _ in range(8):
        claimed = rooms.claim(queue, who)
        items.append(claimed.item_id)
        rooms.say(who, claimed.slot_id)
    positions = dict(queue.items.values_list("id", "position"))
    assert [positions[item] for item in items] == sorted(positions.values())
    assert slot_claim(queue=queue, rater=who) == Nothing("done")


def test_a_reloaded_page_gets_its_own_lease_back_with_the_same_token():
    queue, who = rooms.verify_queue(), rooms.rater()
    first = rooms.claim(queue, who)
    again = rooms.claim(queue, who)
    assert (again.slot_id, again.token) == (first.slot_id, first.token)
    assert Slot.objects.get(pk=first.slot_id).attempts == 1


def test_a_tab_that_holds_an_item_gets_the_next_one():
    queue, who = rooms.verify_queue(), rooms.rater()
    first = rooms.claim(queue, who)
    second = slot_claim(queue=queue, rater=who, have=[first.slot_id])
    assert isinstance(second, Claimed) and second.item_id != first.item_id


def test_others_holding_the_rest_is_not_done():
    queue = rooms.verify_queue(factories.world(sft=1, pretrain=0, reject=0, undecided=0))
    first = rooms.claim(queue, rooms.rater())
    answer = slot_claim(queue=queue, rater=rooms.rater())
    assert answer == Nothing("leased", first.leased_until, 1)


def test_an_expired_lease_goes_to_the_next_rater_under_another_token():
    queue = rooms.verify_queue(factories.world(sft=1, pretrain=0, reject=0, undecided=0))
    first = rooms.claim(queue, rooms.rater())
    rooms.expire(first.slot_id)
    second = rooms.claim(queue, rooms.rater())
    assert second.slot_id == first.slot_id and second.token != first.token
    assert Slot.objects.get(pk=first.slot_id).attempts == 2


def test_a_lease_that_is_given_back_is_free_at_once():
    queue = rooms.verify_queue(factories.world(sft=1, pretrain=0, reject=0, undecided=0))
    who = rooms.rater()
    first = rooms.claim(queue, who)
    assert slot_release(rater=rooms.rater(), slots=[first.slot_id]) == 0
    assert slot_release(rater=who, slots=[first.slot_id]) == 1
    assert rooms.claim(queue, rooms.rater()).slot_id == first.slot_id


def test_renewing_extends_only_what_one_still_holds():
    queue, who = rooms.verify_queue(), rooms.rater()
    mine, other = rooms.claim(queue, who), rooms.claim(queue, rooms.rater())
    renewed = slot_renew(rater=who, slots=[mine.slot_id, other.slot_id])
    assert list(renewed) == [mine.slot_id] and renewed[mine.slot_id] > mine.leased_until


@pytest.mark.parametrize("field", ["held_at", "withdrawn_at"])
def test_a_clip_that_is_held_or_withdrawn_is_never_offered(field):
    world = factories.world()
    queue, who = rooms.verify_queue(world), rooms.rater()
    type(world.sft[0]).objects.filter(pk=world.sft[0].pk).update(**{field: timezone.now()})
    seen = set()
    while isinstance(found := slot_claim(queue=queue, rater=who), Claimed):
        seen.add(queue.items.get(pk=found.item_id).clip_id)
        rooms.say(who, found.slot_id)
    assert world.sft[0].pk not in seen and len(seen) == len(world.clips) - 1


@pytest.mark.parametrize("state", ["paused", "closed"])
def test_a_queue_that_is_not_open_offers_nothing_and_says_so(state):
    queue = rooms.verify_queue()
    queue_state_set(queue=queue, state=state)
    assert slot_claim(queue=queue, rater=rooms.rater()) == Nothing(state)


def test_a_queue_may_keep_languages_from_those_who_do_not_know_them():
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    type(world.sft[0]).objects.filter(pk=world.sft[0].pk).update(language="ta")
    queue = rooms.verify_queue(world, who={"match_language": True})
    who = rooms.rater()
    who.languages = ["en"]
    found = rooms.claim(queue, who)
    rooms.say(who, found.slot_id)
    assert queue.items.get(pk=found.item_id).clip == world.sft[1]
    assert slot_claim(queue=queue, rater=who) == Nothing("done")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_queue_that_was_just_made_gives_out_its_first_item_without_looking_at_all_others():
    # The planner has counted another queue and not this one: it takes it for empty, and an index over the queue alone
    # would do for it, with all places sorted and looked at.
    rooms.verify_queue(factories.world(sft=60, pretrain=0, reject=0, undecided=0))
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE annotation_slot")
    queue, who = rooms.verify_queue(factories.world(sft=60, pretrain=0, reject=0, undecided=0)), rooms.rater()
    values = {
        "queue": queue.pk,
        "rater": who.pk,
        "have": [],
        "lease": 600,
        "preview": False,
        "match": False,
        "languages": [],
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {CLAIMS[False, False]}", values)
        nodes = list(nodes_of(cursor.fetchone()[0][0]["Plan"]))
    assert {node["Actual Rows"] for node in nodes if node.get("Alias") == "s_2"} == {1.0}
    assert "Sort" not in {node["Node Type"] for node in nodes}
