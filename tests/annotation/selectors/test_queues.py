"""What the review page says of a corpus before anybody opens a queue."""

from __future__ import annotations

import pytest

from annotation.selectors.queues import flips_waiting
from curation.services.verdicts import verdict_record, verdict_reopen
from tests import factories

pytestmark = pytest.mark.django_db


def test_flips_count_as_settled_only_what_is_settled_now():
    world = factories.world()
    looser = factories.policy(
        world.corpus, rules=[one for one in factories.RULES if one[1] != "movement_min"]
    )
    factories.propose(looser)
    factories.activate(looser)
    said = {"question": "tier", "method": "single", "blind": False, "evidence": {"item": 1}}
    for clip in world.pretrain:
        verdict_record(clip=clip, answer="sft", **said)
    found = flips_waiting(world.corpus)
    assert (found.count, found.settled) == (2, 2)
    verdict_reopen(clip=world.pretrain[0], question="tier", evidence={"item": 1})
    assert flips_waiting(world.corpus).settled == 1
