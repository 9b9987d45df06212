"""axe-core finds nothing serious on the pages of review, dark and light."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from annotation.services.raters import rater_for_user
from annotation.services.rounds import round_close, round_create
from annotation.services.rubrics import rubric_preset
from tests import factories
from tests.annotation import rooms
from tests.annotation.services.test_rounds import answer_all
from tests.browser.room import film_all, wait_for_item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SERIOUS = ("serious", "critical")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_nothing_serious_on_any_page_of_review(sign_in, store, live_server, scheme):
    world = factories.world(sft=30, pretrain=1, reject=1, undecided=0)
    film_all(world, store)
    curator = factories.user("curator")
    queue = rooms.verify_queue(world)
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
    page = sign_in(curator, bypass_csp=True, color_scheme=scheme)
    found = []
    for address in (
        f"/corpora/{world.corpus.slug}/",
        "/review/",
        "/review/new/",
        "/review/me/",
        "/review/rounds/",
        f"/review/rounds/{round_.pk}/",
        f"/review/{queue.pk}/",
        f"/review/{queue.pk}/work/",
    ):
        page.goto(address)
        if address.endswith("/work/"):
            wait_for_item(page)
        for one in Axe().run(page).response["violations"]:
            if one["impact"] in SERIOUS:
                found.append((address, one["id"], [node["html"][:120] for node in one["nodes"][:3]]))
    assert not found, found
