"""The clip browser finds exactly what its filter says, page after page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from curation.models import Clip, Source, Verdict
from curation.selectors.browser import clips_count, clips_page
from curation.selectors.clipfilter import (
    BadFilter,
    ClipFilter,
    filter_from_dict,
    filter_from_query,
    filter_query,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    made = factories.world(sft=4, pretrain=3, reject=2, undecided=1)
    first = factories.verdict(made.sft[0], "sft")
    factories.verdict(made.sft[1], "reject")
    factories.verdict(made.sft[0], "pretrain", supersedes=first)
    return made


def ids(world: factories.World, **fields: object) -> list[int]:
    chosen = ClipFilter(**fields)  # type: ignore[arg-type]
    found = [row.clip.pk for row in clips_page(world.corpus, chosen, size=100).rows]
    assert clips_count(world.corpus, chosen).clips == len(found)
    return found


def pks(clips: list[Clip]) -> list[int]:
    return [clip.pk for clip in clips]


def test_each_filter_selects_what_it_says(world: factories.World) -> None:
    assert ids(world) == pks(world.clips)
    assert ids(world, tiers=("sft",)) == pks(world.sft)
    assert ids(world, tiers=("pretrain", "undecided")) == pks([*world.pretrain, *world.undecided])
    assert ids(world, rule=0) == pks(world.pretrain), "rule 0: movement, worst"
    assert ids(world, rule=3) == pks(world.reject), "rule 3: sharpness for sft"
    assert ids(world, rule=3, only=True) == pks(world.reject)
    assert ids(world, verdict="any") == pks(world.sft[:2])
    assert ids(world, verdict="none") == pks(
        [*world.sft[2:], *world.pretrain, *world.reject, *world.undecided]
    )
    assert ids(world, verdict="pretrain") == pks(world.sft[:1]), "a superseded verdict counts no more"
    assert ids(world, verdict="sft") == []
    assert ids(world, verdict="differs") == pks(world.sft[:2])
    assert ids(world, metric="movement_min", high=50) == pks(world.pretrain)
    assert ids(world, metric="orientation_min") == pks([*world.sft, *world.pretrain, *world.reject])
    assert ids(world, source=world.source.pk) == pks(world.clips)
    assert ids(world, language="fr") == []
    Source.objects.filter(pk=world.source.pk).update(category="vlog", language="")
    assert ids(world, category="vlog") == pks(world.clips) and ids(world, category="unknown") == []
    Clip.objects.filter(corpus=world.corpus).update(language="")
    Clip.objects.filter(pk=world.sft[0].pk).update(language="fr")
    assert ids(world, language="fr") == pks(world.sft[:1])
    assert ids(world, language="unknown") == pks(world.clips[1:])


def test_a_reopened_verdict_settles_nothing(world: factories.World) -> None:
    standing = Verdict.objects.get(clip=world.sft[1])
    factories.verdict(world.sft[1], "undecided", method="reopened", supersedes=standing)
    assert world.sft[1].pk in ids(world, verdict="none")


def test_a_score_on_the_threshold_is_inside_in_float32(world: factories.World) -> None:
    clip = factories.clip(world.source, scores={"speech_share": 0.6})
    assert ids(world, metric="speech_share", low=0.6, high=0.6) == [clip.pk]


def test_pages_meet_without_gap_or_repeat_forth_and_back(world: factories.World) -> None:
    forth, after = [], None
    while True:
        page = clips_page(world.corpus, ClipFilter(), after=after, size=3)
        forth += [row.clip.pk for row in page.rows]
        if page.after is None:
            break
        after = page.after
    assert forth == pks(world.clips)
    assert page.before is not None
    back = clips_page(world.corpus, ClipFilter(), before=page.before, size=3)
    assert [row.clip.pk for row in back.rows] == forth[6:9]
    assert clips_page(world.corpus, ClipFilter(), before=forth[3], size=3).before is None


def test_withdrawn_and_retired_clips_are_not_found(world: factories.World) -> None:
    Clip.objects.filter(pk=world.sft[0].pk).update(withdrawn_at=timezone.now())
    Clip.objects.filter(pk=world.sft[1].pk).update(is_current=False)
    assert ids(world, tiers=("sft",)) == pks(world.sft[2:])


def test_a_page_asks_as_much_whatever_it_shows(world: factories.World) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        clips_page(world.corpus, ClipFilter(), size=2)
    with CaptureQueriesContext(connection) as many:
        clips_page(world.corpus, ClipFilter(), size=100)
    assert len(few) == len(many)


def test_the_filter_comes_back_from_address_and_json() -> None:
    chosen = ClipFilter(
        tiers=("sft", "reject"),
        rule=2,
        only=True,
        metric="sharpness",
        low=1.5,
        held=True,
        source=4,
        category="vlog",
    )
    query = QueryDict(mutable=True)
    for key, value in filter_query(chosen).items():
        query.setlist(key, [str(each) for each in (value if isinstance(value, list) else [value])])
    assert filter_from_query(query) == chosen
    assert filter_from_dict(chosen.as_dict()) == chosen


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("tier=best", "'best' is no tier"),
        ("metric=password", "no clip metric is called 'password'"),
        ("metric=pair_gap_s", "no clip metric"),
        ("metric=sharpness&low=x", "'x' is no number"),
        ("metric=sharpness&low=nan", "no finite number"),
        ("metric=sharpness&low=9&high=1", "above its end"),
        ("rule=-1", "no whole number"),
        ("branch=alone", "none of"),
        ("verdict='; drop table", "none of"),
    ],
)
def test_a_filter_that_says_nothing_is_refused(query: str, says: str) -> None:
    with pytest.raises(BadFilter, match=says):
        filter_from_query(QueryDict(query))


def test_only_known_fields_are_read_from_json() -> None:
    with pytest.raises(BadFilter, match="no such filter: corpus__owner__password"):
        filter_from_dict({"corpus__owner__password": "x"})


def test_tiers_need_an_active_policy() -> None:
    corpus = factories.source().corpus
    with pytest.raises(BadFilter, match="active policy"):
        clips_count(corpus, ClipFilter(tiers=("sft",)))
