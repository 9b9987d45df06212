"""Where to put a number: curves from drawn clips, suggestions on tune items, checks on certify items, or a reason."""

from __future__ import annotations

import hashlib
import json
import uuid
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest

from annotation.estimation import (
    Estimate,
    ScoredJudgment,
    Suggestion,
    Undefined,
    check_threshold,
    suggest_threshold,
    threshold_curve,
)
from annotation.models import DrawItem, Item, Queue, Slot
from annotation.sampling import Split
from annotation.selectors.drawn import drawn_sample
from annotation.services.judgments import Answer, judgment_submit
from annotation.services.plans import queue_plan
from curation.services.snapshot import snapshot_engine, snapshot_refresh
from dashboards.data.curves import CurveView, curve_question, curve_view, numbers_of
from dashboards.data.judged import evidence_of
from dashboards.data.thresholds import Desk, desk_of
from dashboards.figures.curves import CurveMarks, curve
from dashboards.figures.theme import palette
from tests import factories
from tests.annotation import audits, rooms
from tests.dashboards.asking import ask, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()


def desk(made: Any, **asked: str) -> Desk:
    found = desk_of(made.corpus.slug, asked)
    assert isinstance(found, Desk), found
    return found


def view(made: Any, **asked: str) -> CurveView | Undefined:
    found = desk(made, **asked)
    question = curve_question(found, asked)
    assert question is not None
    return curve_view(found, question)


@pytest.fixture
def made() -> Any:
    """Forty sources of one clip, movement from 41 to 99.5: people accept those from 60 up, an audit drew them all."""
    world = factories.world(sft=0, pretrain=0, reject=0, undecided=0)
    moves = {}
    for place in range(40):
        # The side that a source is on hangs on its hash: the same in every run.
        home = factories.source(world.corpus, sha256=hashlib.sha256(f"curve {place}".encode()).hexdigest())
        clip = factories.clip(home, scores={"movement_min": 41.0 + place * 1.5})
        moves[clip] = 41.0 + place * 1.5
    factories.propose(world.policy, list(moves))
    snapshot_refresh(corpus=world.corpus)
    world.corpus.refresh_from_db()
    return SimpleNamespace(
        corpus=world.corpus,
        policy=world.policy,
        moves={clip.pk: value for clip, value in moves.items()},
        good={clip.pk: "sft" if value >= 60 else "reject" for clip, value in moves.items()},
    )


def audit(made: Any, size: int = 40, **judging: Any) -> Queue:
    queue = queue_plan(
        corpus=made.corpus, policy=made.policy, name="audit", kind="audit", design="simple", size=size,
        overlap=2, seed=5, needs_preview=False,
    )  # fmt: skip
    audits.judge(queue, made.good.__getitem__, **judging)
    return queue


def test_the_page_gives_what_the_pure_functions_give_for_the_same_judgments(made: Any) -> None:
    queue = audit(made)
    found = view(made, curve="low0", target="60")
    assert isinstance(found, CurveView)
    splits = {"tune": Split.TUNE, "certify": Split.CERTIFY}
    rows = [
        ScoredJudgment(
            float(np.float32(made.moves[clip])), made.good[clip] == "sft", True, 1.0, splits[purpose]
        )
        for clip, purpose in DrawItem.objects.filter(draw=queue.draw).values_list("clip_id", "purpose")
    ]
    stops = [point.threshold for point in found.points]
    suggested = suggest_threshold(rows, stops, 0.6)
    assert isinstance(suggested, Suggestion) and isinstance(found.suggestion, Suggestion)
    assert found.suggestion.threshold == suggested.threshold
    assert found.suggestion.judged == suggested.judged
    assert found.checked == check_threshold(rows, suggested.threshold)
    # Its chances are equal, so every share of the curve is a plain one of all judged clips, whichever side they are on.
    assert [point.precision for point in found.points] == [
        point.precision for point in threshold_curve(rows, stops)
    ]
    assert found.tune + found.certify == 40 and found.unmeasured == 0


