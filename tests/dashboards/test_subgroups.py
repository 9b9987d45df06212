"""Subgroups: each against the rest, unknown a group like any other, with the pure functions' numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from annotation.estimation import GroupCount, Undefined, compare_subgroups, proportion
from annotation.models import Slot
from annotation.services.plans import queue_plan
from curation.models import Clip
from curation.policies.tiers import Tier
from curation.services.snapshot import snapshot_engine, snapshot_refresh
from dashboards.data.nothing import NothingYet
from dashboards.data.subgroups import OTHER_SOURCES, SubgroupQuestion, SubgroupView, subgroup_view
from dashboards.figures.theme import palette
from dashboards.subgroups.panels import answer
from tests import factories
from tests.annotation import rooms
from tests.dashboards.asking import ask, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()


@pytest.fixture
def world() -> Any:
    """Kept clips in English (6 of 7 accepted), French (1 of 4), and of no known language (2 of 2)."""
    made = factories.world(sft=0, pretrain=0, reject=2, undecided=1)
    for language, accepted, refused in (("en", 6, 1), ("fr", 1, 3), ("", 2, 0)):
        source = factories.source(made.corpus, language=language)
        for number in range(accepted + refused):
            clip = factories.clip(source, language=language)
            factories.propose(made.policy, [clip])
            factories.verdict(clip, "sft" if number < accepted else "reject")
    snapshot_refresh(corpus=made.corpus)
    made.corpus.refresh_from_db()
    return made


def view(world: Any, **asked: Any) -> SubgroupView:
    found = subgroup_view(SubgroupQuestion(world.corpus.slug, **asked))
    assert isinstance(found, SubgroupView), found
    return found


def call(client: Client, slug: str, **asked: str) -> Any:
    values = {"dimension": "language", "measure": "accepted", "cut": "sft", "evidence": "all", **asked}
    inputs = [(name, "value", value) for name, value in values.items()]
    return ask(
        client,
        "subgroups",
        [("answer", "children"), ("address", "search")],
        [*inputs, ("theme", "data", "dark")],
        [("address", "pathname", f"/corpora/{slug}/subgroups/")],
    )


def test_groups_are_those_of_the_pure_function_and_unknown_is_one(world: Any) -> None:
    found = view(world, evidence="all").chosen
    by_name = {row.name: row for row in found.rows}
    assert set(by_name) == {"en", "fr", "unknown"}
    counts = [row.counted for row in found.rows]
    assert {count.name: (count.accepted, count.n) for count in counts} == {
        "en": (6, 7),
        "fr": (1, 4),
        "unknown": (2, 2),
    }
    told = compare_subgroups([GroupCount("unknown", 2, 2), GroupCount("en", 6, 7), GroupCount("fr", 1, 4)])
    assert {row.name: row.result for row in found.rows} == {one.name: one for one in told.groups}
    assert found.worst == told.worst == "fr"
    assert found.rows[0].name == "fr", "the worst stands first"
    assert by_name["unknown"].result.share == proportion(2, 2)


def test_agreement_counts_rejects_too(world: Any) -> None:
    for clip in Clip.objects.filter(proposals__policy=world.policy, proposals__tier=Tier.REJECT):
        factories.verdict(clip, "reject")
    rows = {row.name: row.counted for row in view(world, measure="agreement", evidence="all").chosen.rows}
    assert (rows["en"].accepted, rows["en"].n) == (8, 9)


def test_what_nobody_is_known_by_is_one_group_and_no_worst_is_named(world: Any) -> None:
    found = next(one for one in view(world, evidence="all").all if one.key == "gender")
    assert [row.name for row in found.rows] == ["unknown"] and found.known == 0
    assert isinstance(found.worst, Undefined)


def test_of_many_sources_the_rest_is_one_group_and_none_is_left_out(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.data.subgroups._MOST_SOURCES", 1)
    rows = view(world, evidence="all", dimension="source").chosen.rows
    counted = {row.name.split(" (")[0]: (row.counted.accepted, row.counted.n) for row in rows}
    assert len(rows) == 2 and counted[OTHER_SOURCES] == (3, 6), "seven clips are of the source with the most"
    assert sum(accepted for accepted, _ in counted.values()) == 9
    assert sum(n for _, n in counted.values()) == 13


def test_the_page_says_that_judged_clips_do_not_stand_for_the_corpus(world: Any) -> None:
    text = json.dumps(
        [part.to_plotly_json() for part in answer(view(world, evidence="all"), palette("dark"))], default=str
    )
    assert "do not stand for the corpus" in text and "NaN" not in text


def test_callbacks_and_downloads_are_for_curators_and_auditors(world: Any) -> None:
    slug = world.corpus.slug
    answered = call(signed_in("curator"), slug)
    assert answered.status_code == 200
    assert (
        answered.json()["response"]["address"]["search"]
        == "?by=language&share=accepted&kept=sft&verdicts=all"
    )
    assert call(signed_in("auditor"), slug, dimension="nonsense").status_code == 200
    assert call(signed_in("annotator"), slug).status_code == 403
    for table in ("groups", "worst"):
        address = f"/corpora/{slug}/dashboards/subgroups/{table}.csv?by=language&verdicts=all"
        assert "fr" in signed_in("auditor").get(address).content.decode()
        assert signed_in("annotator").get(address).status_code == 403


def test_without_an_audit_the_page_does_not_pretend_one(world: Any) -> None:
    found = subgroup_view(SubgroupQuestion(world.corpus.slug, evidence="drawn"))
    assert isinstance(found, NothingYet) and "audit" in found.reason


def test_nothing_judged_says_what_to_do() -> None:
    made = factories.world()
    found = subgroup_view(SubgroupQuestion(made.corpus.slug))
    assert isinstance(found, NothingYet) and found.address == "/review/"


def test_an_audit_whose_first_clip_is_open_says_so_instead_of_naming_nobody(world: Any) -> None:
    queue = queue_plan(
        corpus=world.corpus, policy=world.policy, name="Autumn", kind="audit", design="simple", size=6, seed=5,
        needs_preview=False,
    )  # fmt: skip
    third = Slot.objects.get(item=queue.items.order_by("position")[2])
    rooms.say(rooms.rater(), third.pk, "sft")
    found = view(world, evidence="drawn")
    page = json.dumps([part.to_plotly_json() for part in answer(found, palette("dark"))], default=str)
    assert "no clip at the head of its order is settled yet" in page and f"/review/{queue.pk}/" in page
    assert "1 settled later in the drawn order waits for the first open one" in page
