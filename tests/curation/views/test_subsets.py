"""Subsets are frozen by the clip browser's own filter, as it stands or as it was saved; what is counted is what is frozen."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from curation.models import Clip, Person, Subset
from curation.selectors.browser import clips_count
from curation.selectors.clipfilter import ClipFilter, filter_query
from curation.services.savedfilters import filter_save
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    made = factories.world(sft=4, pretrain=3, reject=2, undecided=0, slug="evening")
    woman = Person.objects.create(corpus=made.corpus, label="A", gender="f", age_group="19-30")
    Clip.objects.filter(pk__in=[made.sft[0].pk, made.pretrain[0].pk]).update(person=woman)
    for clip in (made.sft[0], made.pretrain[0], made.reject[0]):
        factories.verdict(clip, "sft")
    return made


def auditor() -> Client:
    made = Client()
    made.force_login(factories.user("auditor"))
    return made


def frozen(who: Client, query: dict[str, Any], **said: Any) -> tuple[int, Subset]:
    """What the page counts before, and what it then freezes."""
    said = {"tiers": ["sft"], "validated_only": "yes", **said}
    address = f"/corpora/evening/exports/count/?{urlencode({**query, **said}, doseq=True)}"
    counted = re.search(r"<strong class=\"big\">(\d+)</strong>", who.get(address).content.decode())
    assert counted
    address = f"/corpora/evening/exports/?{urlencode(query, doseq=True)}"
    assert who.post(address, {"name": "list", **said}).status_code == 302
    return int(counted[1]), Subset.objects.latest("pk")


@pytest.mark.parametrize(
    ("chosen", "taken"),
    [
        (ClipFilter(tiers=("pretrain", "reject")), {"pretrain": 1, "reject": 1}),
        (ClipFilter(gender="f"), {"sft": 1, "pretrain": 1}),
        (ClipFilter(gender="f", age_group="19-30", tiers=("sft",)), {"sft": 1}),
        (ClipFilter(gender="unknown"), {"reject": 1}),
        (ClipFilter(metric="movement_min", high=50), {"pretrain": 1}),
    ],
)
def test_the_whole_filter_narrows_the_list_and_the_count_is_what_is_frozen(
    world: factories.World, chosen: ClipFilter, taken: dict[str, int]
) -> None:
    counted, subset = frozen(auditor(), filter_query(chosen))
    expected = [getattr(world, tier)[0].pk for tier, count in taken.items() for _ in range(count)]
    assert list(subset.members.values_list("clip_id", flat=True)) == sorted(expected)
    assert counted == subset.clip_count and subset.filter["filter"] == chosen.as_dict()


def test_a_saved_filter_is_one_click_away_and_says_what_it_narrows_to(world: factories.World) -> None:
    chosen = ClipFilter(gender="f", tiers=("pretrain",))
    filter_save(corpus=world.corpus, name="women", chosen=chosen)
    who = auditor()
    page = who.get("/corpora/evening/exports/").content.decode()
    (query,) = re.findall(r'<a href="\?([^"]+)">women</a>', page)
    narrowed = who.get("/corpora/evening/exports/?" + query.replace("&amp;", "&")).content.decode()
    assert "proposed pretrain" in narrowed and "gender f" in narrowed
    assert 'value="pretrain" checked' in narrowed, "it begins with the tiers that were looked at"


def test_proposed_clips_come_in_only_where_they_are_asked_for(world: factories.World) -> None:
    counted, subset = frozen(auditor(), {"tier": "sft"}, validated_only="no")
    assert counted == subset.clip_count == 4
    assert subset.members.filter(verdict=None).count() == 3


def test_the_words_of_a_frozen_list_are_those_of_its_own_rules(world: factories.World) -> None:
    who = auditor()
    _, subset = frozen(who, {"rule": "0"}, tiers=["sft", "pretrain"])
    before = re.search(r"fails [^<]+", who.get(f"/subsets/{subset.pk}/").content.decode())
    other = factories.policy(world.corpus, rules=[("sft", "luminance", "at_least", 5.0, None)])
    factories.activate(other)
    after = re.search(r"fails [^<]+", who.get(f"/subsets/{subset.pk}/").content.decode())
    assert before and after and before[0] == after[0] and "movement" in after[0]


def test_the_browser_filters_by_what_is_known_of_the_person(world: factories.World) -> None:
    page = auditor().get("/corpora/evening/clips/?gender=f").content.decode()
    assert "<option selected>f</option>" in page and 'name="ethnicity"' not in page
    assert clips_count(world.corpus, ClipFilter(gender="f")).clips == 2
