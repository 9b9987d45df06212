"""Nobody picks their own items: a judgment is taken from whom the item was given to, be it long ago."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from annotation.models import Judgment, Slot
from curation.models import User
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


def ask(user: User, address: str, body: dict[str, Any]) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(address, body, content_type="application/json")


def judgment(slot: int, shown: str = "") -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "slot": slot, "answers": {"tier": "sft"}, "shown": shown}


def test_a_place_that_was_never_given_takes_no_judgment_free_or_not() -> None:
    queue = rooms.verify_queue()
    ada, bob = factories.user("annotator"), factories.user("annotator")
    item = ask(ada, f"/review/{queue.pk}/claim", {}).json()["item"]
    free = Slot.objects.filter(queue=queue, state="free").first()
    for slot in (item["slot"], free.pk):
        for shown in ("", "forged", item["shown"]):  # Ada's page does not speak for Bob
            refused = ask(bob, "/review/judgments", judgment(slot, shown))
            assert (refused.status_code, refused.json()["error"]) == (403, "not_yours")
    refused = ask(ada, "/review/judgments", judgment(free.pk, item["shown"]))
    assert refused.status_code == 403, "what was shown of one item opens no other"
    assert not Judgment.objects.exists()


def test_a_queue_for_some_raters_takes_no_judgment_of_others() -> None:
    queue = rooms.verify_queue(who={"raters": ["somebody-else"]})
    ada = factories.user("annotator")
    assert ask(ada, f"/review/{queue.pk}/claim", {}).status_code == 403
    slot = Slot.objects.filter(queue=queue).first()
    assert ask(ada, "/review/judgments", judgment(slot.pk)).status_code == 403


def test_a_lease_that_lapsed_loses_nobody_a_judgment() -> None:
    queue = rooms.verify_queue(factories.world(sft=1, pretrain=0, reject=0, undecided=0))
    ada, bob = factories.user("annotator"), factories.user("annotator")
    first = ask(ada, f"/review/{queue.pk}/claim", {}).json()["item"]
    rooms.expire(first["slot"])
    second = ask(bob, f"/review/{queue.pk}/claim", {}).json()["item"]
    assert second["item"] == first["item"]
    taken = ask(bob, "/review/judgments", judgment(second["slot"], second["shown"]))
    assert taken.json()["state"] == "counted"
    late = ask(ada, "/review/judgments", judgment(first["slot"], first["shown"]))
    assert (late.status_code, late.json()["state"]) == (200, "surplus")
    assert "rater" not in Judgment.objects.get(pk=late.json()["id"]).shown
