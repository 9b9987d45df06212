"""Pages of a large corpus are answered by the snapshot, and say just what PostgreSQL says."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from curation.models import Clip, Person, Proposal, Scorecard, Verdict
from curation.selectors import browser, overview, quick
from curation.selectors.clipfilter import BadFilter, ClipFilter
from curation.services.scorecards import ScorerStatus, provenance_get_or_create
from curation.services.snapshot import snapshot_engine, snapshot_refresh
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()


@pytest.fixture
def world() -> factories.World:
    made = factories.world(sft=5, pretrain=4, reject=3, undecided=2)
    first = factories.verdict(made.sft[0], "sft")
    factories.verdict(made.sft[0], "pretrain", supersedes=first)
    factories.verdict(made.sft[1], "sft")
    factories.verdict(made.reject[0], "sft")
    reopened = factories.verdict(made.reject[1], "reject")
    factories.verdict(made.reject[1], "undecided", method="reopened", supersedes=reopened)
    factories.verdict(made.undecided[0], "reject")
    person = Person.objects.create(corpus=made.corpus, label="A", gender="f", age_group="19-30")
    Clip.objects.filter(pk__in=[made.sft[1].pk, made.pretrain[0].pk]).update(person=person)
    Clip.objects.filter(pk=made.pretrain[1].pk).update(language="", branch="dialogue")
    Clip.objects.filter(pk=made.pretrain[2].pk).update(language="fr")
    Clip.objects.filter(pk=made.sft[4].pk).update(withdrawn_at=timezone.now())
    Clip.objects.filter(pk=made.sft[3].pk).update(held_at=timezone.now())
    factories.clip(made.source, scores={"movement_min": 20.0, "rotation_min": None})
    factories.clip(made.source, scores={"sharpness": 8.0, "luminance": None})
    # A card that says nothing, not even how it came to be, is one all the same.
    empty = factories.clip(made.source, scored=False)
    Scorecard.objects.create(clip=empty, scored_at=timezone.now())
    factories.propose(made.policy, list(Clip.objects.filter(corpus=made.corpus).order_by("-id")[:3]))
    unknown = Proposal.objects.filter(policy_id=made.policy.pk, clip_id=empty.pk).values().get()
    Proposal.objects.bulk_create(
        [Proposal(**unknown | {"clip_id": factories.clip(made.source, scored=False).pk})]
    )
    return made


FILTERS = [
    ClipFilter(),
    *(ClipFilter(tiers=tiers) for tiers in (("sft",), ("pretrain", "undecided"), ("reject",))),
    *(ClipFilter(rule=rule, only=only) for rule in range(6) for only in (False, True)),
    *(ClipFilter(verdict=word) for word in ("any", "none", "sft", "pretrain", "reject", "differs")),
    ClipFilter(metric="movement_min", low=41.0),
    ClipFilter(metric="movement_min", high=41.0),
    ClipFilter(metric="orientation_min"),
    ClipFilter(metric="dover_fused"),
    ClipFilter(branch="dialogue"),
    ClipFilter(language="en"),
    ClipFilter(language="fr", tiers=("pretrain",)),
    ClipFilter(language="unknown"),
    ClipFilter(category="vlog"),
    ClipFilter(category="unknown", gender="unknown"),
    ClipFilter(gender="f", age_group="19-30"),
    ClipFilter(gender="unknown"),
    ClipFilter(ethnicity="nobody's"),
    ClipFilter(held=True),
    ClipFilter(scored="no"),
    ClipFilter(scored="no", held=True),
    ClipFilter(scored="no", tiers=("undecided",), language="en"),
    ClipFilter(scored="yes"),
    ClipFilter(scored="yes", metric="movement_min", high=41.0),
]


def everything(world: factories.World) -> list[Any]:
    """Every filter's count and pages, forth and back, and what the home shows."""
    person, corpus = Person.objects.get(), world.corpus
    found: list[Any] = []
    for chosen in [*FILTERS, ClipFilter(person=person.pk), ClipFilter(source=world.source.pk)]:
        count = browser.clips_count(corpus, chosen)
        forth, after = [], None
        while True:
            page = browser.clips_page(corpus, chosen, after=after, size=3)
            forth.append([row.clip.pk for row in page.rows])
            if page.after is None:
                break
            after = page.after
        back: list[list[int]] = []
        before: int | None = 10**9
        while before is not None:
            page = browser.clips_page(corpus, chosen, before=before, size=4)
            back.append([row.clip.pk for row in page.rows])
            before = page.before
        assert sum(map(len, forth)) == sum(map(len, back)) == count.clips, chosen
        found.append((count.clips, round(count.seconds, 6), forth, back))
    amounts, funnels = overview.corpus_funnels(corpus)
    lines = [(line.tier, line.proposed, line.settled) for line in overview.tier_lines(corpus)]
    return [*found, overview.corpus_amount(corpus), dict(amounts), funnels, lines]