def test_worked_values_of_one_threshold(made: Any) -> None:
    audit(made)
    found = view(made, curve="low0")
    assert isinstance(found, CurveView)
    at = {point.threshold: point for point in found.points}[60.0]
    # From 60 up there are 27 clips (60.5 is the first), and people accept all of them and none below.
    assert at.judged == 27 and isinstance(at.precision, Estimate) and isinstance(at.kept, Estimate)
    assert at.precision.value == 1.0 and at.kept.value == pytest.approx(27 / 40)
    assert isinstance(at.recall, Estimate) and at.recall.value == 1.0
    # 50 lets in the 7 from 50 to 59 too, all of them refused.
    lower = {point.threshold: point for point in found.points}[50.0]
    assert isinstance(lower.precision, Estimate)
    assert lower.precision.value == pytest.approx(27 / 34) and lower.judged == 34


def test_a_suggestion_never_sees_certify_items(made: Any) -> None:
    queue = audit(made)
    before = view(made, curve="low0", target="60")
    certify = set(
        DrawItem.objects.filter(draw=queue.draw, purpose="certify").values_list("clip_id", flat=True)
    )
    assert isinstance(before, CurveView) and before.certify == len(certify) > 5
    used = evidence_of(made.corpus, desk(made).now.index.table).drawn()
    sides = dict(zip(used.clip_ids.tolist(), used.split.tolist(), strict=True))
    assert {clip for clip, side in sides.items() if side is Split.CERTIFY} == certify
    sources = {}
    for clip, side in sides.items():
        sources.setdefault(made.corpus.clips.get(pk=clip).source_id, set()).add(side)
    assert all(len(found) == 1 for found in sources.values()), "a source is on one side for good"


def test_few_judgments_warn_instead_of_suggesting(made: Any) -> None:
    audit(made, size=12)
    found = view(made, target="95")
    assert isinstance(found, CurveView) and isinstance(found.suggestion, Undefined)
    assert (
        "cannot support a suggestion" in found.suggestion.reason or "no tune item" in found.suggestion.reason
    )
    assert isinstance(found.checked, Undefined)
    page = asked(signed_in("curator"), made, curve="low0", target="95", pane="curve").content.decode()
    assert "No value is suggested" in page and "NaN" not in page


def test_only_the_settled_head_of_the_drawn_order_counts(made: Any) -> None:
    queue = audit(made, most=20)
    sample = drawn_sample(queue)
    assert not isinstance(sample, Undefined)
    # The panel's tenth is settled too; nothing after the first item that nobody judged counts.
    assert len(sample.verdicts) == 20 and {one.probability for one in sample.verdicts} == {20 / 40}
    late = queue.items.order_by("position")[30]
    who = [rooms.rater() for _ in range(2)]
    for place, rater in zip(Slot.objects.filter(item=late).order_by("number"), who, strict=True):
        judgment_submit(
            id=uuid.uuid4(), rater=rater, slot_id=place.pk,
            answer=Answer(answers={"tier": "sft"}, active_ms=1, watched_share=1.0),
        )  # fmt: skip
    again = drawn_sample(queue)
    assert not isinstance(again, Undefined) and again.verdicts == sample.verdicts
    assert again.beyond == (1 if Item.objects.get(pk=late.pk).state == "settled" else 0)


def test_an_audit_that_is_open_at_its_head_is_named_as_what_to_settle(made: Any) -> None:
    queue = queue_plan(
        corpus=made.corpus, policy=made.policy, name="Autumn", kind="audit", design="simple", size=9, seed=5,
        needs_preview=False,
    )  # fmt: skip
    rooms.say(rooms.rater(), Slot.objects.get(item=queue.items.order_by("position")[2]).pk, "sft")
    page = json.dumps(asked(signed_in("curator"), made, curve="low0", target="95", pane="curve").json())
    assert "Of Autumn, no clip at the head of its order is settled yet. 1 settled later" in page
    assert f"/review/{queue.pk}/" in page and "Draw an audit" not in page


