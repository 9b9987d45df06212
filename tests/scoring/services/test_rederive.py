"""Deriving anew: recipes come, change and go without a single picture being decoded; what people said stays."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from curation.models import (
    Clip,
    Corpus,
    DialoguePair,
    PairScorecard,
    Scorecard,
    ScoringTarget,
    SeriesFile,
    Source,
    Track,
)
from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier
from curation.selectors.proposals import tier_counts
from curation.services.activation import policy_activate
from curation.services.policies import policy_create, policy_from_preset
from curation.storage import shelf
from scoring.runner.series import Series, write_series
from scoring.scorers.base import Build, SourceFacts, Status
from scoring.services.rederive import source_derive
from tests import factories

pytestmark = pytest.mark.django_db
TALKS = [(0.0, 4.0, 0), (4.4, 8.4, 1), (9.8, 14.0, 0), (17.0, 21.0, 1)]
MINUTES = 20


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, settings: Any) -> None:
    settings.STORAGE = str(tmp_path / "storage")


@pytest.fixture
def source() -> Source:
    """A source that was heard and looked at, and whose file has been gone ever since: nothing can be decoded."""
    source = factories.source(
        factories.corpus(slug="talks"), duration_s=60.0 * MINUTES, name="talks.mp4", state="ready"
    )
    shot = source.shots.create(number=0, start_s=0.0, end_s=60.0 * MINUTES)
    for number in (0, 1):
        Track.objects.create(source=source, shot=shot, number=number, start_s=0.0, end_s=60.0 * MINUTES)
    scored = []
    for track in (0, 1):
        times = np.arange(0, 60.0 * MINUTES, 0.04)
        talking = np.zeros(len(times), bool)
        for start, end, who in TALKS:
            if who == track:
                talking |= (times % 60 >= start) & (times % 60 < end)
        scored.append((times, np.full(len(times), track, np.int32), np.where(talking, 1000, -1000)))
    columns = [np.concatenate(column) for column in zip(*scored, strict=True)]
    voiced = [
        (60.0 * minute + start, 60.0 * minute + end) for minute in range(MINUTES) for start, end, _ in TALKS
    ]
    for stage, name, series in (
        (
            "listen",
            "speech",
            Series("voice", {"time_s": np.array(voiced)[:, 0], "end_s": np.array(voiced)[:, 1]}),
        ),
        (
            "look",
            "lr_asd",
            Series(
                "lr_asd", {"time_s": columns[0], "track": columns[1], "score": columns[2].astype(np.int16)}
            ),
        ),
    ):
        facts = SourceFacts(source.sha256, 60.0 * MINUTES, has_sound=True)
        path = write_series(
            shelf("series") / f"{stage}.parquet",
            stage=stage,
            facts=facts,
            series=[series],
            builds={name: Build(name, "1")},
            statuses={name: Status("measured")},
        )
        SeriesFile.objects.create(
            source=source, stage=stage, builds_key="k", path=path.name, sha256=stage, size_bytes=1
        )
        ScoringTarget.objects.create(source=source, stage=stage, builds_key="k", state="done")
    return source


def derive(**options: Any) -> str:
    out = StringIO()
    call_command("derive", corpus="talks", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_a_thousand_clips_are_cut_and_scored_from_series_alone(source: Source) -> None:
    said = derive(recipe="shots", parameters=["max_s=1.2", "min_s=0.5", "scope=frame"])
    assert "1000 clips of 1 sources derived and scored" in said and "1000 of them new" in said
    cards = Scorecard.objects.filter(clip__source=source, clip__is_current=True)
    assert cards.count() == 1000
    assert {round(length, 4) for length in cards.values_list("duration_s", flat=True)} == {1.2}
    assert not Path(source.uri).exists(), "there was nothing to decode"


def test_a_changed_parameter_is_the_next_version_and_the_old_clips_stay_in_the_records(
    source: Source,
) -> None:
    derive(recipe="turns")
    old = set(Clip.objects.values_list("pk", flat=True))
    shares = Scorecard.objects.values_list("clip__branch", "lr_asd_talk_share").distinct()
    assert set(shares) == {("multi_turn", 1.0), ("listening", 0.0)}, "read from the series"
    assert len(old) > 5 * MINUTES, "four turns a minute, and those who listen meanwhile"
    said = derive(recipe="turns", parameters=["listening=false"])
    assert "recipe turns 1 no longer holds" in said and "recipe turns 2 holds" in said
    assert Clip.objects.filter(pk__in=old).count() == len(old), "nothing that was judged is deleted"
    assert not Clip.objects.filter(pk__in=old, is_current=True).exists()
    assert Clip.objects.filter(is_current=True).count() == 4 * MINUTES
    assert derive().splitlines()[0].endswith(" 0 of them new")


def test_a_recipe_that_is_taken_off_retires_its_clips_and_their_pairs(source: Source) -> None:
    derive(recipe="turns")
    assert DialoguePair.objects.filter(is_current=True).count() > 2 * MINUTES
    said = derive(take_off="turns")
    assert "clips retired" in said
    assert not Clip.objects.filter(is_current=True).exists()
    assert not DialoguePair.objects.filter(is_current=True).exists()
    assert not source.dropped_spans.exists()
    clips = Clip.objects.count()
    derive(recipe="turns")
    assert Clip.objects.filter(is_current=True).count() == clips == Clip.objects.count(), "ids come back"


def test_what_cannot_be_done_is_said(source: Source) -> None:
    with pytest.raises(CommandError, match="it has none"):
        derive(take_off="joint")
    with pytest.raises(CommandError, match="no parameter wrong"):
        derive(recipe="turns", parameters=["wrong=1"])
    with pytest.raises(CommandError, match="KEY=VALUE"):
        derive(recipe="turns", parameters=["max_s"])
    assert not source.corpus.recipes.exists()


def test_a_gap_is_a_policys_business_and_tuning_it_orphans_nothing(source: Source) -> None:
    derive(recipe="turns")
    corpus = Corpus.objects.get(pk=source.corpus_id)
    before = list(DialoguePair.objects.order_by("pk").values())
    metrics = list(PairScorecard.objects.order_by("pk").values_list("pair_id", "pair_gap_s"))
    sft = []
    for widest in (0.5, 2.0, 4.0):
        rules = RuleList((Rule(Tier.SFT, "pair_gap_s", Operator.WITHIN, low=-0.5, high=widest),))
        policy = policy_create(corpus=corpus, rules=rules, name=f"gap {widest}")
        policy_activate(policy=policy)
        corpus.refresh_from_db()
        assert corpus.active_pair_policy == policy
        assert corpus.active_policy is None, "pairs are tiered beside clips"
        sft.append(tier_counts(policy)[Tier.SFT].clips)
    # the answers come 0.4 s, 1.4 s and 3 s after what they answer
    assert sft == [MINUTES, 2 * MINUTES, 3 * MINUTES]
    assert list(DialoguePair.objects.order_by("pk").values()) == before
    assert list(PairScorecard.objects.order_by("pk").values_list("pair_id", "pair_gap_s")) == metrics


@pytest.mark.parametrize("name", ["rushes-pairs", "speakervid-pairs", "mit-pairs"])
def test_presets_for_pairs_tier_pairs(source: Source, name: str) -> None:
    derive(recipe="turns")
    policy = policy_from_preset(corpus=source.corpus, preset_name=name)
    policy_activate(policy=policy)
    assert policy.subject == "pair"
    counts = tier_counts(policy)
    assert counts[Tier.SFT].clips > 0
    assert counts[Tier.UNDECIDED].clips == 0, "all that they ask was measured"


def test_again_changes_nothing(source: Source) -> None:
    derive(recipe="turns")
    clips = list(Clip.objects.order_by("pk").values())
    pairs = list(DialoguePair.objects.order_by("pk").values())
    found = source_derive(source_id=source.pk)
    assert (found.clips, found.new) == (len(clips), 0)
    assert list(Clip.objects.order_by("pk").values()) == clips
    assert list(DialoguePair.objects.order_by("pk").values()) == pairs
