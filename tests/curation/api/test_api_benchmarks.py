"""The API tells benchmarks, splits and estimates as their pages do."""

from __future__ import annotations

import pytest

from annotation.selectors.estimates import audit_report
from annotation.services.plans import queue_plan
from curation.benchmarks.plan import BenchmarkPlan, Part
from curation.benchmarks.sides import SplitPlan
from curation.services.benchmarks import benchmark_make
from curation.services.splits import split_make
from tests import factories
from tests.annotation import audits, rooms
from tests.curation.api.test_api import Program
from tests.curation.services import benchmarkroom as room

pytestmark = pytest.mark.django_db


def test_benchmarks_with_their_leaks_and_splits() -> None:
    corpus, ask = factories.corpus(), Program("auditor")
    list(room.people(corpus, 6))
    made = benchmark_make(corpus=corpus, name="b", plan=BenchmarkPlan((Part(("gender",), 4),)), seed="s")
    split = split_make(corpus=corpus, name="t", plan=SplitPlan(validated_only=True), seed="s")
    (found,) = ask.get(f"/corpora/{corpus.slug}/benchmarks")["items"]
    assert (found["id"], found["subset"], found["unit"]) == (made.pk, made.subset_id, "clip")
    assert found["report"] == made.report and found["plan"] == made.plan
    leaks, after = [], 0
    while after is not None:
        page = ask.get(f"/benchmarks/{made.pk}/leaks", after=after, limit=3)
        leaks += page["items"]
        after = page["next"]
    assert [each["id"] for each in leaks] == list(made.leaks.order_by("pk").values_list("pk", flat=True))
    assert {each["kind"] for each in leaks} == {"person", "source", "no_picture"}
    (told,) = ask.get(f"/corpora/{corpus.slug}/splits")["items"]
    assert told["report"]["sides"] == split.report["sides"] and told["benchmark"] is None
    assert ask.get("/benchmarks/987654321/leaks", status=404)["error"] == "not_found"
    assert Program("annotator").get(f"/corpora/{corpus.slug}/benchmarks", 403)["error"] == "wrong_role"


def test_estimates_are_those_of_the_page_or_say_why_there_are_none() -> None:
    made, ask = audits.world(12, rejects=8), Program("auditor")
    queue = queue_plan(
        corpus=made.corpus, policy=made.policy, name="audit", kind="audit", design="stratified", size=20,
        overlap=2, seed=4, needs_preview=False,
    )  # fmt: skip
    audits.judge(queue, lambda clip: "sft" if clip != made.sft[0].pk else "reject")
    told, report = ask.get(f"/queues/{queue.pk}/estimates"), audit_report(queue)
    assert told["reason"] is None and report.kept is not None and report.lost is not None
    assert told["kept"]["clips"] == report.kept.population == 12
    assert told["kept"]["share"]["value"] == report.kept.found.share.value == pytest.approx(11 / 12)
    assert told["kept"]["share"]["interval"]["lower"] == report.kept.found.share.interval.lower
    assert told["kept"]["settled"] == told["kept"]["drawn"] == 12
    assert told["recall"]["value"] == report.lost.recall.value
    other = ask.get(f"/queues/{rooms.verify_queue(made).pk}/estimates")
    assert "blind audit" in other["reason"] and other["whole"] is None and other["kept"] is None
    assert ask.get(f"/queues/{queue.pk}/estimates", 400, level="best")["error"] == "bad_level"
    assert ask.get("/queues/987654321/estimates", 404)["error"] == "not_found"
    assert Program("annotator").get(f"/queues/{queue.pk}/estimates", 403)["error"] == "wrong_role"
