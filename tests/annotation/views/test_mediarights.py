"""An annotator watches the clips that they were given, and no others by counting up the numbers of an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotation.models import Judgment, RubricVersion, Slot
from annotation.services.raters import rater_for_user
from curation.models import Rendition, User
from curation.storage import shelf
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> factories.World:
    settings.STORAGE = str(tmp_path)
    (shelf("renditions") / "a.mp4").write_bytes(b"moving pictures")
    return factories.world()


def media(clip: Any) -> Rendition:
    made = Rendition.objects.filter(clip=clip, kind="preview").first()
    root = shelf("renditions")
    if made is None:
        return factories.rendition(clip, root / "a.mp4", root=root)
    (root / made.path).parent.mkdir(parents=True, exist_ok=True)
    (root / made.path).write_bytes(b"moving pictures")
    return made


def status(user: User, clip: Any) -> int:
    client = Client()
    client.force_login(user)
    address = f"/media/{media(clip).pk}"
    answers = {
        client.get(address).status_code,
        client.head(address).status_code,
        client.get(address, headers={"range": "bytes=0-"}).status_code,
    } - {206}
    assert len(answers) == 1
    return answers.pop()


def test_a_clip_can_be_watched_by_whom_it_was_given_to(world: factories.World) -> None:
    ada, bob = factories.user("annotator"), factories.user("annotator")
    queue = rooms.verify_queue(world)
    rater_for_user(user=bob)
    slot = rooms.claim(queue, rater_for_user(user=ada))
    held = Slot.objects.select_related("item__clip").get(pk=slot.slot_id).item.clip
    other = next(clip for clip in world.sft if clip.pk != held.pk)
    assert status(ada, held) == 200
    assert status(ada, other) == 404 and status(bob, held) == 404
    assert all(status(factories.user(role), other) == 200 for role in ("curator", "auditor", "admin"))


def test_what_was_judged_stays_to_be_watched_and_what_was_given_back_does_not(world: factories.World) -> None:
    ada = factories.user("annotator")
    rater = rater_for_user(user=ada)
    queue = rooms.verify_queue(world)
    first = rooms.claim(queue, rater)
    rooms.say(rater, first.slot_id)
    second = rooms.claim(queue, rater)
    given_back = Slot.objects.select_related("item__clip").get(pk=second.slot_id).item.clip
    client = Client()
    client.force_login(ada)
    client.post("/review/leases", {"release": [second.slot_id]}, content_type="application/json")
    assert status(ada, Judgment.objects.get(rater=rater).item.clip) == 200
    assert status(ada, given_back) == 404


def test_an_example_of_a_rubric_is_for_everybody_who_judges(world: factories.World) -> None:
    ada = factories.user("annotator")
    rater_for_user(user=ada)
    queue = rooms.verify_queue(world)
    shown = world.sft[0]
    assert status(ada, shown) == 404
    RubricVersion.objects.filter(pk=queue.rubric_version_id).update(examples=[{"clip": shown.pk, "note": ""}])
    assert status(ada, shown) == 200


def test_a_login_that_never_judged_has_been_given_nothing(world: factories.World) -> None:
    assert status(factories.user("annotator"), world.sft[0]) == 404
