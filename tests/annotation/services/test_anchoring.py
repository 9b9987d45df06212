"""Anchoring: chance decides who sees the proposal, no clip is judged both ways, and nobody works on both sides."""

from __future__ import annotations

import pytest

from annotation.errors import BadPlan, NotClaimable
from annotation.models import Draw, Queue
from annotation.selectors.anchoring import audit_anchoring
from annotation.selectors.estimates import audit_report
from annotation.services.anchoring import anchoring_open
from annotation.services.claims import slot_claim
from annotation.services.plans import queue_plan
from tests.annotation import audits, rooms

pytestmark = pytest.mark.django_db


def audit_of(made, size=20):
    return queue_plan(
        corpus=made.corpus,
        policy=made.policy,
        name="Audit",
        kind=Queue.Kind.AUDIT,
        design="simple",
        size=size,
        overlap=2,
        needs_preview=False,
        seed=5,
    )


def test_what_the_audit_left_is_shown_to_others_under_the_same_list():
    made = audits.world(clips=60)
    audit = audit_of(made)
    seen = anchoring_open(audit=audit, size=15)
    taken = set(audit.items.values_list("clip_id", flat=True))
    shown = set(seen.items.values_list("clip_id", flat=True))
    assert len(shown) == 15 and not taken & shown
    assert seen.draw.frame_sha256 == audit.draw.frame_sha256 and not seen.blind and audit.blind
    assert {one.inclusion_probability for one in seen.draw.items.all()} == {15 / 40}


def test_who_judged_in_one_of_the_two_may_not_claim_from_the_other():
    made = audits.world(clips=30)
    audit = audit_of(made)
    seen = anchoring_open(audit=audit, size=5)
    audit.refresh_from_db()
    blind, sighted = rooms.rater(), rooms.rater()
    rooms.say(blind, rooms.claim(audit, blind).slot_id)
    rooms.say(sighted, rooms.claim(seen, sighted).slot_id)
    for queue, who in ((seen, blind), (audit, sighted)):
        with pytest.raises(NotClaimable, match="other people"):
            slot_claim(queue=queue, rater=who)


def test_the_gap_of_such_a_pair_of_queues_is_measured():
    made = audits.world(clips=60)
    audit = audit_of(made)
    seen = anchoring_open(audit=audit, size=20)
    audits.judge(audit, lambda clip: "sft" if clip % 2 else "pretrain")
    audits.judge(seen)
    gap = audit_anchoring(audit, audit_report(audit).whole)
    assert gap.verify.value == 1.0 and gap.gap.value == pytest.approx(1.0 - gap.blind.value)


def test_nothing_left_to_show_and_queues_that_are_no_audit_are_refused_and_leave_nothing():
    made = audits.world(clips=20)
    with pytest.raises(BadPlan, match="nothing is left"):
        anchoring_open(audit=audit_of(made, size=20), size=5)
    with pytest.raises(BadPlan, match="only clips of an audit"):
        anchoring_open(audit=rooms.verify_queue(made), size=5)
    assert Queue.objects.count() == 2 and Draw.objects.count() == 2
