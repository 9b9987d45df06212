"""Golds are given out silently, at their share, once to each rater, and count for nothing but the rater's own page."""

from __future__ import annotations

import json
import uuid

import pytest

from annotation.errors import BadPlan
from annotation.models import Judgment, Queue
from annotation.selectors.queues import own_progress, queue_progress, queues_for
from annotation.selectors.raters import rater_record
from annotation.services.claims import Claimed, Nothing, slot_claim
from annotation.services.golds import golds_mix
from annotation.services.judgments import judgment_retract
from annotation.services.plans import queue_plan
from annotation.services.raters import rater_for_user
from curation.models import Verdict
from curation.services.verdicts import verdict_reopen
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


def settled_and_new(**fields):
    """A corpus whose clips somebody settled as sft, and a new queue over the same clips."""
    world = factories.world(sft=30, pretrain=0, reject=0, undecided=0)
    first = rooms.verify_queue(world)
    work(first, rooms.rater())
    return first, rooms.verify_queue(world, blind=True, **fields)


def work(queue, who, answer="sft"):
    while isinstance(found := slot_claim(queue=queue, rater=who), Claimed):
        rooms.say(who, found.slot_id, answer)
    return found


def test_golds_come_at_about_their_share_and_never_twice_to_one_rater():
    first, queue = settled_and_new()
    golds = golds_mix(queue=queue, settled=first, share=0.4)
    who = rooms.rater()
    assert work(queue, who) == Nothing("done")
    given = Judgment.objects.filter(queue=golds, rater=who)
    assert 4 <= given.count() <= 30 and given.values("item").distinct().count() == given.count()
    assert Judgment.objects.filter(queue=queue, counted=True).count() == 30


def test_a_gold_is_never_counted_and_makes_no_verdict():
    first, queue = settled_and_new()
    golds = golds_mix(queue=queue, settled=first, share=0.5)
    verdicts = Verdict.objects.count()
    who = rooms.rater()
    while not Judgment.objects.filter(queue=golds).exists():
        rooms.say(who, rooms.claim(queue, who).slot_id, "reject")
    assert not Judgment.objects.filter(queue=golds, counted=True).exists()
    own = Judgment.objects.filter(queue=queue).count()
    assert queue_progress(queue).done == own and Verdict.objects.count() == verdicts + own
    assert golds not in queues_for() and not golds.items.exclude(state="open").exists()


def test_the_rater_sees_how_often_the_training_golds_were_met_and_no_measuring_ones():
    first, queue = settled_and_new()
    golds_mix(queue=queue, settled=first, share=0.5)
    who = rooms.rater()
    assert rater_record(who).training.reason == "no training gold was judged"
    work(queue, who)
    record = rater_record(who)
    assert record.training.value == 1.0 and record.measuring.reason == "no measuring gold was judged"


def test_what_an_audits_panel_settled_measures_and_what_one_person_settled_trains():
    first, queue = settled_and_new()
    Queue.objects.filter(pk=first.pk).update(kind=Queue.Kind.AUDIT)
    first.refresh_from_db()
    golds = golds_mix(queue=queue, settled=first, share=0.2)
    assert set(golds.items.values_list("context__gold", flat=True)) == {"training"}


def test_what_is_open_again_is_no_gold():
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    first, queue = rooms.verify_queue(world), rooms.verify_queue(world, blind=True)
    work(first, rooms.rater())
    open_again, settled = first.items.all()
    verdict_reopen(clip=open_again.clip, question="tier", evidence={"item": open_again.pk})
    golds = golds_mix(queue=queue, settled=first, share=0.2)
    assert [(one.clip, one.gold_answer) for one in golds.items.all()] == [(settled.clip, "sft")]


def test_the_page_is_told_nothing_of_a_gold(client):
    first, queue = settled_and_new()
    golds = golds_mix(queue=queue, settled=first, share=0.5)
    user = factories.user("annotator")
    client.force_login(user)
    who = rater_for_user(user=user)
    done = 0
    while not Judgment.objects.filter(queue=golds, rater=who).exists():
        answer = client.post(f"/review/{queue.pk}/claim", "{}", content_type="application/json").json()
        item = answer["item"]
        assert "gold" not in json.dumps({**item, "shown": ""})
        body = {
            "id": str(uuid.uuid4()),
            "slot": item["slot"],
            "token": item["token"],
            "answers": {"tier": "sft"},
        }
        taken = client.post("/review/judgments", json.dumps(body), content_type="application/json").json()
        done += 1
        assert taken["state"] == "counted" and taken["reason"] == ""
    assert own_progress(queue, who)["mine"] == done
    page = client.get("/review/me/").content.decode()
    assert "Golds of queue" not in page and "surplus" not in page
    assert client.get(f"/review/{golds.pk}/work/").status_code == 404
    assert client.get(f"/review/{golds.pk}/").status_code == 404


def test_a_gold_can_be_taken_back_and_answered_again():
    first, queue = settled_and_new()
    golds = golds_mix(queue=queue, settled=first, share=0.5)
    who = rooms.rater()
    while not (given := Judgment.objects.filter(queue=golds).first()):
        rooms.say(who, rooms.claim(queue, who).slot_id, "reject")
    place = judgment_retract(id=uuid.uuid4(), rater=who, judgment=given.pk)
    rooms.say(who, place.pk, "sft")
    assert rater_record(who).training.value == 1.0


def test_golds_need_settled_items_of_the_same_questions_and_a_sensible_share():
    world = factories.world()
    first, queue = rooms.verify_queue(world), rooms.verify_queue(world)
    with pytest.raises(BadPlan, match="nothing that people settled"):
        golds_mix(queue=queue, settled=first, share=0.1)
    with pytest.raises(BadPlan, match=r"at most 0\.5"):
        golds_mix(queue=queue, settled=first, share=0.7)


def test_who_fails_what_a_blind_panel_settled_is_measured_by_it_with_an_interval():
    world = factories.world(sft=30, pretrain=0, reject=0, undecided=0)
    audit = queue_plan(
        corpus=world.corpus,
        policy=world.policy,
        name="Audit",
        kind=Queue.Kind.AUDIT,
        size=30,
        design="simple",
        overlap=2,
        needs_preview=False,
    )
    work(audit, rooms.rater(), "sft")
    work(audit, rooms.rater(), "reject")
    panel = Queue.objects.get(origin=audit)
    work(panel, rooms.rater(), "sft")
    queue = rooms.verify_queue(world, blind=True)
    golds = golds_mix(queue=queue, settled=audit, share=0.5)
    assert set(golds.items.values_list("context__gold", "gold_answer")) == {("measuring", "sft")}
    careless, careful = rooms.rater(), rooms.rater()
    for who, answer in ((careless, "reject"), (careful, "sft")):
        while not Judgment.objects.filter(queue=golds, rater=who).exists():
            rooms.say(who, rooms.claim(queue, who).slot_id, answer)
    failed, met = rater_record(careless).measuring, rater_record(careful).measuring
    assert failed.value == 0.0 and met.value == 1.0
    assert failed.interval.lower == 0.0 and failed.interval.upper > 0
    assert rater_record(careless).training.reason == "no training gold was judged"
    assert not Judgment.objects.filter(queue=golds, counted=True).exists()
