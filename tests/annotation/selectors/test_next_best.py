"""Which clips to judge next for a wanted estimate: those that it hangs on, as chances that a draw keeps."""

from __future__ import annotations

import pytest
from django.utils import timezone

from annotation.errors import BadPlan
from annotation.selectors.next_best import WANTS, next_best_priority
from annotation.services.draws import draw_make
from annotation.services.frames import FrameFilter
from curation.models import Clip
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return factories.world(sft=12, pretrain=6, reject=12, undecided=0)


def weights(made, clips, **asked):
    found = next_best_priority(corpus=made.corpus, policy=made.policy, **asked)
    return {round(found[clip.pk], 6) for clip in clips}


def test_while_nobody_looked_every_clip_that_the_estimate_is_about_counts_alike(made):
    assert weights(made, made.sft) == {0.5}
    assert weights(made, [*made.pretrain, *made.reject]) == {0.0}
    assert weights(made, [*made.sft, *made.pretrain], level="pretrain") == {0.5}
    assert weights(made, made.clips, want="all") == {0.5}


def test_hours_count_long_clips_for_more(made):
    long = factories.clip(made.source, start_s=0.0, end_s=20.0)
    factories.propose(made.policy, [long])
    found = next_best_priority(corpus=made.corpus, policy=made.policy, want="hours")
    short = made.sft[0]
    assert found[long.pk] / found[short.pk] == pytest.approx(20.0 / (short.end_s - short.start_s))


def test_recall_looks_for_good_clips_on_the_side_that_is_left(made):
    # 12 kept and 18 left, all of chance ½: R = 0.4, so a kept clip counts for 0.6 and a left one for 0.4.
    kept, left = weights(made, made.sft, want="recall"), weights(made, made.reject, want="recall")
    assert kept == {round(0.6 * 0.5**0.5, 6)} and left == {round(0.4 * 0.5**0.5, 6)}


def test_what_people_settled_blind_steers_it(made):
    for clip in made.sft[:8]:
        factories.verdict(clip, "sft", blind=True)
    # (8 + 1) / (8 + 2) = 0.9 is expected of the kept: they are surer now, so the left matter more than before.
    (kept,) = weights(made, made.sft, want="all")
    (left,) = weights(made, made.reject, want="all")
    centre = (12 * 0.9 + 18 * 0.5) / 30
    assert kept == pytest.approx((0.9 * 0.1 + (0.9 - centre) ** 2) ** 0.5, abs=1e-6)
    assert left == pytest.approx((0.25 + (0.5 - centre) ** 2) ** 0.5, abs=1e-6)
    assert left > kept


def test_verdicts_given_with_the_proposal_in_sight_do_not(made):
    for clip in made.sft[:8]:
        factories.verdict(clip, "sft", blind=False)
    assert weights(made, made.sft) == {0.5}


def test_what_was_said_of_clips_that_left_does_not(made):
    for clip in made.sft[:8]:
        factories.verdict(clip, "sft", blind=True)
    Clip.objects.filter(pk__in=[clip.pk for clip in made.sft[:8]]).update(withdrawn_at=timezone.now())
    assert weights(made, made.sft[8:]) == {0.5}


def test_a_draw_by_it_keeps_every_clip_possible_and_enters_an_estimate(made):
    frame = FrameFilter()
    priority = next_best_priority(corpus=made.corpus, policy=made.policy, want="kept", frame=frame)
    draw = draw_make(
        corpus=made.corpus,
        policy=made.policy,
        design="poisson",
        frame=frame,
        size=15,
        priority=priority,
        seed=3,
    )
    chances = list(draw.items.values_list("inclusion_probability", flat=True))
    assert len(chances) == 15 and min(chances) > 0


@pytest.mark.parametrize("want", WANTS)
def test_every_estimate_that_can_be_wanted_gives_finite_weights(made, want):
    found = next_best_priority(corpus=made.corpus, policy=made.policy, want=want)
    assert set(found) == {clip.pk for clip in made.clips} and max(found.values()) > 0


def test_what_cannot_be_answered_is_refused_in_words(made):
    with pytest.raises(BadPlan, match="kept, hours, recall, all"):
        next_best_priority(corpus=made.corpus, policy=made.policy, want="fame")
    with pytest.raises(BadPlan, match="nothing in this corpus fits"):
        next_best_priority(corpus=made.corpus, policy=made.policy, frame=FrameFilter(tiers=("undecided",)))
