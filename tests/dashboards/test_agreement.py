"""The agreement dashboard: in the site's frame, behind its roles, with figures equal to the pure functions'."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from annotation.agreement import Judged, Reading, Undefined, filter_readings
from annotation.selectors.agreement import judged_clips
from annotation.services.frames import FrameFilter
from annotation.services.plans import queue_plan
from curation.models import Clip
from curation.policies.tiers import Tier
from dashboards.agreement.panels import answer
from dashboards.data.agreement import AgreementView, Question, agreement_view
from dashboards.data.nothing import NothingYet
from dashboards.figures.agreement import SHOWN, forest, matrix
from dashboards.figures.theme import palette
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


def settle(world: Any) -> dict[str, int]:
    """Everybody agrees but on one proposed sft (rejected) and one proposed reject (accepted)."""
    clips = {
        tier: list(Clip.objects.filter(proposals__policy=world.policy, proposals__tier=tier)) for tier in Tier
    }
    for tier in (Tier.SFT, Tier.PRETRAIN, Tier.REJECT):
        for number, clip in enumerate(clips[tier]):
            answer = tier.word
            if number == 0 and tier is Tier.SFT:
                answer = "reject"
            if number == 0 and tier is Tier.REJECT:
                answer = "sft"
            factories.verdict(clip, answer)
    return {tier.word: len(found) for tier, found in clips.items()}


@pytest.fixture
def world() -> Any:
    return factories.world(sft=4, pretrain=2, reject=3, undecided=1)


def ask(client: Client, slug: str, *, policy: int, cut: str = "sft", mode: str = "all") -> Any:
    inputs = [
        {"id": "policy", "property": "value", "value": policy},
        {"id": "cut", "property": "value", "value": cut},
        {"id": "mode", "property": "value", "value": mode},
        {"id": "theme", "property": "data", "value": "dark"},
    ]
    body = {
        "output": "..answer.children...address.search..",
        "outputs": [{"id": "answer", "property": "children"}, {"id": "address", "property": "search"}],
        "inputs": inputs,
        "state": [{"id": "address", "property": "pathname", "value": f"/corpora/{slug}/agreement/"}],
        "changedPropIds": ["policy.value"],
    }
    return client.post(
        "/dashboards/agreement/_dash-update-component", json.dumps(body), content_type="application/json"
    )


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


def test_the_page_stands_in_the_frame_and_lets_only_known_scripts_run(world: Any) -> None:
    response = signed_in("curator").get(f"/corpora/{world.corpus.slug}/agreement/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "react-entry-point" in page and "site-header" in page
    policy = response.headers["Content-Security-Policy"]
    scripts = policy.split("script-src ", 1)[1].split(";", 1)[0]
    assert "sha256-" in scripts and "unsafe" not in scripts
    assert not re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", page), "no outside address"
    assert "_csrf_token" in response.cookies


@pytest.mark.parametrize(
    "path",
    [
        "assets/manage.py",
        "assets/../../../manage.py",
        "assets/curation/config/settings.py",
        "assets/.venv/pyvenv.cfg",
    ],
)
def test_nothing_of_the_project_is_served_as_an_asset(world: Any, path: str) -> None:
    client = signed_in("curator")
    assert client.get("/dashboards/agreement/" + path).status_code == 404
    page = client.get(f"/corpora/{world.corpus.slug}/agreement/").content.decode()
    assert "/assets/" not in page


def test_callbacks_are_refused_to_whoever_may_not_see_the_page(world: Any) -> None:
    number = world.policy.number
    assert ask(signed_in("curator"), world.corpus.slug, policy=number).status_code == 200
    assert ask(signed_in("auditor"), world.corpus.slug, policy=number).status_code == 200
    assert ask(signed_in("annotator"), world.corpus.slug, policy=number).status_code == 403
    assert ask(Client(), world.corpus.slug, policy=number).status_code == 401


def test_callbacks_need_the_csrf_token(world: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.user("curator"))
    assert ask(client, world.corpus.slug, policy=world.policy.number).status_code == 403
    client.get(f"/corpora/{world.corpus.slug}/agreement/")
    token = client.cookies["_csrf_token"].value
    client.defaults["HTTP_X_CSRFTOKEN"] = token
    assert ask(client, world.corpus.slug, policy=world.policy.number).status_code == 200


def test_figures_are_those_of_the_pure_functions(world: Any) -> None:
    settle(world)
    view = agreement_view(Question(world.corpus.slug))
    assert isinstance(view, AgreementView)
    assert (view.judged, view.settled) == (9, 9)
    table = view.readings[Reading.ADJUDICATED].table
    assert (table.tp, table.fp, table.fn, table.tn) == (3, 1, 1, 4)
    items = [Judged(True, (), True)] * 3 + [Judged(True, (), False)]
    items += [Judged(False, (), True)] + [Judged(False, (), False)] * 4
    assert table == filter_readings(items)[Reading.ADJUDICATED].table
    assert view.matrix[(Tier.SFT, Tier.REJECT)] == 1
    assert sum(view.matrix.values()) == 9


def test_the_answer_shows_the_counts_and_links_to_the_clips(world: Any) -> None:
    settle(world)
    answered = ask(signed_in("curator"), world.corpus.slug, policy=world.policy.number).json()["response"]
    text = json.dumps(answered["answer"]["children"], ensure_ascii=False)
    tables = agreement_view(Question(world.corpus.slug)).readings[Reading.ADJUDICATED].table  # type: ignore[union-attr]
    assert (tables.tp, tables.fp, tables.fn, tables.tn) == (3, 1, 1, 4)
    (reading,) = {frozenset(table.table.metrics()) for table in filter_readings([]).values()}
    assert reading == {name for name, _ in SHOWN}, "every figure of a filter against people has its row"
    assert all(f'"{label}"' in text for _, label in SHOWN)
    assert f"/corpora/{world.corpus.slug}/behind/agreement/settled/?" in text
    assert answered["address"]["search"] == f"?policy={world.policy.number}&passed=sft&judgments=all"


def test_another_cut_counts_otherwise(world: Any) -> None:
    settle(world)
    view = agreement_view(Question(world.corpus.slug, cut=Tier.PRETRAIN))
    assert isinstance(view, AgreementView)
    table = view.readings[Reading.ADJUDICATED].table
    assert (table.tp, table.fp, table.fn, table.tn) == (5, 1, 1, 2)


def test_nothing_judged_says_so_and_what_to_do(world: Any) -> None:
    view = agreement_view(Question(world.corpus.slug))
    assert isinstance(view, NothingYet) and "Review" in view.step
    assert isinstance(agreement_view(Question("no-such")), NothingYet)
    missing = agreement_view(Question(world.corpus.slug, 999))
    assert isinstance(missing, NothingYet) and "no policy 999" in missing.reason
    bare = factories.corpus()
    assert isinstance(agreement_view(Question(bare.slug)), NothingYet)


def test_verdicts_given_with_the_proposal_in_sight_can_be_left_out(world: Any) -> None:
    settle(world)
    for mode in ("blind", "verify"):
        view = agreement_view(Question(world.corpus.slug, mode=mode))
        judged = 0 if isinstance(view, NothingYet) else view.judged
        from curation.models import Verdict

        assert judged == Verdict.objects.filter(blind=mode == "blind").count()


def test_figures_never_hold_a_number_that_is_not_defined(world: Any) -> None:
    clip = Clip.objects.filter(proposals__policy=world.policy, proposals__tier=Tier.REJECT).first()
    factories.verdict(clip, "reject")
    view = agreement_view(Question(world.corpus.slug))
    assert isinstance(view, AgreementView)
    for theme in ("dark", "light"):
        drawn = (
            forest(view.readings, palette(theme)).to_json()
            + matrix(view.matrix, {}, palette(theme)).to_json()
        )
        assert "NaN" not in drawn and "Infinity" not in drawn


@pytest.mark.parametrize(
    "search", ["?policy=abc&passed=gold", "?policy=99999", "?judgments=%00", "?" + "x" * 4000]
)
def test_an_address_that_makes_no_sense_falls_back_to_the_active_policy(world: Any, search: str) -> None:
    body = {
        "output": "..policy.options...policy.value...cut.value...mode.value..",
        "outputs": [
            {"id": "policy", "property": "options"},
            {"id": "policy", "property": "value"},
            {"id": "cut", "property": "value"},
            {"id": "mode", "property": "value"},
        ],
        "inputs": [
            {"id": "address", "property": "pathname", "value": f"/corpora/{world.corpus.slug}/agreement/"}
        ],
        "state": [{"id": "address", "property": "search", "value": search}],
        "changedPropIds": ["address.pathname"],
    }
    response = signed_in("curator").post(
        "/dashboards/agreement/_dash-update-component", json.dumps(body), content_type="application/json"
    )
    answered = response.json()["response"]
    assert answered["policy"]["value"] == world.policy.number
    assert answered["cut"]["value"] == "sft" and answered["mode"]["value"] == "all"


def test_somebody_who_met_a_clip_in_two_queues_counts_once_with_the_first_answer(world: Any) -> None:
    clip, who = world.sft[0], rooms.rater()
    for name, said in (("first", "sft"), ("second", "reject")):
        queue = queue_plan(
            corpus=world.corpus, policy=world.policy, name=name, kind="verify", design="census",
            frame=FrameFilter(ids=(clip.pk,)), overlap=2, needs_preview=False,
        )  # fmt: skip
        rooms.say(who, rooms.claim(queue, who).slot_id, said)
    view = agreement_view(Question(world.corpus.slug))
    assert not isinstance(view, NothingYet), view
    assert (view.judged, view.answers) == (1, 1)
    (judged,) = judged_clips(policy=world.policy)
    assert [(one.rater, one.tier) for one in judged.answers] == [(who.pseudonym, Tier.SFT)]


def test_what_seeing_the_proposal_does_stands_beside_agreement_or_says_why_not(world: Any) -> None:
    factories.verdict(world.sft[0], "sft")
    view = agreement_view(Question(world.corpus.slug))
    assert not isinstance(view, NothingYet)
    assert isinstance(view.anchoring, Undefined) and "no audit" in view.anchoring.reason
    text = json.dumps([part.to_plotly_json() for part in answer(view, palette("dark"))], default=str)
    assert "no audit was drawn under this policy" in text and "NaN" not in text
    address = f"/corpora/{world.corpus.slug}/dashboards/agreement/anchoring.csv"
    response = signed_in("auditor").get(address)
    assert response.status_code == 200 and "no audit was drawn" in response.content.decode()
    assert signed_in("annotator").get(address).status_code == 403
