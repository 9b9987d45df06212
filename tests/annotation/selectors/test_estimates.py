"""What an audit's page says is what the statistics give for the same judgments."""

from __future__ import annotations

import pytest

from annotation.agreement import Reading, binary_table
from annotation.estimation import (
    Interval,
    StratumCount,
    Undefined,
    clopper_pearson,
    hypergeometric_interval,
    stratified_exact,
)
from annotation.models import Item, Judgment, Queue
from annotation.selectors.anchoring import audit_anchoring, policy_anchoring
from annotation.selectors.audit_rules import audit_rules
from annotation.selectors.estimates import audit_report
from annotation.selectors.studies import study_report
from annotation.services.plans import queue_plan
from annotation.services.studies import study_create
from tests import factories
from tests.annotation import audits, rooms

pytestmark = pytest.mark.django_db


def audit(made: factories.World, size: int = 40, **fields) -> Queue:
    fields = {"kind": "audit", "design": "stratified", "size": size, "overlap": 2, "seed": 4, **fields}
    return queue_plan(
        corpus=made.corpus,
        policy=made.policy,
        name=f"audit {factories.number()}",
        needs_preview=False,
        **fields,
    )


@pytest.fixture
def judged():
    """60 proposed sft, a sixth of them bad; 40 proposed reject, a tenth of them good."""
    made = audits.world(60, rejects=40, sources=3)
    bad = {clip.pk for clip in made.sft[::6]}
    good = {clip.pk for clip in made.reject[::10]}

    def truth(clip: int) -> str:
        if clip in good:
            return "sft"
        return "reject" if clip in bad or clip in {one.pk for one in made.reject} else "sft"

    queue = audit(made, 50)
    audits.judge(queue, truth)
    return made, queue, truth


def tally(queue: Queue, truth) -> dict[str, tuple[int, int]]:
    rows = list(queue.items.values_list("clip_id", "draw_item__stratum"))
    return {
        name: (
            sum(stratum == name for _, stratum in rows),
            sum(truth(clip) == "sft" for clip, stratum in rows if stratum == name),
        )
        for name in ("3", "1")
    }


def test_shares_of_what_is_kept_and_of_the_whole_list(judged):
    _, queue, truth = judged
    report = audit_report(queue)
    seen = tally(queue, truth)
    assert report.kept.found.share.interval == stratified_exact([StratumCount(60, *seen["3"])]).interval
    both = stratified_exact([StratumCount(60, *seen["3"]), StratumCount(40, *seen["1"])])
    assert report.whole.found.share.value == pytest.approx(both.value)
    assert report.whole.found.share.interval.lower == pytest.approx(both.interval.lower)


def test_what_the_policy_throws_away_is_two_numbers_and_a_recall(judged):
    _, queue, truth = judged
    report = audit_report(queue)
    seen = tally(queue, truth)
    rate = seen["1"][1] / seen["1"][0]
    assert report.lost.clips.value == pytest.approx(40 * rate)
    bounds = hypergeometric_interval(seen["1"][1], seen["1"][0], 40)
    assert report.lost.clips.interval.upper == pytest.approx(40 * bounds.upper)
    kept = 60 * seen["3"][1] / seen["3"][0]
    assert report.lost.recall.value == pytest.approx(kept / (kept + 40 * rate))
    assert report.lost.recall.interval.lower <= report.lost.recall.value <= report.lost.recall.interval.upper
    # 40 rejected clips of 6 s; the interval needs ten failures and ten successes.
    assert report.lost.hours.value == pytest.approx(40 * 6 / 3600 * rate)


def test_a_list_that_has_changed_gives_no_hours(judged):
    made, queue, _ = judged
    factories.clip(made.source)
    report = audit_report(queue)
    assert isinstance(report.lost.hours, Undefined) and "has changed" in report.lost.hours.reason
    assert not isinstance(report.lost.clips, Undefined)


def test_each_rule_says_what_fails_it_alone_and_what_nobody_asked(judged):
    _, queue, _ = judged
    lines = audit_rules(queue, audit_report(queue).whole)
    sharp = next(line for line in lines if line.tier == "pretrain" and "harp" in line.words)
    assert sharp.sole == tally(queue, judged[2])["1"][0]
    assert (
        isinstance(sharp.recall.own_dimension, Undefined)
        and "nobody was asked" in sharp.recall.own_dimension.reason
    )
    assert sharp.recall.sole_loss_share.value == pytest.approx(
        tally(queue, judged[2])["1"][1] / tally(queue, judged[2])["1"][0]
    )


