"""Activation: switched at once or not at all, taken up after a kill, caught up with scores written meanwhile."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from curation.errors import RushesError
from curation.models import (
    Activation,
    ActivationJob,
    Clip,
    Corpus,
    Policy,
    Proposal,
    ResolvedThreshold,
    Scorecard,
)
from curation.policies.evaluate import decide
from curation.policies.presets import PRESETS
from curation.policies.rules import Rule, RuleList
from curation.policies.tiers import Tier
from curation.selectors import verdicts
from curation.selectors.clips import clip_detail
from curation.selectors.flips import flip_counts, flips
from curation.selectors.policies import policy_rules
from curation.selectors.proposals import policy_funnel, tier_counts
from curation.services import activation
from curation.services.activation import ActivationRefused, policy_activate
from curation.services.policies import NothingToResolve, policy_create, policy_from_preset
from curation.services.proposals import decisions_of, proposals_refresh
from curation.services.verdicts import verdict_record
from tests.curation.corpora import add_clips, make_corpus
from tests.plans import nodes_of

pytestmark = pytest.mark.django_db(transaction=True)

RULES = RuleList(
    (
        Rule("sft", "movement_min", "at_least", 60),
        Rule("sft", "sharpness", "at_least", 50),
        Rule("pretrain", "movement_min", "at_least", 20),
    )
)
ROWS = [
    {"movement_min": 60.0, "sharpness": 50.0},  # sft
    {"movement_min": 59.0, "sharpness": 50.0},  # pretrain
    {"movement_min": 10.0, "sharpness": 90.0},  # reject
    {"movement_min": 70.0},  # undecided
    {"sharpness": 10.0},  # sft is out, pretrain open: undecided
]


@pytest.fixture
def corpus() -> Corpus:
    return make_corpus()


def policy_of(corpus: Corpus, rules: RuleList = RULES) -> Policy:
    return policy_create(corpus=corpus, rules=rules, name="a policy")


def proposals(policy: Policy) -> dict[int, tuple[int, int, int]]:
    rows = Proposal.objects.filter(policy=policy)
    return {row.clip_id: (row.tier, row.failing, row.missing) for row in rows}


def expected(policy: Policy) -> dict[int, tuple[int, int, int]]:
    rules = policy_rules(policy)
    found = {}
    for clip in Clip.objects.filter(corpus=policy.corpus):
        card = Scorecard.objects.filter(clip=clip, origin=policy.origin).first()
        decision = decide(rules, {name: getattr(card, name, None) for name in rules.metrics})
        found[clip.pk] = (int(decision.tier), decision.failing, decision.missing)
    return found


def test_every_clip_gets_the_tier_that_the_rules_give(corpus):
    clips = add_clips(corpus, ROWS)
    unscored = Clip.objects.create(
        corpus=corpus, source=clips[0].source, recipe=clips[0].recipe, start_s=900, end_s=903
    )
    add_clips(make_corpus("other"), ROWS)
    policy = policy_of(corpus)
    event = policy_activate(policy=policy, why="first")
    corpus.refresh_from_db()
    assert corpus.active_policy == policy
    assert (event.why, event.previous) == ("first", None)
    assert proposals(policy) == expected(policy)
    assert Tier(proposals(policy)[unscored.pk][0]) is Tier.UNDECIDED
    assert [Tier(proposals(policy)[clip.pk][0]).word for clip in clips] == [
        "sft", "pretrain", "reject", "undecided", "undecided",
    ]  # fmt: skip
    counts = tier_counts(policy)
    assert (counts[Tier.SFT].clips, counts[Tier.SFT].seconds) == (1, 5.0)
    assert counts[Tier.UNDECIDED].clips == 3


@pytest.mark.parametrize("killed_after", [0, 1, 2, 3])
def test_killed_anywhere_and_run_again_ends_as_if_never_killed(corpus, killed_after):
    add_clips(corpus, ROWS * 4)
    policy = policy_of(corpus)

    class Killed(BaseException):
        pass

    def kill(done, total):
        if done >= killed_after * 5:
            raise Killed

    with pytest.raises(Killed):
        policy_activate(policy=policy, step=5, progress=kill)
    corpus.refresh_from_db()
    assert corpus.active_policy is None
    policy_activate(policy=policy, step=5)
    assert proposals(policy) == expected(policy)
    job = ActivationJob.objects.get()
    assert (job.state, job.done, job.total) == ("switched", 20, 20)
    assert Activation.objects.count() == 1
    policy_activate(policy=policy)  # again: nothing
    assert Activation.objects.count() == 1


def test_a_step_that_dies_inside_leaves_nothing_half_done(corpus, monkeypatch):
    add_clips(corpus, ROWS * 2)
    policy = policy_of(corpus)
    activation.activation_start(policy=policy)
    fill = activation.fill_range
    monkeypatch.setattr(activation, "fill_range", lambda **given: (fill(**given), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        activation.activation_step(policy=policy, step=5)
    assert proposals(policy) == {}
    monkeypatch.undo()
    policy_activate(policy=policy, step=5)
    assert proposals(policy) == expected(policy)


def test_clips_scored_while_the_partition_fills_are_caught_up(corpus):
    clips = add_clips(corpus, ROWS * 2)
    policy = policy_of(corpus)
    activation.activation_start(policy=policy)
    activation.activation_step(policy=policy, step=5)
    Scorecard.objects.filter(clip=clips[0]).update(movement_min=1.0)  # already in the partition
    proposals_refresh(clip_ids=[clips[0].pk])
    Scorecard.objects.filter(clip=clips[7]).update(movement_min=99.0)  # not yet reached
    proposals_refresh(clip_ids=[clips[7].pk])
    while activation.activation_step(policy=policy, step=5):
        pass
    add_clips(corpus, ROWS)  # after the last step
    activation.activation_switch(policy=policy)
    assert proposals(policy) == expected(policy)
    assert len(proposals(policy)) == 15


def test_scores_written_by_many_at_once_meet_a_switch(corpus):
    clips = add_clips(corpus, ROWS * 8)
    first, second = policy_of(corpus), policy_of(corpus, RULES.with_threshold(0, low=30))
    policy_activate(policy=first)
    errors: list[BaseException] = []

    def score(part: int) -> None:
        try:
            for clip in clips[part::3]:
                Scorecard.objects.filter(clip=clip).update(movement_min=25.0 + part, scored_at=timezone.now())
                proposals_refresh(clip_ids=[clip.pk])
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=score, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    policy_activate(policy=second, step=3)
    for thread in threads:
        thread.join()
    assert errors == []
    assert proposals(second) == expected(second)


def test_going_back_to_an_older_policy_decides_on_present_scores(corpus):
    clips = add_clips(corpus, ROWS)
    first, second = policy_of(corpus), policy_of(corpus, RULES.with_threshold(0, low=65))
    policy_activate(policy=first)
    policy_activate(policy=second)
    Scorecard.objects.filter(clip=clips[0]).update(movement_min=1.0)
    proposals_refresh(clip_ids=[clips[0].pk])
    policy_activate(policy=first)
    assert proposals(first) == expected(first)
    assert [event.policy_id for event in Activation.objects.order_by("id")] == [first.pk, second.pk, first.pk]


def test_a_cancelled_activation_changes_nothing(corpus):
    add_clips(corpus, ROWS)
    policy = policy_of(corpus)
    activation.activation_start(policy=policy)
    activation.activation_cancel(policy=policy)
    with pytest.raises(ActivationRefused, match="cancelled"):
        activation.activation_step(policy=policy)
    corpus.refresh_from_db()
    assert corpus.active_policy is None
    policy_activate(policy=policy)
    assert proposals(policy) == expected(policy)


def test_percentiles_are_frozen_at_the_first_activation(corpus):
    rules = RuleList((Rule("sft", "clarity", "percentile_at_least", percentile=5),))
    policy = policy_of(corpus, rules)
    add_clips(corpus, [{"clarity": None}])
    with pytest.raises(NothingToResolve, match="clarity"):
        policy_activate(policy=policy)
    clips = add_clips(corpus, [{"clarity": float(value)} for value in range(1, 101)])
    policy_activate(policy=policy)
    frozen = ResolvedThreshold.objects.get()
    assert (frozen.value, frozen.over_count) == (5.0, 100)
    assert [Tier(proposals(policy)[clip.pk][0]) for clip in clips[3:5]] == [Tier.REJECT, Tier.SFT]
    add_clips(corpus, [{"clarity": 1000.0}] * 400)
    other = policy_of(corpus, RULES)
    policy_activate(policy=other)
    policy_activate(policy=policy)
    assert ResolvedThreshold.objects.get().value == 5.0
    assert policy_rules(policy).rules[0].low == 5.0


def test_policies_are_numbered_within_their_corpus_and_a_preset_is_made_once(corpus):
    other = make_corpus("other")
    assert [policy_of(corpus).number, policy_of(corpus).number, policy_of(other).number] == [1, 2, 1]
    once = policy_from_preset(corpus=corpus, preset_name="rushes-default")
    assert policy_from_preset(corpus=corpus, preset_name="rushes-default") == once
    assert once.rules_sha256 == PRESETS["rushes-default"].rules.sha256 == policy_rules(once).sha256
    assert policy_rules(once) == PRESETS["rushes-default"].rules


def test_flips_name_the_rules_that_caused_them(corpus):
    clips = add_clips(corpus, ROWS)
    first, second = policy_of(corpus), policy_of(corpus, RULES.with_threshold(0, low=65))
    policy_activate(policy=first)
    policy_activate(policy=second)
    (count,) = flip_counts(first, second)
    assert (count.before, count.after, count.amount.clips) == (Tier.SFT, Tier.PRETRAIN, 1)
    (down,) = flips(first, second)
    assert down.target_id == clips[0].pk
    assert down.causes == ("now fails movement, worst: at least 65",)
    (up,) = flips(second, first, from_tier=Tier.PRETRAIN, to_tier=Tier.SFT)
    assert up.causes == ("no longer fails movement, worst: at least 65",)
    assert flips(first, second, after_id=clips[0].pk) == []
    with pytest.raises(RushesError):
        flip_counts(first, policy_of(make_corpus("other")))


def test_the_funnel_counts_what_each_rule_costs(corpus):
    add_clips(corpus, ROWS)
    policy = policy_of(corpus)
    policy_activate(policy=policy)
    sft = policy_funnel(policy)[0]
    movement, sharpness = sft.steps
    assert (sft.entered.clips, sft.certain.clips, sft.open.clips) == (5, 1, 1)
    assert (movement.alone.clips, movement.in_order.clips, movement.only.clips, movement.unknown.clips) == (
        2,
        2,
        2,
        1,
    )
    assert (sharpness.alone.clips, sharpness.in_order.clips, sharpness.only.clips, sharpness.left.clips) == (
        1,
        1,
        0,
        2,
    )
    assert movement.alone.hours == pytest.approx(10 / 3600)


def test_a_clip_says_why(corpus):
    clips = add_clips(corpus, ROWS)
    assert clip_detail(clips[0]).explanation is None
    policy_activate(policy=policy_of(corpus))
    clip = Clip.objects.select_related("corpus__active_policy").get(pk=clips[3].pk)
    told = clip_detail(clip)
    assert told.tier is Tier.UNDECIDED
    assert told.explanation.change == ("Run image_quality: it is sft if sharpness: at least 50 variance.",)


def test_withdrawn_and_retired_clips_do_not_count(corpus):
    clips = add_clips(corpus, ROWS)
    policy = policy_of(corpus)
    policy_activate(policy=policy)
    Clip.objects.filter(pk=clips[0].pk).update(withdrawn_at=timezone.now())
    Clip.objects.filter(pk=clips[1].pk).update(is_current=False)
    counts = tier_counts(policy)
    assert (counts[Tier.SFT].clips, counts[Tier.PRETRAIN].clips, counts[Tier.REJECT].clips) == (0, 0, 1)


def test_a_step_decides_its_ids_alone_and_reads_the_scores_of_no_others(corpus: Corpus) -> None:
    clips = add_clips(corpus, ROWS * 4)
    policy = policy_of(corpus)
    first, last = clips[2].pk, clips[9].pk
    asked = "c.id > %s AND c.id <= %s", [first, last]
    statement = decisions_of(policy, *asked, between=(first, last))
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.params)
        within = cursor.fetchall()
        whole = decisions_of(policy, *asked)
        cursor.execute(whole.sql, whole.params)
        assert within == cursor.fetchall() and [row[0] for row in within] == [one.pk for one in clips[3:10]]
        # However the planner joins the two: among millions it took to hashing, and read all scores for each step.
        cursor.execute("SET enable_nestloop = off; SET enable_mergejoin = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}", statement.params)
        read = [node for node in nodes_of(cursor.fetchone()[0][0]["Plan"]) if node.get("Alias") == "s"]
        cursor.execute("RESET enable_nestloop; RESET enable_mergejoin")
    assert read and all(node["Actual Rows"] <= len(within) for node in read)


def test_a_corpus_that_has_just_come_in_is_decided_without_reading_its_scores_once_a_clip(
    corpus: Corpus,
) -> None:
    """Nobody has counted its rows yet; the planner took them for a few, and thirty thousand clips for ten minutes."""
    add_clips(corpus, ROWS * 4)
    plans: list[Any] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT INTO curation_proposal"):
            plans.append(
                execute(f"EXPLAIN (FORMAT JSON) {sql}", params, many, context).fetchone()[0][0]["Plan"]
            )
        return execute(sql, params, many, context)

    policy = policy_of(corpus)
    with connection.execute_wrapper(explained):
        policy_activate(policy=policy)
    joins = [node["Node Type"] for plan in plans for node in nodes_of(plan) if "Join Type" in node]
    assert joins and "Nested Loop" not in joins
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_nestloop")
        assert cursor.fetchone()[0] == "on", "for that statement only"


def test_a_re_tier_leaves_room_while_people_judge_and_comes_to_the_same(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips, rests = add_clips(corpus, ROWS * 4), []
    monkeypatch.setattr(activation, "sleep", rests.append)
    monkeypatch.setattr(activation, "STEP_BESIDE_PEOPLE", 5)
    quiet = policy_of(corpus)
    policy_activate(policy=quiet)
    assert rests == [], "nobody judges"
    verdict_record(clip=clips[0], question="tier", answer="sft", method="single", blind=True, evidence={})
    beside = policy_create(corpus=corpus, rules=RULES.with_threshold(0, low=60.5), name="beside people")
    policy_activate(policy=beside)
    assert len(rests) >= 4 and all(rest > 0 for rest in rests)
    assert Proposal.objects.filter(policy=beside).count() == len(clips)
    monkeypatch.setattr(verdicts, "AT_WORK", timezone.timedelta())  # and now it is long ago
    rests.clear()
    policy_activate(policy=quiet)
    assert rests == [] and Corpus.objects.get(pk=corpus.pk).active_policy_id == quiet.pk
