"""axe-core finds nothing serious on the pages of review, dark and light, at both sizes, and with their sheets open."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from annotation.models import Queue
from annotation.services.plans import queue_plan
from annotation.services.raters import rater_for_user
from annotation.services.rounds import round_close, round_create
from annotation.services.rubrics import rubric_preset
from tests import factories
from tests.annotation import rooms
from tests.annotation.services.test_identity_queues import identity_queue
from tests.annotation.services.test_rounds import answer_all
from tests.browser.room import film_all, wait_for_item
from tests.browser.test_identity import filmed
from tests.browser.test_pairs_and_panel import dialogue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SERIOUS = ("serious", "critical")
GROUND = {"dark": "rgb(13, 15, 17)", "light": "rgb(244, 244, 241)"}


AXE = Axe().axe_script
# Only what is looked at comes out of the page: axe says of every element what it passed.
RUN = """([place, serious]) => axe.run(place ?? document, { resultTypes: ["violations"] }).then((found) => found.violations
    .filter((one) => serious.includes(one.impact))
    .map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120))]))"""


def serious(page, where, sheet=None):
    """What axe finds serious on the page, or within an open sheet, which covers a page that was looked at before."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    return [(where, *one) for one in page.evaluate(RUN, [sheet, SERIOUS])]


def enter(sign_in, user, scheme, size, live_server):
    """A page of ``user`` in the theme of ``scheme``, as their cookie says it."""
    width, height = size
    page = sign_in(
        user, bypass_csp=True, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page.context.add_cookies([{"name": "theme", "value": scheme, "url": live_server.url}])
    return page


def rooms_of_work(store, world):
    """A queue of every page that people work on."""
    verify = rooms.verify_queue(world, overlap=2, blind=True)
    for tier in ("sft", "reject"):
        who = rooms.rater()
        rooms.say(who, rooms.claim(verify, who).slot_id, tier)
    panel = Queue.objects.get(origin=verify)
    pairs = queue_plan(
        corpus=dialogue(store)[0], policy=None, name="Pairs", kind="pairs", rubric="pairs", subject="pair"
    )
    shown = rooms.verify_queue(world)
    return shown, panel, pairs, identity_queue(filmed(store, 2)[0].corpus)


@pytest.mark.parametrize(("scheme", "size"), [("dark", (1280, 720)), ("light", (1920, 1080))])
def test_nothing_serious_on_any_page_of_review(sign_in, store, live_server, scheme, size):
    world = factories.world(sft=30, pretrain=1, reject=1, undecided=0)
    film_all(world, store)
    curator = factories.user("curator")
    queues = rooms_of_work(store, world)
    round_ = round_create(
        corpus=world.corpus,
        policy=world.policy,
        name="First look",
        rubric_version=rubric_preset(slug="tier"),
        raters=[rater_for_user(user=curator), rooms.rater()],
        size=30,
        needs_preview=False,
    )
    answer_all(round_, rater_for_user(user=curator), wrong=2)
    round_close(round_=round_, by=curator)
    page = enter(sign_in, curator, scheme, size, live_server)
    found = []
    for address in (
        f"/corpora/{world.corpus.slug}/",
        "/review/",
        "/review/new/",
        "/review/me/",
        "/review/rounds/",
        f"/review/rounds/{round_.pk}/",
        f"/review/{queues[0].pk}/",
    ):
        page.goto(address)
        found += serious(page, address)
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == GROUND[scheme]
    for queue in queues:
        page.goto(f"/review/{queue.pk}/work/")
        wait_for_item(page)
        page.wait_for_timeout(200)
        # Everything is on the screen at once: nothing to scroll to in the middle of work.
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), queue.kind
        found += serious(page, queue.kind)
        for key, sheet in (("?", "#help"), ("x", "#cannot")):
            page.keyboard.press(key)
            page.wait_for_selector(f"{sheet}[open]")
            found += serious(page, f"{queue.kind} {sheet}", sheet)
            page.keyboard.press("Escape")
    assert not found, "\n".join(map(str, found))
