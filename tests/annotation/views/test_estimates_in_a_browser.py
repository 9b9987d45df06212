"""An auditor reads an audit, certifies from it, and gets one sober page to print; seen at 1280 × 720."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotation.certificates import FIXED
from annotation.services.certificates import certification_open
from annotation.services.plans import queue_plan
from annotation.services.studies import study_create
from tests import factories
from tests.annotation import audits, rooms
from tests.chromium import shot, soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fits(page) -> bool:
    """Nothing sticks out sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_audit_is_read_and_its_clips_are_a_click_away(live_server, signed_in):
    made = audits.world(50, rejects=30, sources=3)
    good = {clip.pk for clip in made.sft[2:]} | {made.reject[0].pk, made.reject[7].pk}
    queue = queue_plan(
        corpus=made.corpus, policy=made.policy, name="Audit in spring", kind="audit", design="stratified", size=60,
        overlap=2, needs_preview=False,
    )  # fmt: skip
    audits.judge(queue, lambda clip: "sft" if clip in good else "reject", error=0.08)
    page = signed_in("auditor")
    page.goto(f"/review/{queue.pk}/estimates/")
    assert page.get_by_role("heading", name="What this audit says").is_visible()
    assert fits(page)
    shot(page, "audit")
    shot(page, "audit-whole", full=True)
    page.get_by_role("row", name="Good clips left out").get_by_role("link").first.click()
    soon(page, page.get_by_role("heading", level=1).inner_text, "drawn clips")
    assert fits(page)
    shot(page, "audit-clips")
    page.goto(f"/corpora/{made.corpus.slug}/plan/?share=97&bound=95&population=41203")
    assert page.get_by_text("clips to settle").is_visible() and fits(page)
    shot(page, "plan")


def test_a_certificate_is_issued_with_one_click_and_prints_on_one_page(live_server, signed_in, tmp_path):
    subset = audits.frozen(audits.world(60, sources=3))
    page = signed_in("auditor")
    page.goto(f"/subsets/{subset.pk}/certify/")
    assert fits(page)
    shot(page, "certify")
    queue = certification_open(subset=subset, size=40, target=0.85, reading=FIXED, needs_preview=False)
    bad = set(queue.items.values_list("clip_id", flat=True)[:1])
    audits.judge(queue, lambda clip: "reject" if clip in bad else "sft", error=0.05)
    page.goto(f"/review/{queue.pk}/estimates/")
    shot(page, "audit-of-a-subset")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Certify").click()
    page.wait_for_url("**/certificates/*/")
    page.get_by_text("confident that at least").wait_for()
    assert fits(page)
    shot(page, "certificate")
    shot(page, "certificate-whole", full=True)
    path = Path(tmp_path) / "certificate.pdf"
    page.emulate_media(media="print")
    shot(page, "certificate-print", full=True)
    page.pdf(path=str(path), prefer_css_page_size=True)
    assert path.read_bytes().count(b"/Type /Page\n") <= 1
    assert page.locator(".site-header").is_hidden() and page.locator(".certificate").is_visible()


def test_a_study_stands_in_three_readings(live_server, signed_in):
    source = factories.source()
    policy = factories.policy(source.corpus)
    for value in range(40, 80):
        factories.clip(source, scores={"movement_min": float(value), "rotation_min": float(value)})
    factories.propose(policy)
    factories.activate(policy)
    queue = study_create(
        corpus=source.corpus, policy=policy, name="Study", per_side=8, band=0.3, seed=1, needs_preview=False
    )
    two = [rooms.rater(), rooms.rater()]
    for number, item in enumerate(queue.items.order_by("position")):
        right = "acceptable" if item.context["side"] == "pass" else "unacceptable"
        for place, who in zip(item.slots.order_by("number"), two, strict=True):
            said = "acceptable" if number % 7 == 0 and who is two[1] else right
            rooms.say(who, place.pk, answers={item.question: said})
    page = signed_in("curator")
    page.goto(f"/review/{queue.pk}/estimates/")
    for reading in ("Agreed only", "Adjudicated", "Disputes as errors"):
        assert page.get_by_role("rowheader", name=reading).first.is_visible()
    assert fits(page)
    shot(page, "study")
    shot(page, "study-whole", full=True)


def test_a_sample_asks_for_two_people_by_itself_and_plain_work_for_as_many_as_before(live_server, signed_in):
    world = factories.world(sft=6)
    page = signed_in("curator")
    page.goto(f"/corpora/{world.corpus.slug}/")
    page.goto("/review/new/")
    people = page.locator("[name=overlap]")
    assert people.input_value() == "1"
    for kind, asked in (("audit", "2"), ("verify", "1"), ("study", "2")):
        page.locator("[name=kind]").select_option(kind)
        soon(page, people.input_value, asked)
    people.fill("3")
    page.locator("[name=kind]").select_option("audit")
    soon(page, people.input_value, "3")
    shot(page, "plan-of-an-audit")
