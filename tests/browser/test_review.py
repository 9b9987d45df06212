"""An annotator's hours in the browser: the keyboard alone, a line that fails, a session that ends."""

from __future__ import annotations

from itertools import pairwise

import pytest

from annotation.models import Judgment, Report
from curation.models import Verdict
from tests import factories
from tests.annotation import rooms
from tests.browser import takes
from tests.browser.room import AT_ONCE, FRAMES, WAITING, done, film_all, until, wait_for_item
from tests.chromium import soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_five_clips_with_the_keyboard_alone(sign_in, store, live_server):
    world = factories.world(sft=2, pretrain=1, reject=2, undecided=0)
    film_all(world, store)
    queue, user = rooms.verify_queue(world), factories.user("annotator")
    page = sign_in(user)
    page.goto(f"/review/{queue.pk}/work/")
    for key in (" ", "q", "3", " ", "2", " "):
        wait_for_item(page)
        page.keyboard.press(key)
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    assert Judgment.objects.count() == 5 and Verdict.objects.count() == 5
    answers = list(Judgment.objects.order_by("received_at").values_list("answer", "reasons"))
    assert ("reject", ["blur"]) in answers
    first = Judgment.objects.earliest("received_at")
    assert first.shown["proposal"] is not None and first.shown["scores"]["movement_min"] is not None
    assert first.active_ms is not None and first.watched_share is not None


def test_fifty_clips_with_the_line_cut_for_ten_of_them_all_there_once(sign_in, store, live_server):
    world = factories.world(sft=30, pretrain=20, reject=6, undecided=0)
    film_all(world, store)
    queue, user = rooms.verify_queue(world), factories.user("annotator")
    page = sign_in(user)
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)

    def judge(number):
        for _ in range(number):
            wait_for_item(page)
            before, painted = done(page).split(" ")[0], page.evaluate(FRAMES)
            page.keyboard.press(" ")
            until(page, f"document.getElementById('progress').textContent.split(' ')[0] !== '{before}'")
            for _ in range(40):  # as a person would: see the next clip, then decide
                if page.evaluate(FRAMES) > painted:
                    break
                page.wait_for_timeout(25)

    judge(15)
    until(page, f"{WAITING} === 0")
    until(page, "Number(document.getElementById('room').dataset.ahead) >= 10")
    page.context.set_offline(True)
    judge(10)
    assert Judgment.objects.count() == 15
    assert page.evaluate(WAITING) == 10
    page.wait_for_selector("#outbox.outbox-off:visible")
    page.context.set_offline(False)
    judge(25)
    until(page, f"{WAITING} === 0")
    page.wait_for_selector("#outbox", state="hidden")
    assert Judgment.objects.filter(counted=True).count() == 50 == Judgment.objects.count()
    assert Judgment.objects.values("item").distinct().count() == Verdict.objects.count() == 50
    frames = page.evaluate("performance.getEntriesByName('key-to-frame').map((one) => one.duration)")
    frames.sort()
    p95 = frames[int(0.95 * (len(frames) - 1))]
    print(
        f"\nkey to painted frame: median {frames[len(frames) // 2]:.0f} ms, p95 {p95:.0f} ms over {len(frames)}"
    )
    assert len(frames) >= 40


