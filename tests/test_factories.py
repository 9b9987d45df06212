"""The world that other tests stand on is what it says it is."""

from __future__ import annotations

import pytest

from curation.models import Proposal
from curation.policies.tiers import Tier
from tests import factories


@pytest.mark.django_db
def test_a_world_has_so_many_clips_of_each_tier() -> None:
    world = factories.world(sft=3, pretrain=2, reject=2, undecided=1)
    tiers = dict(Proposal.objects.filter(policy_id=world.policy.pk).values_list("clip_id", "tier"))
    assert {clip.pk: tiers[clip.pk] for clip in world.sft} == {clip.pk: Tier.SFT for clip in world.sft}
    assert {tiers[clip.pk] for clip in world.pretrain} == {Tier.PRETRAIN}
    assert {tiers[clip.pk] for clip in world.reject} == {Tier.REJECT}
    assert {tiers[clip.pk] for clip in world.undecided} == {Tier.UNDECIDED}
    assert world.corpus.active_policy == world.policy
