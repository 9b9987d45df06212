"""The pages of estimates and certificates: who sees them, and that they show the numbers that were computed."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from annotation.certificates import FIXED, verify
from annotation.models import Queue
from annotation.selectors.estimates import audit_report
from annotation.services.certificates import certificate_issue, certification_open
from annotation.services.plans import queue_plan
from curation.models import Certificate
from tests import factories
from tests.annotation import audits

pytestmark = pytest.mark.django_db


def client(role: str) -> Client:
    found = Client()
    found.force_login(factories.user(role))
    return found


@pytest.fixture
def corpus_audit():
    made = audits.world(30, rejects=20, sources=2)
    queue = queue_plan(
        corpus=made.corpus, policy=made.policy, name="Audit", kind="audit", design="stratified", size=30, overlap=2,
        needs_preview=False,
    )  # fmt: skip
    audits.judge(queue, lambda clip: "sft" if clip in {one.pk for one in made.sft} else "reject")
    return queue


@pytest.fixture
def certified():
    subset = audits.frozen(audits.world(30))
    queue = certification_open(subset=subset, size=20, target=0.7, reading=FIXED, needs_preview=False, seed=2)
    audits.judge(queue)
    return queue, subset


def test_the_page_shows_each_number_with_its_interval_and_method(corpus_audit):
    page = client("curator").get(reverse("annotation:estimates", args=[corpus_audit.pk]))
    text = page.content.decode()
    share = audit_report(corpus_audit).kept.found.share
    assert page.status_code == 200 and "exact per stratum" in text
    assert f"{int(share.interval.lower * 1000) / 10:.1f}\u202f%" in text
    assert "What the policy throws away" in text and "not defined" in text
    assert not re.search(r"\b(nan|inf|None)\b", text) and "style=" not in text


def test_every_number_leads_to_its_clips(corpus_audit):
    who = client("auditor")
    address = reverse("annotation:estimate_clips", args=[corpus_audit.pk])
    for part, outcome in (("kept", "accepted"), ("left", "refused"), ("", "disputed"), ("", "waiting")):
        page = who.get(address, {"part": part, "outcome": outcome})
        assert page.status_code == 200
    report = audit_report(corpus_audit)
    kept = who.get(address, {"part": "kept", "outcome": "accepted"})
    assert kept.context["total"] == report.kept.found.counts.accepted
    alone = who.get(address, {"alone": "4"})
    assert alone.context["total"] == report.left.found.counts.drawn


def test_nonsense_in_the_address_is_no_error(corpus_audit):
    address = reverse("annotation:estimates", args=[corpus_audit.pk])
    for query in (
        {"level": "gold", "target": "x"},
        {"target": "nan"},
        {"target": "9e99"},
        {"level": "pretrain"},
    ):
        assert client("curator").get(address, query).status_code == 200
    clips = reverse("annotation:estimate_clips", args=[corpus_audit.pk])
    assert client("curator").get(clips, {"page": "-4", "alone": "99", "part": "x"}).status_code == 200


def test_a_queue_to_verify_has_no_estimates_and_says_why(corpus_audit):
    verify_queue = queue_plan(
        corpus=corpus_audit.corpus, policy=corpus_audit.policy, name="Verify", kind="verify"
    )
    page = client("curator").get(reverse("annotation:estimates", args=[verify_queue.pk]))
    assert "No estimate comes from this queue" in page.content.decode()


def test_an_empty_audit_says_that_nothing_can_be_said():
    made = audits.world(6)
    queue = queue_plan(
        corpus=made.corpus,
        policy=made.policy,
        name="Audit",
        kind="audit",
        design="stratified",
        size=4,
        overlap=2,
    )
    assert (
        "Nothing can be said yet"
        in client("curator").get(reverse("annotation:estimates", args=[queue.pk])).content.decode()
    )


def test_an_auditor_draws_and_certifies_and_a_curator_only_reads(certified):
    queue, subset = certified
    issue = reverse("annotation:certificate_issue", args=[queue.pk])
    assert client("curator").post(issue).status_code == 403 and not Certificate.objects.exists()
    answer = client("auditor").post(issue)
    made = Certificate.objects.get()
    assert answer.status_code == 302 and answer.url == reverse("annotation:certificate", args=[made.pk])
    page = client("curator").get(answer.url).content.decode()
    assert made.document["statement"]["sentence"] in page.replace("&#x27;", "'")
    address = reverse("annotation:certify", args=[subset.pk])
    assert client("curator").get(address).status_code == 200
    sent = {"size": 10, "target": 90, "reading": "sequence", "overlap": 2}
    assert client("curator").post(address, sent).status_code == 403
    drawn = client("auditor").post(address, sent)
    latest = Queue.objects.order_by("-pk").first()
    assert drawn.url == reverse("annotation:estimates", args=[latest.pk]) and latest.items.count() == 10


def test_what_is_downloaded_verifies(certified):
    queue, subset = certified
    made = certificate_issue(queue=queue, subset=subset)
    answer = client("curator").get(reverse("annotation:certificate_file", args=[made.pk]))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert verify(json.loads(answer.content)) == []


def test_an_audit_too_early_to_certify_says_so(certified):
    _, subset = certified
    other = certification_open(subset=subset, size=20, reading=FIXED, needs_preview=False)
    answer = client("auditor").post(reverse("annotation:certificate_issue", args=[other.pk]), follow=True)
    assert "Nothing was certified" in answer.content.decode()


def test_the_planner_answers_from_its_address(certified):
    _, subset = certified
    address = reverse("annotation:sample_plan", args=[subset.corpus.slug])
    who = client("curator")
    assert "what it costs" in who.get(address).content.decode()
    plan = who.get(address, {"share": "97", "bound": "95", "population": "100000"}).context["plan"]
    assert plan.items > 300 and plan.judgments > 2 * plan.items
    assert who.get(address, {"share": "90", "bound": "95"}).context["no_plan"]
    wide = who.get(address, {"want": "width", "width": "10"}).context["plan"]
    assert wide.items < plan.items
    assert who.get(address, {"share": "many"}).status_code == 200


def test_the_list_of_certificates(certified):
    queue, subset = certified
    made = certificate_issue(queue=queue, subset=subset)
    page = client("curator").get(reverse("annotation:certificates", args=[subset.corpus.slug]))
    assert made.document["statement"]["sentence"] in page.content.decode()
