"""Thresholds: what a draft would keep, exactly; who may save it; and an address that tells it all."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from django.test import Client, RequestFactory

from annotation.estimation import Estimate, proportion
from annotation.services.plans import queue_plan
from curation.models import Clip, Policy
from curation.policies.rules import Rule, RuleList
from curation.policies.tiers import Tier
from curation.selectors.browser import clips_count
from curation.selectors.clipfilter import filter_from_query
from curation.selectors.policies import policy_rules
from curation.services.activation import policy_activate
from curation.services.policies import policy_create
from curation.services.snapshot import snapshot_engine, snapshot_refresh
from dashboards.data.judged import tiers_under
from dashboards.data.nothing import NothingYet
from dashboards.data.stops import round_step, stops_of
from dashboards.data.thresholds import Desk, answer, desk_of
from dashboards.figures.theme import palette
from dashboards.figures.thresholds import rule_histogram
from dashboards.thresholds.panels import outcome, span_lead
from dashboards.thresholds.rules import rule_bins
from tests import factories
from tests.annotation import audits
from tests.dashboards.asking import ask, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()


@pytest.fixture
def world() -> Any:
    made = factories.world(sft=0, pretrain=0, reject=2, undecided=1)
    values = (52.0, 58.0, 60.0, 62.0, 66.0, 70.5, 90.0)
    factories.propose(
        made.policy, [factories.clip(made.source, scores={"movement_min": at}) for at in values]
    )
    snapshot_refresh(corpus=made.corpus)
    made.corpus.refresh_from_db()
    return made


def desk(world: Any, **asked: str) -> Desk:
    found = desk_of(world.corpus.slug, asked)
    assert isinstance(found, Desk), found
    return found


def counts(found: Any) -> dict[str, int]:
    return {tier.word: amount.clips for tier, amount in found.tiers.items()}


def move(client: Client, world: Any, **asked: str) -> Any:
    moving = next((key for key in asked if key[:3] in ("low", "hig")), None)
    return ask(
        client,
        "thresholds",
        [("outcome", "children")],
        [("draft", "data", {"asked": asked, "moving": moving}), ("theme", "data", "dark")],
        [("address", "pathname", f"/corpora/{world.corpus.slug}/thresholds/")],
    )


def test_now_is_what_the_active_policy_proposes(world: Any) -> None:
    found = answer(desk(world))
    assert (
        counts(found.before) == counts(found.after) == {"sft": 5, "pretrain": 2, "reject": 2, "undecided": 1}
    )
    assert not found.after.moves


@pytest.mark.parametrize("typed", ["61", "60", "60.000004", "66.5", "71", "-3"])
def test_a_typed_number_is_exact_wherever_it_falls(world: Any, typed: str) -> None:
    found = answer(desk(world, low0=typed), 0)
    saved = policy_create(corpus=world.corpus, rules=found.desk.draft.rules, name="typed")
    policy_activate(policy=saved)
    now = answer(desk(world))
    assert counts(now.before) == counts(found.after)


def test_several_numbers_at_once_are_what_saving_them_would_give(world: Any) -> None:
    asked = {"low0": "65", "low3": "300", "high5": "100", "low4": "5"}
    for moving in (0, 3, 4, 5):
        found = answer(desk(world, **asked), moving)
        saved = policy_create(corpus=world.corpus, rules=found.desk.draft.rules, name="several")
        then = answer(desk(world, policy=str(saved.number)))
        assert counts(then.after) == counts(found.after)
        assert then.after.moves == found.after.moves


def test_precision_and_recall_are_those_of_the_pure_functions(world: Any) -> None:
    clips = {c.scorecards.get().movement_min: c for c in Clip.objects.filter(corpus=world.corpus)}
    for value, said in ((58.0, "sft"), (62.0, "reject"), (66.0, "sft"), (90.0, "sft")):
        factories.verdict(clips[value], said)
    found = answer(desk(world, low0="63"), 0, "all")
    now, then = found.quality[Tier.SFT]
    assert now.precision == proportion(2, 3) and now.recall == proportion(2, 3)
    assert then.precision == proportion(2, 2) and then.recall == proportion(2, 3)
    assert not found.weighted and found.verify == 4
    assert found.settled_moves == 1
    assert isinstance(now.precision, Estimate)


def test_without_verdicts_there_is_a_reason_and_no_number(world: Any) -> None:
    found = answer(desk(world))
    now, _ = found.quality[Tier.SFT]
    assert str(now.precision).startswith("not defined")
    text = json.dumps([part.to_plotly_json() for part in outcome(found, palette("dark"))], default=str)
    assert "NaN" not in text and "Nobody has settled a clip yet" in text


def test_without_an_audit_nothing_is_said_to_be_drawn(world: Any) -> None:
    factories.verdict(Clip.objects.filter(corpus=world.corpus).first(), "reject")
    found = answer(desk(world), None, "drawn")
    assert "no audit" in str(found.quality[Tier.SFT][0].precision) and len(found.evidence) == 0
    assert not answer(desk(world)).weighted, "left to itself, the page shows what there is"


def test_an_audit_of_the_whole_corpus_speaks_for_it(world: Any) -> None:
    queue = queue_plan(
        corpus=world.corpus,
        policy=world.policy,
        name="audit",
        kind="audit",
        design="simple",
        size=6,
        overlap=1,
        needs_preview=False,
    )
    audits.judge(queue)  # the panel too, so that nothing at the head of the order stays open
    factories.verdict(Clip.objects.filter(corpus=world.corpus, verdicts=None).first(), "reject")
    found = answer(desk(world))
    assert found.weighted and len(found.evidence) == 6 and found.verify == 0
    kept = int((tiers_under(found.evidence, found.desk.draft.now_rules) == int(Tier.SFT)).sum())
    assert found.quality[Tier.SFT][0].recall == proportion(kept, 6)


def test_moves_from_one_tier_are_shown_together_in_the_clip_browser(world: Any) -> None:
    factories.propose(
        world.policy,
        [factories.clip(world.source, scores={"movement_min": 62.0, "luminance": 250.0})],
    )
    snapshot_refresh(corpus=world.corpus)
    found = answer(desk(world, low0="65"), 0)
    assert set(found.after.moves) == {(Tier.SFT, Tier.PRETRAIN), (Tier.SFT, Tier.REJECT)}
    lead = urlsplit(span_lead(found, Tier.SFT))
    request = RequestFactory().get(lead.path, dict(parse_qsl(lead.query)))
    together = sum(amount.clips for amount in found.after.moves.values())
    assert clips_count(world.corpus, filter_from_query(request.GET)).clips == together == 3


def test_the_histogram_counts_clips_that_pass_every_other_rule_and_verdicts_by_side(world: Any) -> None:
    clips = {c.scorecards.get().movement_min: c for c in Clip.objects.filter(corpus=world.corpus)}
    factories.verdict(clips[58.0], "sft")
    factories.verdict(clips[62.0], "reject")
    found = rule_bins(desk(world), 0)
    # Seven with all scores, and the undecided one, which would be pretrain if it failed.
    assert sum(found.clips) == 8 and sum(found.accepted) == 1 and sum(found.rejected) == 1
    assert np.all(np.diff(found.edges) > 0)
    figure = rule_histogram(found, "", palette("light"))
    grey = [shape for shape in figure["layout"]["shapes"] if shape["name"] == "grey"]
    assert grey, "bins in which nobody looked are grey"
    looked = [i for i, pair in enumerate(zip(found.accepted, found.rejected, strict=True)) if sum(pair)]
    for place in looked:
        middle = (found.edges[place] + found.edges[place + 1]) / 2
        assert not any(shape["x0"] < middle < shape["x1"] for shape in grey)


def test_stops_are_round_and_hold_the_threshold(world: Any) -> None:
    found = desk(world)
    stops = stops_of(found.index.table, found.draft.rules.rules[0])
    assert 60.0 in stops and len(stops) <= 70 and list(stops) == sorted(stops)
    assert [round_step(x) for x in (0.011, 0.02, 0.3, 4.0, 7)] == [0.02, 0.02, 0.5, 5.0, 10.0]


def test_numbers_that_make_no_sense_are_told_and_change_nothing(world: Any) -> None:
    found = desk(world, low0="nan", low5="900", low3="1e99", low99="3", low1="x" * 99)
    assert len(found.draft.faults) == 4
    assert not found.draft.changed
    assert move(signed_in("curator"), world, low0="oops").status_code == 200


def test_callbacks_are_for_curators_and_auditors_alone(world: Any) -> None:
    assert move(signed_in("curator"), world, low0="65").status_code == 200
    assert move(signed_in("auditor"), world, low0="65").status_code == 200
    assert move(signed_in("annotator"), world, low0="65").status_code == 403
    assert move(Client(), world, low0="65").status_code == 401


def test_only_a_curator_saves_and_the_policy_is_the_draft(world: Any) -> None:
    address = f"/corpora/{world.corpus.slug}/thresholds/save"
    form = {"state": f"?policy={world.policy.number}&low0=65.5", "why": "still heads only"}
    for role in ("annotator", "auditor"):
        assert signed_in(role).post(address, form).status_code == 403
    assert Policy.objects.filter(corpus=world.corpus).count() == 1
    response = signed_in("curator").post(address, form)
    saved = Policy.objects.get(corpus=world.corpus, number=2)
    assert response.headers["Location"] == f"/corpora/{world.corpus.slug}/thresholds/?policy=2"
    assert policy_rules(saved).rules[0].low == 65.5 and saved.why == "still heads only"
    world.corpus.refresh_from_db()
    assert world.corpus.active_policy_id == world.policy.pk, "saving activates nothing"
    page = signed_in("curator").get(response.headers["Location"]).content.decode()
    assert "Activate policy 2" in page
    assert "Activate policy 2" not in signed_in("auditor").get(response.headers["Location"]).content.decode()


@pytest.mark.parametrize("state", ["", "?low0=60", "?low0=abc", "?low5=500"])
def test_a_draft_that_changes_nothing_or_cannot_be_is_not_saved(world: Any, state: str) -> None:
    client = signed_in("curator")
    response = client.post(
        f"/corpora/{world.corpus.slug}/thresholds/save", {"state": state, "why": "because"}, follow=True
    )
    assert "Nothing was saved" in response.content.decode()
    assert Policy.objects.filter(corpus=world.corpus).count() == 1


def test_a_percentile_moves_as_a_percentile(world: Any) -> None:
    rules = RuleList((Rule("sft", "movement_min", "percentile_at_least", percentile=50),))
    policy_activate(policy=policy_create(corpus=world.corpus, rules=rules, name="half"))
    found = answer(desk(world, percentile0="20"), 0)
    rule = found.desk.draft.rules.rules[0]
    assert rule.percentile == 20 and rule.low is not None
    saved = policy_create(corpus=world.corpus, rules=found.desk.draft.rules, name="lower")
    policy_activate(policy=saved)
    assert policy_rules(saved).rules[0].low == rule.low
    assert counts(answer(desk(world)).before) == counts(found.after)


def test_nothing_active_says_what_to_do(world: Any) -> None:
    bare = factories.corpus()
    found = desk_of(bare.slug, {})
    assert isinstance(found, NothingYet) and found.address.endswith("/policies/")
    assert isinstance(desk_of("no-such", {}), NothingYet)
    assert signed_in("curator").get(f"/corpora/{bare.slug}/thresholds/").status_code == 200


@pytest.mark.parametrize("table", ["tiers", "quality", "moves", "funnel", "histograms"])
def test_every_figure_can_be_had_as_numbers(world: Any, table: str) -> None:
    address = f"/corpora/{world.corpus.slug}/dashboards/thresholds/{table}.csv?low0=65"
    response = signed_in("auditor").get(address)
    assert response.status_code == 200 and response.headers["Content-Type"].startswith("text/csv")
    assert len(response.content.decode().splitlines()) > 1
    assert signed_in("annotator").get(address).status_code == 403
    assert signed_in("auditor").get(address.replace(table, "nothing")).status_code == 404
