"""Who asked their system for less motion sees nothing play or repeat before they press a key, and is told which."""

from __future__ import annotations

import pytest

from annotation.services.plans import queue_plan
from tests import factories
from tests.annotation import rooms
from tests.annotation.services.test_identity_queues import identity_queue
from tests.browser.room import film_all, picture, until, wait_for_item
from tests.browser.test_identity import filmed
from tests.browser.test_pairs_and_panel import dialogue
from tests.chromium import soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOVING = "[...document.querySelectorAll('.take-seen')].some((one) => !one.paused || one.currentTime > 0.05)"


def test_nothing_moves_before_the_play_key(sign_in, store, live_server):
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    pairs = queue_plan(
        corpus=dialogue(store)[0], policy=None, name="Pairs", kind="pairs", rubric="pairs", subject="pair"
    )
    queues = (rooms.verify_queue(world), pairs, identity_queue(filmed(store, 2)[0].corpus))
    page = sign_in(factories.user("annotator"), reduced_motion="reduce")
    for queue in queues:
        page.goto(f"/review/{queue.pk}/work/")
        wait_for_item(page)
        page.wait_for_timeout(300)
        assert not page.evaluate(MOVING), queue.kind
        told = page.locator(".stage-start").inner_text()
        assert told.startswith("k play") and "less motion" in told
        picture(page, f"still-{queue.kind}")
        page.keyboard.press("k")
        until(page, MOVING)
        soon(page, page.locator(".stage-start").is_visible, False)
        if queue.kind != "identity":
            assert "o repeats" in told
            soon(page, lambda: page.locator("#loop").get_attribute("aria-pressed"), "false")
    page.goto(f"/review/{queues[0].pk}/work/")
    wait_for_item(page)
    page.keyboard.press("k")
    until(page, "document.querySelector('.take-seen').ended")  # once, and not again
    page.keyboard.press("1")
    wait_for_item(page)
    page.wait_for_timeout(300)
    assert not page.evaluate(MOVING)  # the next clip waits, too


def test_a_clip_plays_by_itself_where_nobody_asked_for_less(sign_in, store, live_server):
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    page = sign_in(factories.user("annotator"), reduced_motion="no-preference")
    page.goto(f"/review/{rooms.verify_queue(world).pk}/work/")
    wait_for_item(page)
    until(page, MOVING)
    soon(page, lambda: page.locator("#loop").get_attribute("aria-pressed"), "true")
