"""Every number of a dashboard leads to its clips: as many as it says, whatever the draft, the group or the reading."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from annotation.services.plans import queue_plan
from curation.models import Clip
from curation.policies.tiers import Tier
from curation.services.snapshot import snapshot_engine, snapshot_refresh
from dashboards.agreement.panels import answer as agreement_answer
from dashboards.behind import NUMBERS
from dashboards.data.agreement import Question, agreement_view
from dashboards.data.curves import curve_question, curve_view
from dashboards.data.subgroups import SubgroupQuestion, subgroup_view
from dashboards.data.thresholds import answer, desk_of
from dashboards.figures.theme import palette
from dashboards.subgroups.panels import answer as subgroups_answer
from dashboards.thresholds.curves import curve_parts
from dashboards.thresholds.panels import outcome
from dashboards.thresholds.rules import rule_bins
from tests import factories
from tests.annotation import audits
from tests.dashboards.asking import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
VALUES = (52.0, 58.0, 60.0, 62.0, 66.0, 70.5, 90.0, 91.0, 92.0, 93.0)


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> Any:
    """An audit of six of sixteen clips, judged, and two clips that were settled otherwise."""
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()
    made = factories.world(sft=2, pretrain=0, reject=3, undecided=1)
    clips = [factories.clip(made.source, scores={"movement_min": at}) for at in VALUES]
    factories.propose(made.policy, clips)
    queue = queue_plan(
        corpus=made.corpus,
        policy=made.policy,
        name="audit",
        kind="audit",
        design="simple",
        size=6,
        seed=3,
        needs_preview=False,
    )
    bad = set(queue.items.values_list("clip_id", flat=True)[:2])
    audits.judge(queue, lambda clip: "reject" if clip in bad else "sft")
    left = Clip.objects.filter(corpus=made.corpus, verdicts=None).order_by("pk")
    factories.verdict(left[0], "reject")
    factories.verdict(left[1], "sft")
    snapshot_refresh(corpus=made.corpus)
    made.corpus.refresh_from_db()
    return made


@pytest.fixture
def curator() -> Client:
    return signed_in("curator")


def behind(client: Client, address: str) -> int:
    """How many clips the page says there are; it lists them, where there are no more than it shows at once."""
    found = client.get(address)
    assert found.status_code == 200, address
    text = found.content.decode()
    number = re.search(r"<h1>([\d,]+) clip", text)
    assert number, text
    count = int(number[1].replace(",", ""))
    assert len(re.findall(r'<td><a href="/clips/\d+/">\d+</a>', text)) == count < 48
    return count


def links(parts: Any) -> Iterator[tuple[str, str]]:
    """(text, address) of every link in components that leads to clips behind a number."""
    for part in parts if isinstance(parts, list | tuple) else [parts]:
        plain = part.to_plotly_json() if hasattr(part, "to_plotly_json") else part
        if not isinstance(plain, dict):
            continue
        props = plain["props"]
        if plain["type"] == "A" and "/behind/" in props.get("href", ""):
            yield str(props["children"]), props["href"]
        yield from links(props.get("children") or [])


def as_number(text: str) -> int:
    return int(text.split()[0].replace(",", ""))


@pytest.mark.parametrize("asked", [{"low0": "63", "verdicts": "all"}, {"low0": "40", "low1": "99"}])
def test_what_a_draft_keeps_moves_and_shows_of_people(world: Any, curator: Client, asked: Any) -> None:
    found = answer(desk_of(world.corpus.slug, asked))  # type: ignore[arg-type]
    counted = 0
    for text, address in links(outcome(found, palette("dark"))):
        if "/quality/" not in address:
            assert behind(curator, address) == as_number(text), address
            counted += 1
    assert counted >= 3
    for cut, pair in found.quality.items():
        for when, each in zip(("now", "then"), pair, strict=True):
            for name in ("precision", "recall"):
                (address,) = {
                    address
                    for _, address in links(outcome(found, palette("dark")))
                    if f"cut={cut.word}&of={name}&when={when}" in address
                } or {""}
                measure = getattr(each, name)
                assert bool(address) == hasattr(measure, "n")
                if address:
                    assert behind(curator, address) == measure.n
    for tier, steps in found.after.left.items():
        ordinal, left = steps[-1]
        state = f"policy=1&{'&'.join(f'{key}={value}' for key, value in asked.items())}"
        address = f"/corpora/{world.corpus.slug}/behind/thresholds/left/?{state}&rule={ordinal}"
        assert behind(curator, address) == left.clips, tier


def test_the_bars_of_a_histogram(world: Any, curator: Client) -> None:
    found = rule_bins(desk_of(world.corpus.slug, {"low0": "63"}), 0)  # type: ignore[arg-type]
    seen = 0
    for counts, leads in zip((found.clips, found.accepted, found.rejected), found.leads, strict=True):
        full = [(count, lead) for count, lead in zip(counts, leads, strict=True) if count]
        seen += len(full)
        for count, lead in full:
            assert behind(curator, lead) == count, lead
    assert seen > 8 and behind(curator, found.leads[0][list(found.clips).index(0)]) == 0


def test_the_points_of_a_curve(world: Any, curator: Client) -> None:
    desk = desk_of(world.corpus.slug, {})
    view = curve_view(desk, curve_question(desk, {"curve": "low0"}))  # type: ignore[arg-type]
    figure = json.loads(json.dumps(curve_parts(desk, view, palette("dark"), {})[1], default=vars))  # type: ignore[arg-type]
    leads = set(re.findall(r"/corpora/[^\"]+/behind/thresholds/curve/[^\"]+", json.dumps(figure)))
    assert len(leads) == len(view.points)  # type: ignore[union-attr]
    points = {point.threshold: point.judged for point in view.points}  # type: ignore[union-attr]
    for at in (min(points), 60.0, max(points)):
        (lead,) = (lead for lead in leads if float(lead.rpartition("at=")[2]) == at)
        assert behind(curator, lead) == points[at]


@pytest.mark.parametrize(
    ("by", "measure", "evidence"), [("language", "accepted", "drawn"), ("source", "agreement", "all")]
)
def test_the_groups_of_a_dimension(world: Any, curator: Client, by: str, measure: str, evidence: str) -> None:
    view = subgroup_view(SubgroupQuestion(world.corpus.slug, by, measure, Tier.SFT, evidence))
    found = list(links(subgroups_answer(view, palette("dark"))))  # type: ignore[arg-type]
    numbers = [(text, address) for text, address in found if text.replace(",", "").isdecimal()]
    assert {address.split("/")[5] for _, address in numbers} == {"judged", "clips"}
    for text, address in numbers:
        assert behind(curator, address) == as_number(text), address


@pytest.mark.parametrize("mode", ["all", "blind"])
def test_what_people_and_a_policy_said(world: Any, curator: Client, mode: Any) -> None:
    view = agreement_view(Question(world.corpus.slug, mode=mode))
    found = list(links(agreement_answer(view, palette("dark"))))  # type: ignore[arg-type]
    assert {address.split("/")[5] for _, address in found} >= {"judged", "settled", "count", "rule"}
    for text, address in found:
        assert behind(curator, address) == as_number(text), address
    state = f"?policy={world.policy.number}&judgments={mode}"
    for (row, column), count in view.matrix.items():  # type: ignore[union-attr]
        cell = f"/corpora/{world.corpus.slug}/behind/agreement/cell/{state}&proposed={row.word}&verdict={column.word}"
        assert behind(curator, cell) == count


def test_only_staff_look_and_nonsense_is_no_number(world: Any, curator: Client) -> None:
    root = f"/corpora/{world.corpus.slug}/behind"
    good = f"{root}/thresholds/tier/?tier=sft&when=now"
    assert curator.get(good).status_code == 200
    assert signed_in("annotator").get(good).status_code == 403
    for address in (
        "thresholds/tier/?tier=sft",
        "thresholds/tier/?tier=best&when=now",
        "thresholds/bin/?rule=0&bin=1000",
        "thresholds/bin/?rule=99999&bin=0",
        "thresholds/said/?rule=0&bin=0&said=x",
        "thresholds/curve/?curve=low0&at=nan",
        "thresholds/curve/?at=",
        "subgroups/judged/?by=language&group=Klingon",
        "agreement/cell/?proposed=sft&verdict=undecided",
        "agreement/rule/?rule=-1",
        "operations/rate/",
        "nowhere/tier/",
    ):
        assert curator.get(f"{root}/{address}").status_code == 404, address
    assert sum(map(len, NUMBERS.values())) == 16
