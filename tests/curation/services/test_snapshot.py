"""The snapshot answers as PostgreSQL does, and never silently falls behind."""

from __future__ import annotations

import threading
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from curation.analytics.errors import Busy, NoSnapshot
from curation.analytics.filters import ClipFilter
from curation.models import Clip, Corpus, Person, Scorecard, Source, Verdict
from curation.policies.presets import PRESETS
from curation.policies.tiers import Tier
from curation.selectors.policies import policy_rules
from curation.selectors.proposals import policy_funnel, tier_counts
from curation.services import snapshot
from curation.services.activation import policy_activate
from curation.services.policies import policy_create, policy_from_preset
from curation.services.snapshot import snapshot_engine, snapshot_explorer, snapshot_refresh
from tests.curation.corpora import add_clips, make_corpus

pytestmark = pytest.mark.django_db(transaction=True)
RULES = PRESETS["rushes-default"].rules


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()


@pytest.fixture
def corpus() -> Corpus:
    return make_corpus()


def random_rows(count: int, seed: int = 1) -> list[dict[str, float | None]]:
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        row: dict[str, float | None] = {}
        for rule in RULES:
            at = rule.low if rule.low is not None else rule.high
            chance = random.random()
            row[rule.metric] = (
                None
                if chance < 0.03
                else at
                if chance < 0.6
                else float(np.float32(at + random.normal() * 20))
            )
        rows.append(row)
    return rows


def held(corpus: Corpus) -> dict[int, float]:
    table = snapshot_engine(corpus.pk).table()
    rows = np.arange(table.rows)
    usable = table.take("usable", rows) != 0
    return dict(
        zip(
            table.take("clip_id", rows)[usable].tolist(),
            table.take("sharpness", rows)[usable].tolist(),
            strict=True,
        )
    )


def test_funnel_and_tiers_are_those_of_postgresql(corpus, monkeypatch):
    monkeypatch.setattr(snapshot, "FULL_STEP", 100)
    add_clips(corpus, random_rows(700))
    add_clips(make_corpus("other"), random_rows(50))
    policy = policy_from_preset(corpus=corpus, preset_name="rushes-default")
    policy_activate(policy=policy)
    assert snapshot_refresh(corpus=corpus).kind == "built"
    explorer = snapshot_engine(corpus.pk).explorer(policy_rules(policy))
    assert dict(explorer.index.amounts) == tier_counts(policy)
    assert explorer.funnel() == policy_funnel(policy)
    assert len({tier for tier, amount in explorer.index.amounts.items() if amount.clips}) >= 3
    stricter = policy_create(
        corpus=corpus, rules=RULES.with_threshold(3, low=80).with_threshold(12, low=0.5), name="s"
    )
    policy_activate(policy=stricter)
    assert explorer.all(policy_rules(stricter)).tiers == tier_counts(stricter)
    one = policy_create(corpus=corpus, rules=RULES.with_threshold(3, low=55.5), name="one")
    policy_activate(policy=one)
    assert explorer.one(3, low=55.5).tiers == tier_counts(one)
    assert explorer.curve(3).at(low=55.5).tiers == tier_counts(one)


def test_scores_clips_verdicts_and_people_reach_the_snapshot(corpus):
    clips = add_clips(corpus, [{"sharpness": 1.0}] * 5)
    person = Person.objects.create(corpus=corpus, label="A", gender="")
    Clip.objects.filter(pk=clips[0].pk).update(person=person)
    assert snapshot_refresh(corpus=corpus).clips == 5
    assert snapshot_refresh(corpus=corpus).kind == "unchanged"

    Scorecard.objects.filter(clip=clips[1]).update(sharpness=2.0)
    Clip.objects.filter(pk=clips[2].pk).update(withdrawn_at=timezone.now())
    (new,) = add_clips(corpus, [{"sharpness": 3.0}])
    done = snapshot_refresh(corpus=corpus)
    assert (done.kind, done.clips) == ("updated", 3)
    expected = {clip.pk: 1.0 for clip in clips} | {clips[1].pk: 2.0, new.pk: 3.0}
    del expected[clips[2].pk]
    assert held(corpus) == expected

    Verdict.objects.create(
        corpus=corpus, clip=clips[3], answer="sft", method="single", blind=True, evidence={}
    )
    person.gender = "female"
    person.save()
    source = Source.objects.get(corpus=corpus)
    source.language = "fr"
    source.save()
    assert snapshot_refresh(corpus=corpus).clips == 6
    browser = snapshot_engine(corpus.pk).explorer(RULES).browser
    assert browser.page(ClipFilter.of({"verdict": ["sft"]})).clip_ids == (clips[3].pk,)
    assert browser.page(ClipFilter.of({"gender": ["female"]})).clip_ids == (clips[0].pk,)
    assert browser.count(ClipFilter.of({"language": ["fr"]})).clips == 5

    first = Verdict.objects.get()
    Verdict.objects.create(
        corpus=corpus,
        clip=clips[3],
        answer="reject",
        method="panel",
        blind=True,
        evidence={},
        supersedes=first,
    )
    snapshot_refresh(corpus=corpus)
    browser = snapshot_engine(corpus.pk).explorer(RULES).browser
    assert browser.count(ClipFilter.of({"verdict": ["sft"]})).clips == 0
    assert browser.count(ClipFilter.of({"verdict": ["reject"]})).clips == 1


