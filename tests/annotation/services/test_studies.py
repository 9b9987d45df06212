"""A study asks about clips on both sides of a threshold, blind, and knows each one's chance of being drawn."""

from __future__ import annotations

import pytest

from annotation.errors import BadPlan
from annotation.selectors.items import item_payload
from annotation.services.rubrics import rubric_preset
from annotation.services.studies import study_create, study_sides
from curation.models import Scorecard
from curation.services.verdicts import current_verdict
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


@pytest.fixture
def corpus():
    """Clips whose worst movement runs from 50 to 69, a threshold at 60, and others far from it."""
    source = factories.source()
    policy = factories.policy(source.corpus)
    for value in range(50, 70):
        factories.clip(
            source, scores={"movement_min": float(value), "rotation_min": 99.0, "orientation_min": 99.0}
        )
    factories.clip(source, scores={"movement_min": None})
    factories.propose(policy)
    factories.activate(policy)
    return source.corpus


def make(corpus, **fields):
    fields = {"per_side": 4, "band": 0.1, "seed": 5, "needs_preview": False, **fields}
    return study_create(
        corpus=corpus, policy=corpus.active_policy, name=f"study {factories.number()}", **fields
    )


def test_both_sides_of_the_threshold_the_threshold_itself_passes(corpus):
    queue = make(corpus, per_side=100)
    by_side = {"pass": set(), "fail": set()}
    for item in queue.items.all():
        assert item.question == "movement" and item.context["threshold"] == 60
        by_side[item.context["side"]].add(Scorecard.objects.get(clip=item.clip).movement_min)
    assert by_side == {
        "pass": {60.0, 61.0, 62.0, 63.0, 64.0, 65.0},
        "fail": {54.0, 55.0, 56.0, 57.0, 58.0, 59.0},
    }


def test_each_item_knows_its_chance_of_being_drawn(corpus):
    queue = make(corpus)
    assert queue.items.count() == 8 and queue.overlap == 2 and queue.blind
    assert {item.draw_item.inclusion_probability for item in queue.items.all()} == {4 / 6}
    sides = [item.context["side"] for item in queue.items.order_by("position")]
    assert sides != sorted(sides) and sides != sorted(sides, reverse=True)


def test_the_page_is_asked_one_question_and_told_nothing(corpus):
    queue, who = make(corpus), rooms.rater()
    payload = item_payload(queue=queue, claimed=rooms.claim(queue, who), rater=who)
    assert payload["questions"] == ["movement"] and payload["proposal"] is None and payload["scores"] == []
    assert "side" not in str(payload)


def test_two_people_settle_the_dimension_not_the_tier(corpus):
    queue = make(corpus)
    for _ in range(2):
        who = rooms.rater()
        claimed = rooms.claim(queue, who)
        rooms.say(who, claimed.slot_id, answers={"movement": "acceptable"})
    clip = queue.items.get(pk=claimed.item_id).clip
    verdict = current_verdict(clip=clip, question="movement")
    assert (verdict.answer, verdict.method, verdict.blind) == ("acceptable", "agreed", True)
    assert current_verdict(clip=clip, question="tier") is None


def test_rules_that_no_question_judges_are_left_out_and_nothing_at_all_is_an_error(corpus):
    sides = study_sides(policy=corpus.active_policy, rubric=rubric_preset(slug="talkvid-seven"), band=0.1)
    assert {side.metric for side in sides} == {"movement_min", "rotation_min", "orientation_min"}
    with pytest.raises(BadPlan, match="no rule"):
        make(corpus, rubric="transcript")
