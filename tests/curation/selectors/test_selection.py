"""What a list would hold is what freezing it takes, and how long it can be is known beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from curation.selectors.selection import selection_is_short, subset_preview
from curation.services.subsets import subset_freeze
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    """Eight clips, of which two were settled: one as sft, one otherwise than proposed."""
    made = factories.world(sft=3, pretrain=2, reject=2, undecided=1)
    factories.verdict(made.sft[0], "sft")
    factories.verdict(made.sft[2], "reject")
    return made


@pytest.mark.parametrize("validated_only", [True, False])
def test_the_preview_counts_what_freezing_takes(world: factories.World, validated_only: bool) -> None:
    asked: dict[str, Any] = {"corpus": world.corpus, "tiers": ["sft"], "validated_only": validated_only}
    count, subset = subset_preview(**asked), subset_freeze(name="x", **asked)
    assert (count.clips, count.settled) == (subset.clip_count, 1)
    assert count.seconds == pytest.approx(subset.total_seconds)


@pytest.mark.parametrize(
    ("validated_only", "most", "short"),
    [(True, 2, True), (True, 1, False), (False, 8, True), (False, 7, False)],
)
def test_a_list_is_short_where_so_few_clips_could_be_in_it(
    world: factories.World, validated_only: bool, most: int, short: bool
) -> None:
    assert selection_is_short(world.corpus, validated_only, most) is short