def test_without_an_audit_there_is_a_reason_and_no_curve(made: Any) -> None:
    for clip in made.corpus.clips.all()[:10]:
        factories.verdict(clip, "sft", blind=True)
    found = view(made)
    assert isinstance(found, Undefined) and "no audit" in found.reason
    page = asked(signed_in("curator"), made, pane="curve").content.decode()
    assert "Not defined: no audit of the whole corpus" in page


def test_every_number_but_that_of_an_outside_rule_has_a_curve(made: Any) -> None:
    names = [one.name for one in numbers_of(desk(made))]
    assert names == ["low0", "low1", "low2", "low3", "low4", "low5", "high5"]
    audit(made)
    within = view(made, curve="high5")
    assert isinstance(within, CurveView) and within.direction.value == "at most"
    # Every clip has the same luminance, 118: a bound below it keeps none, one above it all.
    values = {point.threshold >= 118: point.judged for point in within.points}
    assert values == {False: 0, True: 40}


@pytest.mark.parametrize("target", ["", "nan", "oops", "1e999", "-5", "100"])
def test_nonsense_in_the_address_is_the_usual_or_the_nearest(made: Any, target: str) -> None:
    found = curve_question(desk(made), {"curve": "low99", "target": target})
    assert found is not None and found.name == "low0" and 0.5 <= found.target <= 0.999


def asked(client: Any, made: Any, **state: str) -> Any:
    return ask(
        client,
        "thresholds",
        [("curve", "children")],
        [("settled", "data", {"asked": state, "moving": None}), ("theme", "data", "dark")],
        [("address", "pathname", f"/corpora/{made.corpus.slug}/thresholds/")],
    )


def test_a_suggestion_can_be_put_into_the_draft_by_its_address(made: Any) -> None:
    audit(made)
    answer = asked(signed_in("curator"), made, pane="curve", curve="low0", target="60", low3="90")
    text = answer.content.decode()
    assert answer.status_code == 200 and "Put " in text
    (href,) = {part.split('"')[0] for part in text.split('"href":"?')[1:]}
    state = dict(parse_qsl(href))
    found = view(made, curve="low0", target="60", low3="90")
    assert isinstance(found, CurveView) and isinstance(found.suggestion, Suggestion)
    assert float(state["low0"]) == pytest.approx(found.suggestion.threshold)
    assert state["low3"] == "90.0" and state["pane"] == "curve"
    assert desk(made, **state).draft.rules.rules[0].low == found.suggestion.threshold


def test_the_curve_is_for_curators_and_auditors_alone(made: Any) -> None:
    for role, status in (("curator", 200), ("auditor", 200), ("annotator", 403)):
        assert asked(signed_in(role), made, pane="curve").status_code == status


def test_the_curve_as_numbers(made: Any) -> None:
    audit(made)
    address = f"/corpora/{made.corpus.slug}/dashboards/thresholds/curve.csv?curve=low0"
    lines = signed_in("auditor").get(address).content.decode().splitlines()
    found = view(made, curve="low0")
    assert isinstance(found, CurveView) and len(lines) == 1 + 3 * len(found.points)
    assert signed_in("annotator").get(address).status_code == 403


def test_the_figure_is_grey_where_nobody_looked_and_breaks_where_nothing_is_defined() -> None:
    rows = [ScoredJudgment(at, True, True, 0.5, Split.TUNE) for at in (0.1, 0.2, 0.8)]
    points = threshold_curve(rows, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    figure = curve(points, [""] * 6, CurveMarks(0.2, None), 0.9, "", palette("light"))
    grey = [shape for shape in figure["layout"]["shapes"] if shape.get("name") == "grey"]
    assert [(shape["x0"], shape["x1"]) for shape in grey] == [
        (0.0, pytest.approx(0.1)),
        (pytest.approx(0.9), 1.0),
    ]
    precision = next(trace for trace in figure["data"] if trace.get("name") == "precision")
    assert precision["y"][-1] is None and "not defined" in precision["customdata"][-1][1]
    assert "NaN" not in json.dumps(figure)
