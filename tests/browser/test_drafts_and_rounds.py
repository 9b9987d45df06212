"""Partial work comes back on another page; a calibration from the first answer to the discussion."""

from __future__ import annotations

import pytest

from annotation.models import Draft, Judgment
from annotation.services.raters import rater_for_user
from annotation.services.rounds import round_create
from annotation.services.rubrics import rubric_preset
from tests import factories
from tests.annotation import rooms
from tests.annotation.services.test_rounds import answer_all
from tests.browser.room import WAITING, film_all, picture, until, wait_for_item
from tests.chromium import soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_partial_work_is_kept_and_comes_back_after_a_reload(sign_in, store, live_server):
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue = rooms.verify_queue(world)
    page = sign_in(factories.user("annotator"))
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    page.keyboard.press("q")
    page.keyboard.press("w")
    soon(page, Draft.objects.filter(content__reasons=["blur", "cut"]).exists, True)
    page.reload()
    wait_for_item(page)
    soon(page, page.locator(".reason[aria-pressed=true]").count, 2)
    page.keyboard.press("3")
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    assert Judgment.objects.get().reasons == ["blur", "cut"] and not Draft.objects.exists()


def test_a_calibration_is_answered_blind_and_then_discussed(sign_in, store, live_server):
    world = factories.world(sft=30, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    user, others = factories.user("annotator"), [rooms.rater(), rooms.rater()]
    round_ = round_create(
        corpus=world.corpus,
        policy=world.policy,
        name="First look",
        rubric_version=rubric_preset(slug="tier"),
        raters=[rater_for_user(user=user), *others],
        size=30,
    )
    for wrong, who in enumerate(others):
        answer_all(round_, who, wrong=3 * wrong)
    page = sign_in(user)
    page.goto(f"/review/rounds/{round_.pk}/")
    picture(page, "round-open")
    page.goto(f"/review/{round_.queue_id}/work/")
    for number in range(30):
        wait_for_item(page)
        page.keyboard.press("1")
        until(page, f"document.getElementById('progress').textContent.startsWith('{number + 1} /')")
    page.wait_for_selector("#lull[data-state=done]:visible, #lull[data-state=closed]:visible")
    until(page, f"{WAITING} === 0")
    page.goto(f"/review/rounds/{round_.pk}/")
    page.wait_for_selector("#answers")
    # What they disagree on comes first and lies open, each minority's answer marked.
    parts = page.locator(".said-part")
    assert parts.first.locator("h3").inner_text().split() == ["The", "answers", "differ", "3"]
    assert parts.first.locator("tbody tr:visible").count() == 3
    assert parts.first.locator(".said-differs").count() == 3
    assert parts.nth(1).locator("tbody tr:visible").count() == 0
    assert page.locator("select[name^=answer-]").count() == 0  # talking is for all, deciding for the curator
    page.locator(".said [data-plays]").first.press("Enter")
    until(page, "document.querySelector('.said video').currentTime > 0")
    picture(page, "round-closed")
    page.goto("/review/rounds/")
    picture(page, "rounds")
    curator = sign_in(factories.user("curator"))
    curator.goto(f"/review/rounds/{round_.pk}/")
    curator.locator("select[name^=answer-]").first.select_option("reject")
    curator.locator("input[name^=note-]").first.fill("the mouth is covered")
    picture(curator, "round-decide")
    curator.get_by_role("button", name="Make the decisions examples").click()
    curator.wait_for_selector("text=examples of")
    picture(curator, "round-decided")
    # The next queue's page has the example beside its guideline.
    queue = rooms.verify_queue(world, rubric_version=rubric_preset(slug="tier"))
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    page.keyboard.press("?")
    soon(page, page.locator("#help .said-examples").inner_text, "the mouth is covered")
    page.locator("#help .said-examples").scroll_into_view_if_needed()
    picture(page, "examples")
    curator.goto("/review/rounds/")
    picture(curator, "rounds-curator")
    curator.goto("/review/new/")
    picture(curator, "queue-new")