def test_a_transaction_that_commits_late_is_not_missed(corpus):
    """It began before a refresh and committed after it: its changes lie behind the newest ones by every clock."""
    clips = add_clips(corpus, [{"sharpness": 1.0}] * 3)
    snapshot_refresh(corpus=corpus)
    wrote, refreshed = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            Scorecard.objects.filter(clip=clips[0]).update(sharpness=9.0)
            wrote.set()
            refreshed.wait(20)
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert wrote.wait(20)
    Scorecard.objects.filter(clip=clips[1]).update(sharpness=8.0)
    snapshot_refresh(corpus=corpus)
    assert held(corpus)[clips[1].pk] == 8.0
    assert held(corpus)[clips[0].pk] == 1.0
    refreshed.set()
    writer.join()
    snapshot_refresh(corpus=corpus)
    assert held(corpus)[clips[0].pk] == 9.0


def test_bulk_changes_are_noted_as_a_range(corpus, monkeypatch):
    monkeypatch.setattr(snapshot, "FULL_STEP", 1000)
    snapshot_refresh(corpus=corpus)
    add_clips(make_corpus("other"), [{"sharpness": 1.0}] * 3)
    clips = add_clips(corpus, [{"sharpness": 1.0}] * 6000)
    Scorecard.objects.filter(clip__corpus=corpus).update(sharpness=2.0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM curation_clipchange WHERE ids IS NULL")
        assert cursor.fetchone()[0] >= 1
    snapshot_refresh(corpus=corpus)
    assert held(corpus) == {clip.pk: 2.0 for clip in clips}


def test_many_small_refreshes_are_joined_and_stay_right(corpus, monkeypatch):
    monkeypatch.setattr(snapshot, "MAX_SEGMENTS", 3)
    clips = add_clips(corpus, [{"sharpness": 0.0}] * 10)
    snapshot_refresh(corpus=corpus)
    kinds = []
    for number in range(1, 9):
        Scorecard.objects.filter(clip=clips[number]).update(sharpness=float(number))
        add_clips(corpus, [{"sharpness": 100.0 + number}])
        kinds.append(snapshot_refresh(corpus=corpus).kind)
    assert "joined" in kinds
    cards = Scorecard.objects.filter(clip__corpus=corpus).values_list("clip_id", "sharpness")
    assert held(corpus) == dict(cards)


def test_origins_never_mix(corpus):
    (clip,) = add_clips(corpus, [{"sharpness": 1.0}])
    Scorecard.objects.create(clip=clip, origin="talkvid release", scored_at=timezone.now(), sharpness=7.0)
    snapshot_refresh(corpus=corpus)
    snapshot_refresh(corpus=corpus, origin="talkvid release")
    assert held(corpus) == {clip.pk: 1.0}
    assert snapshot_engine(corpus.pk, "talkvid release").table().take("sharpness", np.array([0]))[0] == 7.0


def test_an_empty_corpus_has_an_empty_snapshot(corpus):
    assert snapshot_refresh(corpus=corpus).clips == 0
    explorer = snapshot_engine(corpus.pk).explorer(RULES)
    assert explorer.index.amounts[Tier.SFT].clips == 0
    assert explorer.browser.page(ClipFilter()).clip_ids == ()
    assert explorer.funnel()[0].entered.clips == 0
    assert explorer.curve(0).at(low=1.0).tiers[Tier.SFT].clips == 0
    assert explorer.histogram("sharpness")


def test_a_page_brings_the_snapshot_up_to_date_by_itself(corpus, monkeypatch):
    (clip,) = add_clips(corpus, [{"sharpness": 1.0}])
    assert snapshot_explorer(corpus=corpus, rules=RULES).browser.count(ClipFilter()).clips == 1
    monkeypatch.setattr(snapshot, "FRESH_S", 0.0)
    Clip.objects.filter(pk=clip.pk).update(withdrawn_at=timezone.now())
    assert snapshot_explorer(corpus=corpus, rules=RULES).browser.count(ClipFilter()).clips == 0


def test_while_another_refreshes_a_page_answers_from_the_state_before(corpus, monkeypatch):
    add_clips(corpus, [{"sharpness": 1.0}])
    snapshot_refresh(corpus=corpus)
    monkeypatch.setattr(snapshot, "FRESH_S", 0.0)
    add_clips(corpus, [{"sharpness": 1.0}])
    with snapshot_engine(corpus.pk).store.writing():
        assert snapshot_explorer(corpus=corpus, rules=RULES).browser.count(ClipFilter()).clips == 1
        with pytest.raises(Busy):
            snapshot_refresh(corpus=corpus, wait=False)
    assert snapshot_explorer(corpus=corpus, rules=RULES).browser.count(ClipFilter()).clips == 2


def test_a_large_corpus_is_not_built_while_a_page_waits(corpus, monkeypatch):
    monkeypatch.setattr(snapshot, "INLINE_CLIPS", 2)
    add_clips(corpus, [{"sharpness": 1.0}] * 3)
    with pytest.raises(NoSnapshot, match=r"manage\.py snapshot --corpus c"):
        snapshot_explorer(corpus=corpus, rules=RULES)
    out = StringIO()
    call_command("snapshot", "--corpus", "c", stdout=out)
    assert "built: 3 clips" in out.getvalue()
    assert snapshot_explorer(corpus=corpus, rules=RULES).browser.count(ClipFilter()).clips == 3
