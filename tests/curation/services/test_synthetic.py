"""A synthetic corpus: believable, repeatable, resumable, and never mistaken for measured."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from curation.models import Clip, Corpus, DialoguePair, PairScorecard, Person, Scorecard, Source, Turn
from curation.policies.tiers import Tier
from curation.selectors.proposals import tier_counts
from curation.services import synthetic, synthetic_rows
from curation.services.activation import policy_activate
from curation.services.policies import policy_from_preset
from curation.services.snapshot import snapshot_engine
from curation.services.synthetic import NotSynthetic, corpus_synthesise
from curation.synthetic import truth, world
from curation.synthetic.truth import truths_of
from tests.curation.corpora import make_corpus

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch, settings, tmp_path):
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()
    for module in (world, truth, synthetic, synthetic_rows):
        monkeypatch.setattr(module, "BLOCK", 300)


def facts() -> list:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.external_id, c.start_s, c.end_s, c.branch, s.movement_min, s.dover_fused, src.language, p.label "
            "FROM curation_clip c JOIN curation_scorecard s ON s.clip_id = c.id JOIN curation_source src "
            "ON src.id = c.source_id JOIN curation_person p ON p.id = c.person_id ORDER BY 1"
        )
        return cursor.fetchall()


def test_a_corpus_of_many_kinds_of_facts_all_marked_synthetic():
    corpus = corpus_synthesise(name="Made up", clips=1000, seed=3)
    assert corpus.is_synthetic
    assert "no number was measured" in corpus.description
    assert Clip.objects.filter(corpus=corpus).count() == 1000
    assert set(Scorecard.objects.values_list("origin", flat=True)) == {"synthetic"}
    assert set(Clip.objects.values_list("branch", flat=True)) == set(world.BRANCHES)
    assert Turn.objects.count() > 1700
    assert PairScorecard.objects.count() == DialoguePair.objects.count() > 20
    assert Person.objects.count() == world.person_count(1000)
    statuses = {
        card.provenance.statuses["dover"]["state"]
        for card in Scorecard.objects.select_related("provenance")[:400]
    }
    assert {"measured"} < statuses
    for card in Scorecard.objects.select_related("provenance").filter(dover_fused=None)[:20]:
        assert card.provenance.statuses["dover"]["state"] != "measured"


def test_every_default_policy_finds_all_four_tiers():
    corpus = corpus_synthesise(name="Made up", clips=1200, seed=3)
    for name in ("rushes-default", "speakervid"):
        policy = policy_from_preset(corpus=corpus, preset_name=name)
        assert policy.origin == "synthetic"
        policy_activate(policy=policy)
        counts = tier_counts(policy)
        for tier in Tier:
            if (name, tier) != ("rushes-default", Tier.UNDECIDED):
                assert counts[tier].clips > 5, (name, tier)


def test_the_same_seed_makes_the_same_corpus_killed_or_not(monkeypatch):
    corpus_synthesise(name="A", clips=1000, seed=3)
    whole = facts()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM curation_turn")
        turns = cursor.fetchone()[0]

    load = synthetic_rows._copy_pairs
    calls = []

    def dies(loading):
        calls.append(loading)
        if len(calls) == 3:
            raise KeyboardInterrupt
        load(loading)

    monkeypatch.setattr(synthetic_rows, "_copy_pairs", dies)
    with pytest.raises(KeyboardInterrupt):
        corpus_synthesise(name="B", clips=1000, seed=3)
    monkeypatch.setattr(synthetic_rows, "_copy_pairs", load)
    again = corpus_synthesise(name="B", clips=1000, seed=3)
    corpus_synthesise(name="B", clips=1000, seed=3)
    assert Clip.objects.filter(corpus=again).count() == 1000
    assert Turn.objects.count() == 2 * turns
    both = facts()
    assert both == sorted(whole * 2)


def test_the_truth_behind_a_clip_can_be_asked_for_and_drives_its_scores():
    corpus_synthesise(name="A", clips=1000, seed=3)
    cards = list(Scorecard.objects.select_related("clip").exclude(movement_min=None))
    truths = truths_of([card.clip.external_id for card in cards])
    head = [truths[card.clip.external_id].aspects["head"] for card in cards]
    assert np.corrcoef(head, [card.movement_min for card in cards])[0, 1] > 0.6
    assert {found.tier for found in truths.values()} == {Tier.SFT, Tier.PRETRAIN, Tier.REJECT}
    with pytest.raises(ValueError, match="not the id"):
        truths_of(["yt-1"])


def test_real_corpora_are_left_alone():
    make_corpus("real")
    with pytest.raises(NotSynthetic, match="real exists"):
        corpus_synthesise(name="real", clips=10, seed=1)
    corpus_synthesise(name="A", clips=10, seed=1)
    with pytest.raises(NotSynthetic, match="another name"):
        corpus_synthesise(name="A", clips=20, seed=1)
    assert Corpus.objects.count() == 2
    assert Source.objects.filter(corpus__slug="real").count() == 1


def test_the_command_loads_and_builds_the_snapshot():
    out = StringIO()
    call_command("synthesise", "--corpus", "Tiny", "--clips", "400", stdout=out)
    assert "snapshot built: 400 clips" in out.getvalue()
    with pytest.raises(CommandError, match="seed"):
        call_command("synthesise", "--corpus", "Tiny", "--seed", "-1", stdout=out)
