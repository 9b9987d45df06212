"""A small made-up world with a latent truth, and raters who err on it, calling the services directly."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable

from annotation.models import Item, Queue, Rater, Slot
from annotation.services.judgments import Answer, judgment_submit
from curation.models import Subset
from curation.services.subsets import subset_freeze
from tests import factories
from tests.annotation import rooms

Truth = Callable[[int], str]


def world(clips: int = 60, rejects: int = 0, sources: int = 1) -> factories.World:
    """``clips`` proposed sft and ``rejects`` proposed reject, over so many sources."""
    made = factories.world(sft=0, pretrain=0, reject=0, undecided=0)
    homes = [made.source, *(factories.source(made.corpus) for _ in range(sources - 1))]
    made.sft.extend(factories.clips([homes[n % sources] for n in range(clips)]))
    made.reject.extend(factories.clips([homes[n % sources] for n in range(rejects)], sharpness=8.0))
    factories.propose(made.policy, made.clips)
    return made


def frozen(made: factories.World, tiers: tuple[str, ...] = ("sft",)) -> Subset:
    return subset_freeze(corpus=made.corpus, name="the good ones", tiers=tiers, validated_only=False)


def all_good(_clip: int) -> str:
    return "sft"


def judge(
    queue: Queue,
    truth: Truth = all_good,
    *,
    error: float = 0.0,
    seed: int = 1,
    most: int | None = None,
    panel_error: float = 0.0,
    raters: list[Rater] | None = None,
) -> None:
    """Fill every place of the first ``most`` items in the drawn order, then what goes to the panel."""
    rng = random.Random(seed)
    people = raters or [rooms.rater() for _ in range(queue.overlap + 2)]
    items = queue.items.order_by("position")
    for item in items[:most] if most else items:
        _answer(item, people, truth, error, rng)
    panel = Queue.objects.filter(origin=queue).first()
    if panel is None:
        return
    third = rooms.rater()
    for item in panel.items.filter(state=Item.State.OPEN).order_by("position"):
        _answer(item, [third], truth, panel_error, rng)


def _answer(item: Item, people: list[Rater], truth: Truth, error: float, rng: random.Random) -> None:
    places = list(Slot.objects.filter(item=item, judgment=None).order_by("number"))
    for place, who in zip(places, rng.sample(people, len(places)), strict=True):
        right = truth(item.clip_id)
        wrong = "reject" if right == "sft" else "sft"
        said = wrong if rng.random() < error else right
        judgment_submit(
            id=uuid.uuid4(),
            rater=who,
            slot_id=place.pk,
            answer=Answer(answers={"tier": said}, active_ms=9000, watched_share=1.0),
        )