def test_snapshot_and_postgresql_say_the_same(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = everything(world)
    assert quick.quick_view(world.corpus) is None
    monkeypatch.setattr(quick, "FROM_CLIPS", 0)
    snapshot_refresh(corpus=world.corpus)
    view = quick.quick_view(world.corpus)
    assert view is not None
    asked_elsewhere = [chosen for chosen in FILTERS if quick.quick_filter(chosen, view) is None]
    assert all(chosen.held for chosen in asked_elsewhere), asked_elsewhere
    for number, (was, now) in enumerate(zip(reference, everything(world), strict=True)):
        assert was == now, number


def test_what_became_of_each_scorer_is_counted_alike(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [
        provenance_get_or_create(statuses={"head_detail": ScorerStatus(state, None, reason)})
        for state, reason in (("measured", ""), ("unavailable", "no weights"), ("failed", "no face"))
    ]
    cards = list(Scorecard.objects.filter(clip__corpus=world.corpus).order_by("pk"))
    for number, card in enumerate(cards):
        Scorecard.objects.filter(pk=card.pk).update(provenance=kinds[min(number // 3, 2)])
    reference = overview.scorer_states(world.corpus)
    assert (reference["head_detail"].measured, reference["head_detail"].unavailable) == (3, 2), (
        "one is withdrawn"
    )
    monkeypatch.setattr(quick, "FROM_CLIPS", 0)
    snapshot_refresh(corpus=world.corpus)
    assert overview.scorer_states(world.corpus) == reference
    Scorecard.objects.filter(pk=cards[0].pk).update(provenance=kinds[1])
    snapshot_refresh(corpus=world.corpus)
    assert overview.scorer_states(world.corpus)["head_detail"].unavailable == 3


def test_a_snapshot_that_keeps_other_columns_is_made_anew(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curation.services.snapshot.DTYPES", {"clip_id": None})
    assert snapshot_refresh(corpus=world.corpus).kind == "built"
    assert snapshot_refresh(corpus=world.corpus).kind == "unchanged"
    monkeypatch.undo()
    assert snapshot_refresh(corpus=world.corpus).kind == "built"
    assert snapshot_refresh(corpus=world.corpus).kind == "unchanged"


def test_a_numbered_page_begins_where_going_on_would(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "FROM_CLIPS", 0)
    third = browser.clips_page(
        world.corpus, ClipFilter(), after=browser.page_start(world.corpus, ClipFilter(), 3, size=4), size=4
    )
    ids = [row.clip.pk for row in browser.clips_page(world.corpus, ClipFilter(), size=100).rows]
    assert [row.clip.pk for row in third.rows] == ids[8:12]
    assert browser.page_start(world.corpus, ClipFilter(), 99, size=4) is None


def test_what_is_withdrawn_is_not_shown_even_before_the_snapshot_knows(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "FROM_CLIPS", 0)
    assert browser.clips_count(world.corpus, ClipFilter()).age_s is not None
    Clip.objects.filter(pk=world.sft[0].pk).update(withdrawn_at=timezone.now())
    shown = [row.clip.pk for row in browser.clips_page(world.corpus, ClipFilter(), size=100).rows]
    assert world.sft[0].pk not in shown


def test_a_filter_that_makes_no_sense_is_refused_alike(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "FROM_CLIPS", 0)
    with pytest.raises(BadFilter, match="rules 0 to 5, not 17"):
        browser.clips_count(world.corpus, ClipFilter(rule=17))
    bare = factories.clip(factories.source()).corpus
    with pytest.raises(BadFilter, match="need an active policy"):
        browser.clips_count(bare, ClipFilter(tiers=("sft",)))
    assert browser.clips_count(bare, ClipFilter()).clips == 1


def test_the_age_is_shown_and_a_missing_snapshot_is_asked_for(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, home = Client(), f"/corpora/{world.corpus.slug}/"
    client.force_login(factories.user("curator"))
    assert "as of" not in client.get(home).content.decode()
    monkeypatch.setattr(quick, "FROM_CLIPS", 0)
    monkeypatch.setattr("curation.services.snapshot.INLINE_CLIPS", 3)
    for address in (home, f"{home}clips/"):
        page = client.get(address).content.decode()
        assert f"manage.py snapshot --corpus {world.corpus.slug}" in page and "as of" not in page
    snapshot_refresh(corpus=world.corpus)
    for address in (home, f"{home}clips/", f"{home}clips/?page=1&tier=sft"):
        page = client.get(address).content.decode()
        assert "as of just now" in page and "manage.py snapshot" not in page
    assert Verdict.objects.count() == 7
