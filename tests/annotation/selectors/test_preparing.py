"""What a queue cannot give out yet is counted, and what failed says why."""

from __future__ import annotations

import pytest

from annotation.selectors.preparing import Preparing, queue_preparing
from curation.models import ScoringTarget
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


def test_clips_without_a_preview_are_waiting_until_making_it_has_failed(client):
    world = factories.world(sft=3, pretrain=0, reject=0, undecided=0)
    queue = rooms.verify_queue(world, needs_preview=True)
    assert queue_preparing(queue) == Preparing(3, 0, ())
    source = world.sft[0].source
    number = sum(clip.source_id == source.pk for clip in world.clips)
    ScoringTarget.objects.create(
        source=source,
        stage="render",
        builds_key="k",
        state="failed",
        failure_code="too_long",
        failure="decoding took longer than 600 s",
    )
    found = queue_preparing(queue)
    assert found.failed == number and found.waiting == 3 - number
    assert found.reasons == ((source.name, "decoding took longer than 600 s", number),)
    client.force_login(factories.user("curator"))
    page = client.get(f"/review/{queue.pk}/").content.decode()
    assert "cannot be given out" in page and "decoding took longer than 600 s" in page


def test_a_queue_that_needs_no_preview_waits_for_none():
    assert queue_preparing(rooms.verify_queue()) == Preparing(0, 0, ())