def test_a_simple_draw_reads_its_parts_as_random_samples_of_unknown_size():
    made = audits.world(30, rejects=20)
    queue = audit(made, 30, design="simple")
    audits.judge(queue, lambda clip: "sft" if clip in {one.pk for one in made.sft} else "reject")
    report = audit_report(queue)
    n = len(report.kept.items)
    assert report.kept.found.share.interval == clopper_pearson(n, n)
    assert isinstance(report.kept.found.sequence, Undefined)
    assert report.lost.clips.value == 0 and report.lost.clips.interval.upper > 0


def test_judgments_given_with_the_proposal_in_sight_never_enter():
    made = audits.world(10)
    verify = queue_plan(corpus=made.corpus, policy=made.policy, name="Verify", kind="verify", overlap=2)
    assert "in sight never enter" in audit_report(verify).reason
    queue = audit(made, 10)
    audits.judge(queue)
    whole = audit_report(queue)
    assert whole.whole.found.counts.prefix == 10
    assert not Judgment.objects.filter(queue=queue, blind=False).exists()


def test_anchoring_compares_what_the_audit_took_with_what_it_left():
    made = audits.world(30, rejects=0)
    queue = audit(made, 12, design="simple")
    report = audit_report(queue)
    assert isinstance(audit_anchoring(queue, report.whole), Undefined)
    none = policy_anchoring(made.policy)
    assert isinstance(none, Undefined) and "no clip of this list was given out to verify" in none.reason
    audits.judge(queue, lambda clip: "sft" if clip % 2 else "reject")
    verify = queue_plan(corpus=made.corpus, policy=made.policy, name="V", kind="verify", needs_preview=False)
    audits.judge(verify)  # everybody says what is proposed
    gap = audit_anchoring(queue, audit_report(queue).whole)
    odd = sum(clip % 2 for clip in queue.items.values_list("clip_id", flat=True)) / 12
    assert gap.verify.value == 1.0 and gap.verify.n == 18
    assert gap.blind.value == pytest.approx(odd) and gap.gap.value == pytest.approx(1 - odd)
    found = policy_anchoring(made.policy)
    assert not isinstance(found, Undefined) and (found.queue, found.gap) == (queue, gap)


@pytest.fixture
def studied():
    source = factories.source()
    policy = factories.policy(source.corpus)
    for value in range(40, 80):
        factories.clip(source, scores={"movement_min": float(value)})
    factories.propose(policy)
    factories.activate(policy)
    queue = study_create(
        corpus=source.corpus, policy=policy, name="study", per_side=6, band=0.3, seed=1, needs_preview=False
    )
    return queue


def answer(item: Item, *answers: str) -> None:
    for said, place in zip(answers, item.slots.order_by("number"), strict=False):
        rooms.say(rooms.rater(), place.pk, answers={item.question: said})


def test_a_study_reads_its_judgments_three_ways_with_the_largest_kappa(studied):
    rule_items = list(studied.items.filter(question="movement").order_by("position"))
    for number, item in enumerate(rule_items):
        right = "acceptable" if item.context["side"] == "pass" else "unacceptable"
        wrong = "unacceptable" if right == "acceptable" else "acceptable"
        answer(item, right, wrong if number == 0 else right)
    report = study_report(studied)
    rule = next(rule for rule in report.rules if rule.question == "movement")
    n = len(rule_items)
    assert (rule.drawn, rule.judged, rule.disputed) == (n, n, 1)
    agreed, settled, errors = (rule.readings[reading] for reading in Reading)
    assert agreed.n == n - 1 and agreed.table.accuracy.value == 1.0
    assert settled.n == n - 1 and errors.n == n
    assert errors.table.accuracy.value == pytest.approx((n - 1) / n)
    assert errors.table == binary_table(errors.table.tp, errors.table.fp, errors.table.fn, errors.table.tn)
    assert isinstance(rule.people.raw.interval, Interval) and 0 < rule.ceiling < 1


def test_a_study_in_progress_reads_the_head_of_each_rule_s_order(studied):
    items = list(studied.items.filter(question="movement").order_by("position"))
    answer(items[0], "acceptable", "acceptable")
    answer(items[3], "acceptable", "acceptable")
    rule = next(rule for rule in study_report(studied).rules if rule.question == "movement")
    assert rule.judged == 1
