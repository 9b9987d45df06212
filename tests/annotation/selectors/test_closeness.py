"""Closeness: one at the threshold, nothing at the band's edge, the nearest threshold counting."""

from __future__ import annotations

import pytest

from annotation.errors import BadPlan
from annotation.selectors.closeness import closeness_priority
from tests import factories

pytestmark = pytest.mark.django_db

RULES = (("sft", "sharpness", "at_least", 10.0, None), ("sft", "movement_min", "at_least", 60.0, None))


@pytest.fixture
def made():
    corpus = factories.corpus()
    return corpus, factories.source(corpus), factories.policy(corpus, rules=RULES)


def test_the_nearest_threshold_counts_and_what_was_not_measured_is_not_named(made):
    corpus, source, policy = made
    scores = {
        "at it": {"sharpness": 10.0, "movement_min": 99.0},
        "half way": {"sharpness": 11.0, "movement_min": 99.0},
        "by the other": {"sharpness": 99.0, "movement_min": 57.0},
        "far from both": {"sharpness": 99.0, "movement_min": 99.0},
        "half known": {"sharpness": None, "movement_min": 63.0},
        "nothing known": {"sharpness": None, "movement_min": None},
    }
    clips = {name: factories.clip(source, scores=values) for name, values in scores.items()}
    found = closeness_priority(corpus=corpus, policy=policy, band=0.2)
    named = {name: found.get(clip.pk) for name, clip in clips.items()}
    assert named == {
        "at it": pytest.approx(1.0),
        "half way": pytest.approx(0.5),
        "by the other": pytest.approx(0.75),
        "far from both": None,
        "half known": pytest.approx(0.75),
        "nothing known": None,
    }


def test_a_band_that_is_no_share_is_refused(made):
    corpus, _, policy = made
    with pytest.raises(BadPlan, match="share of the threshold"):
        closeness_priority(corpus=corpus, policy=policy, band=0)
