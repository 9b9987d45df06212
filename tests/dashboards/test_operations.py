"""Operations: counts equal the tables', raters under pseudonyms, and a watch that says what it rests on."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from plotly.utils import PlotlyJSONEncoder

from annotation.estimation import Undefined
from annotation.models import Slot
from annotation.selectors.queues import queue_progress
from annotation.services.raters import rater_for_user
from curation.models import ScoringTarget, Verdict
from dashboards.data.drift import BASELINE_ITEMS, DriftView, drift_of
from dashboards.data.operations import operations_view
from dashboards.figures.theme import palette
from dashboards.operations.panels import answer
from tests import factories
from tests.annotation import rooms
from tests.dashboards.asking import ask, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Any:
    return factories.world()


def target(source: Any, state: str, **fields: Any) -> ScoringTarget:
    return ScoringTarget.objects.create(
        source=source, stage="look", builds_key=f"key {factories.number()}", state=state, **fields
    )


def look(client: Any, slug: str) -> Any:
    return ask(
        client,
        "operations",
        [("answer", "children")],
        [("clock", "n_intervals", None), ("theme", "data", "light")],
        [("address", "pathname", f"/corpora/{slug}/operations/")],
    )


def test_work_is_counted_by_stage_with_leases_that_ran_out_apart(world: Any) -> None:
    now = timezone.now()
    target(world.source, "waiting")
    target(world.source, "leased", leased_until=now + timedelta(minutes=5))
    target(world.source, "leased", leased_until=now - timedelta(minutes=5))
    target(world.source, "failed", failure_code="decode", failure="half a frame", finished_at=now)
    target(world.source, "done", finished_at=now)
    # Of a day, not of the whole hours in it.
    target(world.source, "done", finished_at=now - timedelta(hours=23, minutes=59))
    target(world.source, "done", finished_at=now - timedelta(hours=24, minutes=1))
    target(factories.source(), "waiting")
    view = operations_view(world.corpus.slug)
    assert view is not None
    (depth,) = view.depths
    assert (depth.waiting, depth.leased, depth.expired, depth.failed) == (1, 1, 1, 1)
    assert sum(hour.done for hour in view.hours) == 3 and sum(hour.failed for hour in view.hours) == 1
    assert view.done_in_a_day == 2
    assert sorted(lease.left_s > 0 for lease in view.leases) == [False, True]
    assert [failure.reason for failure in view.failures] == ["half a frame"]
    text = json.dumps(
        [part.to_plotly_json() for part in answer(view, drift_of(view.corpus), palette("dark"))], default=str
    )
    assert f"/corpora/{world.corpus.slug}/failures/" in text


def test_queues_are_forecast_and_raters_stay_pseudonymous(world: Any) -> None:
    person = factories.user("annotator", username="jo-with-a-name")
    queue, who = rooms.verify_queue(world), rater_for_user(user=person)
    claimed = rooms.claim(queue, who)
    rooms.say(who, claimed.slot_id, active_ms=8000)
    rooms.claim(queue, who)
    view = operations_view(world.corpus.slug)
    assert view is not None
    (forecast,) = view.forecasts
    assert forecast.progress.left == Slot.objects.filter(queue=queue).count() - 1
    (rater,) = view.raters
    assert (rater.pseudonym, rater.judgments, rater.median_s) == (who.pseudonym, 1, 8.0)
    (lease,) = view.leases
    assert lease.who == who.pseudonym
    text = json.dumps(
        [part.to_plotly_json() for part in answer(view, drift_of(view.corpus), palette("dark"))], default=str
    )
    assert who.pseudonym in text and person.username not in text


def test_what_nobody_could_judge_brings_the_end_of_a_queue_no_nearer(world: Any) -> None:
    queue = rooms.verify_queue(factories.world(sft=11, pretrain=0, reject=0, undecided=0))
    who = rater_for_user(user=factories.user("annotator"))
    for number in range(11):
        how = {"kind": "cannot", "reasons": ["language"]} if number == 4 else {}
        rooms.say(who, rooms.claim(queue, who).slot_id, **how)
    progress = queue_progress(queue)
    assert (progress.done, progress.left, progress.per_hour) == (10, 1, 10)


def test_drift_is_watched_only_when_enough_is_settled(world: Any) -> None:
    found = drift_of(world.corpus)
    assert isinstance(found, Undefined)
    world.corpus.refresh_from_db()
    clips = factories.clips([world.source] * 3 * BASELINE_ITEMS)
    factories.propose(world.policy, clips)
    for number, clip in enumerate(clips):
        # One in ten differs at first, every second one after two hundred.
        wrong = number % 10 == 0 if number < 2 * BASELINE_ITEMS else number % 2 == 0
        factories.verdict(clip, "reject" if wrong else "sft", blind=True)
    assert Verdict.objects.count() == 3 * BASELINE_ITEMS
    found = drift_of(world.corpus)
    assert isinstance(found, DriftView)
    assert (found.baseline_errors, found.baseline_n) == (10, BASELINE_ITEMS)
    assert found.drift.alarm_at is not None and found.drift.alarm_at > BASELINE_ITEMS
    assert found.drift.design.false_alarm <= 0.025, "the other half pays for not knowing the first rate"
    assert found.drift.design.baseline > 0.1
    view = operations_view(world.corpus.slug)
    assert view is not None
    shown = json.dumps(answer(view, found, palette("dark")), cls=PlotlyJSONEncoder)
    leads = re.findall(r"/corpora/[^\"]+/behind/operations/drift/[^\"]+", shown)
    pages = [signed_in("curator").get(lead).content.decode() for lead in leads]
    told = [int(re.search(r"<h1>(\d+) clip", page)[1]) for page in pages]  # type: ignore[index]
    assert told == [point.n for point in found.drift.points] and sum(told) == 2 * BASELINE_ITEMS


def test_verdicts_with_the_proposal_in_sight_do_not_drift(world: Any) -> None:
    world.corpus.refresh_from_db()
    clips = factories.clips([world.source] * 2 * BASELINE_ITEMS)
    factories.propose(world.policy, clips)
    for clip in clips:
        factories.verdict(clip, "sft", blind=False)
    found = drift_of(world.corpus)
    assert isinstance(found, Undefined) and found.reason.startswith("0 clips are settled blind")


def test_a_lease_shows_its_age(world: Any) -> None:
    now = timezone.now()
    target(world.source, "leased", leased_until=now + timedelta(seconds=settings.SCORING_LEASE_SECONDS - 20))
    target(world.source, "leased", leased_until=now + timedelta(hours=9))
    view = operations_view(world.corpus.slug)
    assert view is not None
    known, other = view.leases
    assert known.age_s is not None and 19 <= known.age_s < 60
    assert other.age_s is None, "its length is not the one that leases have"
    text = json.dumps(
        [part.to_plotly_json() for part in answer(view, drift_of(view.corpus), palette("dark"))], default=str
    )
    assert "The oldest was taken or lengthened" in text


def test_only_those_who_may_see_it_do(world: Any) -> None:
    slug = world.corpus.slug
    for role in ("curator", "auditor", "admin"):
        assert signed_in(role).get(f"/corpora/{slug}/operations/").status_code == 200
        assert look(signed_in(role), slug).status_code == 200
    assert signed_in("annotator").get(f"/corpora/{slug}/operations/").status_code == 403
    assert look(signed_in("annotator"), slug).status_code == 403


@pytest.mark.parametrize("table", ["rate", "depth", "failures", "forecast", "raters", "drift"])
def test_every_table_can_be_had(world: Any, table: str) -> None:
    response = signed_in("curator").get(f"/corpora/{world.corpus.slug}/dashboards/operations/{table}.csv")
    assert response.status_code == 200 and response.content.decode().count(",") >= 2


def test_text_that_a_spreadsheet_would_run_is_defused(world: Any) -> None:
    target(world.source, "failed", failure_code="x", failure="=HYPERLINK(0)", finished_at=timezone.now())
    text = (
        signed_in("curator")
        .get(f"/corpora/{world.corpus.slug}/dashboards/operations/failures.csv")
        .content.decode()
    )
    assert "'=HYPERLINK(0)" in text
