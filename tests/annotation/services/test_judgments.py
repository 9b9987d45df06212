"""Whatever the network does: one counted judgment or a clear answer, never a loss."""

from __future__ import annotations

import uuid

import pytest

from annotation.errors import AlreadyReplaced, BadAnswer, NotYours
from annotation.models import Item, Judgment, Queue
from annotation.services.claims import Nothing, slot_claim
from annotation.services.judgments import judgment_retract
from annotation.services.queues import queue_state_set
from annotation.services.reports import report_problem, report_resolve
from curation.models import Verdict
from curation.services.verdicts import current_verdict
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


def one_clip(**fields):
    return rooms.verify_queue(factories.world(sft=1, pretrain=0, reject=0, undecided=0), **fields)


def standing(queue):
    return current_verdict(clip=queue.items.get().clip, question="tier")


def test_one_answer_settles_where_one_was_wanted_with_its_evidence():
    queue, who = one_clip(), rooms.rater()
    taken = rooms.say(who, rooms.claim(queue, who).slot_id, "pretrain", reasons=["blur"], active_ms=4200)
    verdict = standing(queue)
    assert taken.counted and taken.item_state == "settled"
    assert (verdict.answer, verdict.method, verdict.blind) == ("pretrain", "single", False)
    assert verdict.evidence["judgments"] == [str(taken.id)]
    assert verdict.evidence["raters"] == [who.pseudonym]


def test_sending_it_again_changes_nothing_and_is_answered_alike():
    queue, who, id = one_clip(), rooms.rater(), uuid.uuid4()
    slot = rooms.claim(queue, who).slot_id
    first = rooms.say(who, slot, "sft", id=id)
    again = rooms.say(who, slot, "reject", id=id)
    assert (again.counted, again.item_state, again.new) == (first.counted, first.item_state, False)
    assert Judgment.objects.get().answer == "sft" and Verdict.objects.count() == 1


def test_two_tabs_of_one_rater_count_once_and_lose_nothing():
    queue, who = one_clip(), rooms.rater()
    slot = rooms.claim(queue, who).slot_id
    assert rooms.say(who, slot, "sft").counted
    second = rooms.say(who, slot, "reject")
    assert not second.counted and second.surplus_reason == "second_by_same_rater"
    assert Judgment.objects.count() == 2 and standing(queue).answer == "sft"


def test_late_but_nobody_took_the_place_counts():
    queue, who = one_clip(), rooms.rater()
    slot = rooms.claim(queue, who).slot_id
    rooms.expire(slot)
    assert rooms.say(who, slot).counted


def test_late_and_somebody_else_holds_it_is_kept_as_surplus():
    queue, late, quick = one_clip(), rooms.rater(), rooms.rater()
    slot = rooms.claim(queue, late).slot_id
    rooms.expire(slot)
    rooms.claim(queue, quick)
    kept = rooms.say(late, slot, "reject")
    assert not kept.counted and kept.surplus_reason == "full"
    assert rooms.say(quick, slot, "sft").counted and standing(queue).answer == "sft"


def test_late_and_another_place_is_free_counts():
    queue, late, quick = one_clip(overlap=2), rooms.rater(), rooms.rater()
    slot = rooms.claim(queue, late).slot_id
    rooms.expire(slot)
    assert rooms.claim(queue, quick).slot_id == slot
    assert rooms.say(late, slot).counted and rooms.say(quick, slot).counted
    assert rooms.states(queue) == {"done": 2} and standing(queue).method == "agreed"


def test_another_rater_cannot_use_or_replace_ones_judgment():
    queue, who, other = one_clip(), rooms.rater(), rooms.rater()
    slot = rooms.claim(queue, who).slot_id
    taken = rooms.say(who, slot)
    with pytest.raises(NotYours):
        rooms.say(other, slot, id=taken.id)
    with pytest.raises(NotYours):
        rooms.say(other, slot, supersedes=taken.id)
    with pytest.raises(NotYours):
        judgment_retract(id=uuid.uuid4(), rater=other, judgment=taken.id)


@pytest.mark.parametrize(
    "fields",
    [
        {"answers": {"tier": "gold"}},
        {"answers": {"mood": "sft"}},
        {"answers": {}, "kind": "answer", "reasons": ["blur"]},
        {"reasons": ["ugly"]},
        {"kind": "retraction"},
        {"active_ms": -1},
        {"watched_share": 1.5},
    ],
)
def test_what_the_rubric_does_not_have_is_refused_and_nothing_is_kept(fields):
    queue, who = one_clip(), rooms.rater()
    slot = rooms.claim(queue, who).slot_id
    if fields.get("answers") == {}:
        fields = {**fields, "answers": {"": ""}}
    with pytest.raises(BadAnswer):
        rooms.say(who, slot, **fields)
    assert not Judgment.objects.exists()


def test_undo_leases_the_place_again_and_the_verdict_no_longer_stands():
    queue, who = one_clip(), rooms.rater()
    slot = rooms.claim(queue, who).slot_id
    taken = rooms.say(who, slot, "sft")
    undo = uuid.uuid4()
    place = judgment_retract(id=undo, rater=who, judgment=taken.id)
    assert place is not None and (place.pk, place.state, place.rater) == (slot, "leased", who)
    assert queue.items.get().state == "open" and standing(queue).method == "reopened"
    judgment_retract(id=undo, rater=who, judgment=taken.id)  # sent again
    again = rooms.say(who, slot, "reject")
    assert again.counted and standing(queue).answer == "reject"
    chain = Judgment.objects.get(pk=again.id)
    assert chain.supersedes.kind == "retraction" and chain.supersedes.supersedes_id == taken.id


