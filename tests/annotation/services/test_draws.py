"""Draws keep the chance of each item beside it, and the numbers that ordered them."""

from __future__ import annotations

import pytest

from annotation.errors import BadPlan
from annotation.models import Draw
from annotation.sampling import permanent_random_number, sequential_poisson
from annotation.services.draws import draw_make
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return factories.world(sft=20, pretrain=10, reject=10, undecided=0)


def make(world, **fields):
    return draw_make(**{"corpus": world.corpus, "policy": world.policy, "seed": 7, **fields})


@pytest.mark.parametrize(("design", "size"), [("census", None), ("simple", 12), ("stratified", 12)])
def test_the_order_is_by_the_permanent_numbers_of_the_sampling_core(world, design, size):
    items = list(make(world, design=design, size=size).items.order_by("position"))
    numbers = [one.permanent_number for one in items]
    assert numbers == [permanent_random_number("7", str(one.clip_id)) for one in items]
    assert numbers == sorted(numbers)


def test_a_smaller_draw_of_the_same_seed_lies_inside_the_larger_one(world):
    small = set(make(world, design="simple", size=8).items.values_list("clip_id", flat=True))
    large = set(make(world, design="simple", size=20).items.values_list("clip_id", flat=True))
    assert len(small) == 8 and small < large


def test_priority_is_a_chance_with_a_floor_and_the_chances_are_kept(world):
    first = {clip.pk for clip in world.clips[:5]}
    draw = make(world, design="poisson", size=10, priority=dict.fromkeys(first, 1.0), floor=0.05)
    items = list(draw.items.order_by("position"))
    expected = sequential_poisson(
        {str(clip.pk): float(clip.pk in first) for clip in world.clips}, 10, seed="7", floor=0.05
    ).items()
    assert [(one.clip_id, one.inclusion_probability, one.permanent_number) for one in items] == [
        (int(one.item), one.probability, one.number) for one in expected
    ]
    assert len(items) == 10 and all(0 < one.inclusion_probability <= 1 for one in items)
    assert draw.design == Draw.Design.POISSON and draw.strata == [
        {"name": "", "N": 40, "n": 10, "floor": 0.05}
    ]


def test_a_poisson_draw_without_weights_or_with_an_impossible_floor_is_refused(world):
    with pytest.raises(BadPlan, match="needs its size"):
        make(world, design="poisson", size=5)
    with pytest.raises(BadPlan, match="floor"):
        make(world, design="poisson", size=5, priority={world.clips[0].pk: 1.0}, floor=0.9)


def test_a_split_draw_gives_every_item_a_purpose_by_its_source(world):
    draw = make(world, design="poisson", size=10, priority={world.clips[0].pk: 1.0}, split=True)
    assert set(draw.items.values_list("purpose", flat=True)) <= {"tune", "certify"}