def test_a_session_that_ends_asks_for_the_password_and_then_saves(sign_in, store, live_server):
    world = factories.world(sft=3, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue, user = rooms.verify_queue(world), factories.user("annotator")
    page = sign_in(user)
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press(" ")
    page.wait_for_selector("#signin[open]")
    page.fill("#signin input", "not the password")
    page.keyboard.press("Enter")
    page.wait_for_selector("#signin [role=alert]:has-text('not right')")
    page.fill("#signin input", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#signin", state="hidden")
    until(page, f"{WAITING} === 0")
    assert Judgment.objects.get().counted
    for _ in range(2):
        wait_for_item(page)
        page.keyboard.press(" ")
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    assert Judgment.objects.count() == 3


def test_a_clip_whose_address_fails_late_plays_from_what_was_fetched(sign_in, store, live_server):
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue = rooms.verify_queue(world)
    page = sign_in(factories.user("annotator"))

    def late(route):
        if route.request.resource_type != "media":
            route.continue_()
            return
        page.wait_for_selector("#room[data-ahead]", state="attached")
        page.wait_for_timeout(500)
        route.abort()

    page.route("**/media/*", late)
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)


def test_undo_brings_the_clip_back_and_only_the_second_answer_stands(sign_in, store, live_server):
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue, user = rooms.verify_queue(world), factories.user("annotator")
    page = sign_in(user)
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    page.keyboard.press(" ")
    until(page, f"{WAITING} === 0")
    page.keyboard.press("u")
    page.wait_for_selector("#say:has-text('Undone')")
    wait_for_item(page)
    page.keyboard.press("w")
    page.keyboard.press("2")
    wait_for_item(page)
    page.keyboard.press(" ")
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    standing = Verdict.objects.filter(superseded_by__isnull=True).values_list("answer", flat=True)
    assert sorted(standing) == ["pretrain", "sft"]
    assert Judgment.objects.count() == 4  # the answer, its retraction, the second answer, the other clip


def test_frames_are_stepped_on_their_true_times(sign_in, store, live_server):
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    film_all(world, store, irregular=True)
    queue, user = rooms.verify_queue(world), factories.user("annotator")
    page = sign_in(user)
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    page.keyboard.press("k")
    times = world.sft[0].renditions.get(kind="preview").timestamps
    assert len({round(b - a, 3) for a, b in pairwise(times)}) > 1  # a variable rate indeed
    now = "document.querySelector('.take-seen').currentTime"
    page.keyboard.press("[")
    until(
        page, "document.querySelector('.take-seen').paused && !document.querySelector('.take-seen').seeking"
    )
    number = sum(one <= page.evaluate(now) + 1e-4 for one in times) - 1
    for step in range(1, 5):
        page.keyboard.press(".")
        until(page, "!document.querySelector('.take-seen').seeking")
        at = page.evaluate(now)
        end = times[number + step + 1]
        assert times[number + step] <= at < end
    page.keyboard.press(",")
    until(page, "!document.querySelector('.take-seen').seeking")
    assert times[number + 3] <= page.evaluate(now) < times[number + 4]


def test_a_blind_queue_sends_nothing_of_what_the_filters_said(sign_in, store, live_server):
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue, user = rooms.verify_queue(world, blind=True), factories.user("annotator")
    page = sign_in(user)
    bodies = []
    page.on("response", lambda answer: "/claim" in answer.url and bodies.append(answer.text()))
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    page.keyboard.press(" ")  # there is nothing to accept
    page.wait_for_timeout(200)
    assert not Judgment.objects.exists()
    page.keyboard.press("1")
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    items = [body for body in bodies if '"item":' in body]
    assert items and all("movement_min" not in body and '"proposal": null' in body for body in items)
    assert Judgment.objects.get().blind


def test_nothing_scrolls_at_1280_by_720_and_keys_work_wherever_the_focus_is(sign_in, store, live_server):
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue, user = rooms.verify_queue(world), factories.user("annotator")
    page = sign_in(user)
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    width, height = page.evaluate(size)
    assert width <= 1280 and height <= 720
    overflowing = page.evaluate(
        "[...document.querySelectorAll('#room button, #room h2')].filter((one) => one.scrollWidth > one.clientWidth + 1)"
        ".map((one) => one.textContent)"
    )
    assert overflowing == []
    page.focus("#loop")
    page.keyboard.press(" ")
    until(page, f"{WAITING} === 0")
    assert Judgment.objects.count() == 1


def test_what_was_measured_is_drawn_under_and_over_the_picture(sign_in, store, live_server):
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    clip = world.sft[0]
    takes.measure(clip)
    queue = rooms.verify_queue(world)
    page = sign_in(factories.user("annotator"))
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    page.wait_for_selector("[data-strip-frame]:visible")
    soon(page, page.locator(".strip-worst").count, 1)
    until(page, "document.querySelector('.word-now')?.textContent.trim() === 'there'")
    soon(page, page.locator(".lane").count, 1)
    page.keyboard.press("b")
    page.wait_for_selector(".boxes-on rect.face-here")
    page.wait_for_selector(".boxes-on circle.face-here")
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size[0] <= 1280 and size[1] <= 720


def test_the_original_quality_on_a_key_at_the_same_moment_and_the_judgment_says_so(
    sign_in, store, live_server
):
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue = rooms.verify_queue(world)
    first = queue.items.order_by("position").first().clip
    path = store / "original.mp4"
    times = takes.film(path, seconds=2.0, fps=30, irregular=True)
    factories.rendition(first, path, root=store, kind="original", width=1280, height=720, timestamps=times)
    page = sign_in(factories.user("annotator"))
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    page.keyboard.press("k")
    for _ in range(3):
        page.keyboard.press(".")
    moment = page.evaluate("document.querySelector('.take-seen').currentTime")
    before = page.evaluate("document.querySelector('.take-seen').src")
    page.keyboard.press("p")
    until(page, "document.getElementById('quality').getAttribute('aria-pressed') === 'true'")
    until(page, "document.querySelector('.take-seen').readyState >= 2")
    assert page.evaluate("document.querySelector('.take-seen').src") != before
    assert abs(page.evaluate("document.querySelector('.take-seen').currentTime") - moment) < 0.05
    soon(page, page.locator("#say").inner_text, "1280 × 720")
    page.keyboard.press(".")  # by the original's own times, which are irregular
    now = page.evaluate("document.querySelector('.take-seen').currentTime")
    spans = [(a, b) for a, b in pairwise(times) if a < now < b]
    assert len(spans) == 1 and abs(now - sum(spans[0]) / 2) < 0.001
    page.keyboard.press(" ")
    wait_for_item(page)
    soon(page, lambda: page.locator("#quality").get_attribute("aria-pressed"), "false")
    page.keyboard.press(" ")
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    seen = {one.clip_id: one.details.get("original") for one in Judgment.objects.all()}
    assert [seen.pop(first.pk), *seen.values()] == [True, None]


def test_keys_that_follow_a_sheet_at_once_are_the_clips_and_a_report_needs_no_mouse(
    sign_in, store, live_server
):
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue = rooms.verify_queue(world)
    page = sign_in(factories.user("annotator"))
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    until(page, "document.getElementById('room').dataset.ahead === '1'")
    page.evaluate(AT_ONCE, ["x", "Escape", "!", "Escape", "?", "Escape", " "])
    until(page, f"{WAITING} === 0")
    assert Judgment.objects.get().answer == "sft"
    wait_for_item(page)
    page.keyboard.press("!")
    page.wait_for_selector("#report[open]")
    page.keyboard.press("Tab")
    page.keyboard.type("a 2nd face")
    page.evaluate(AT_ONCE, ["Escape", "!", "2"])  # thought better of it, out of the text field too, and again
    page.wait_for_selector("#lull:visible")
    report = Report.objects.get()
    assert report.problem == "privacy" and report.note == ""