def test_a_correction_supersedes_and_only_the_latest_can_be_corrected():
    queue, who = one_clip(), rooms.rater()
    slot = rooms.claim(queue, who).slot_id
    first = rooms.say(who, slot, "sft")
    second = rooms.say(who, slot, "reject", supersedes=first.id)
    assert second.counted and standing(queue).answer == "reject"
    with pytest.raises(AlreadyReplaced):
        rooms.say(who, slot, "pretrain", supersedes=first.id)
    assert Verdict.objects.filter(superseded_by__isnull=True).count() == 1


def test_people_who_disagree_go_to_somebody_who_has_not_voted():
    queue, one, two, third = one_clip(overlap=2, blind=True), rooms.rater(), rooms.rater(), rooms.rater()
    rooms.say(one, rooms.claim(queue, one).slot_id, "sft")
    taken = rooms.say(two, rooms.claim(queue, two).slot_id, "reject")
    assert taken.item_state == "disputed" and standing(queue) is None
    panel = Queue.objects.get(origin=queue)
    assert slot_claim(queue=panel, rater=one) == Nothing("done")
    rooms.say(third, rooms.claim(panel, third).slot_id, "reject")
    verdict = standing(queue)
    assert (verdict.answer, verdict.method, verdict.blind) == ("reject", "majority", True)
    assert verdict.evidence["answers"] == ["sft", "reject", "reject"]
    assert queue.items.get().state == "settled" and panel.items.get().state == "settled"


def test_three_different_answers_wait_for_the_panel_to_look_at_them():
    queue, one, two, third = one_clip(overlap=2), rooms.rater(), rooms.rater(), rooms.rater()
    rooms.say(one, rooms.claim(queue, one).slot_id, "sft")
    rooms.say(two, rooms.claim(queue, two).slot_id, "reject")
    panel = Queue.objects.get(origin=queue)
    slot = rooms.claim(panel, third).slot_id
    vote = rooms.say(third, slot, "pretrain")
    assert standing(queue) is None and vote.item_state == "disputed"
    rooms.say(third, slot, "pretrain", supersedes=vote.id, details={"seen": True})
    assert (standing(queue).answer, standing(queue).method) == ("pretrain", "panel")


def test_a_dispute_that_is_corrected_away_leaves_the_panel_again():
    queue, one, two = one_clip(overlap=2), rooms.rater(), rooms.rater()
    rooms.say(one, rooms.claim(queue, one).slot_id, "sft")
    slot = rooms.claim(queue, two).slot_id
    taken = rooms.say(two, slot, "reject")
    rooms.say(two, slot, "sft", supersedes=taken.id)
    panel = Queue.objects.get(origin=queue)
    assert standing(queue).method == "agreed" and panel.items.get().state == "out"
    assert slot_claim(queue=panel, rater=rooms.rater()) == Nothing("done")


def test_cannot_judge_is_an_answer_and_somebody_else_is_asked():
    queue, one, two = one_clip(), rooms.rater(), rooms.rater()
    taken = rooms.say(one, rooms.claim(queue, one).slot_id, kind="cannot", reasons=["language"])
    assert taken.counted and taken.item_state == "open" and standing(queue) is None
    assert slot_claim(queue=queue, rater=one) == Nothing("done")
    assert rooms.say(two, rooms.claim(queue, two).slot_id, "sft").item_state == "settled"


def test_when_three_people_cannot_judge_the_item_is_out():
    queue = one_clip()
    for _ in range(3):
        who = rooms.rater()
        taken = rooms.say(who, rooms.claim(queue, who).slot_id, kind="cannot")
    assert taken.item_state == "out" and slot_claim(queue=queue, rater=rooms.rater()) == Nothing("done")


def test_a_cannot_that_is_taken_back_never_makes_one_answer_too_many():
    queue, one, two = one_clip(), rooms.rater(), rooms.rater()
    slot = rooms.claim(queue, one).slot_id
    taken = rooms.say(one, slot, kind="cannot")
    judgment_retract(id=uuid.uuid4(), rater=one, judgment=taken.id)
    assert rooms.say(two, rooms.claim(queue, two).slot_id, "sft").counted
    late = rooms.say(one, slot, "reject")
    assert not late.counted and late.surplus_reason == "full" and standing(queue).answer == "sft"


def test_after_closing_a_judgment_is_kept_but_does_not_count():
    queue, who = one_clip(), rooms.rater()
    slot = rooms.claim(queue, who).slot_id
    queue_state_set(queue=queue, state="closed")
    assert rooms.say(who, slot).surplus_reason == "queue_closed"


def test_a_reported_clip_is_held_until_a_curator_looks():
    queue, who = one_clip(), rooms.rater()
    rooms.claim(queue, who)
    report = report_problem(rater=who, clip=queue.items.get().clip, problem="privacy")
    assert slot_claim(queue=queue, rater=who) == Nothing("done")
    report_resolve(report=report, resolution="release")
    slot = rooms.claim(queue, who).slot_id
    report = report_problem(rater=who, clip=queue.items.get().clip, problem="broken")
    report_resolve(report=report, resolution="keep_out")
    assert rooms.say(who, slot).surplus_reason == "item_out"
    assert queue.items.get().state == Item.State.OUT


def test_weaker_evidence_does_not_override_stronger():
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    blind = rooms.verify_queue(world, overlap=2, blind=True)
    for _ in range(2):
        who = rooms.rater()
        rooms.say(who, rooms.claim(blind, who).slot_id, "reject")
    alone, who = rooms.verify_queue(world), rooms.rater()
    rooms.say(who, rooms.claim(alone, who).slot_id, "sft")
    assert (standing(blind).answer, standing(blind).method) == ("reject", "agreed")
