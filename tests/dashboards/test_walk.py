"""The dashboards in a real browser: nothing is blocked, nothing complains, keys suffice, the theme reaches figures."""

from __future__ import annotations

import re
from typing import Any

import pytest

from curation.models import Clip, Policy
from curation.policies.tiers import Tier
from curation.services.snapshot import snapshot_engine, snapshot_refresh
from tests import factories
from tests.chromium import shot, soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SLIDE = '[id=\'{"part":"slide","side":"low0"}\']'
NUMBER = '[id=\'{"part":"number","side":"low0"}\']'


def addressed(page: Any) -> float | None:
    """The first rule's bound as the address has it."""
    found = re.search(r"low0=([\d.]+)", page.url)
    return float(found[1]) if found else None


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> Any:
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()
    made = factories.world(sft=3, pretrain=0, reject=2, undecided=0)
    values = (52.0, 58.0, 60.0, 62.0, 66.0, 70.5, 90.0)
    factories.propose(
        made.policy, [factories.clip(made.source, scores={"movement_min": at}) for at in values]
    )
    for clip in Clip.objects.filter(corpus=made.corpus, proposals__tier=Tier.SFT)[:4]:
        factories.verdict(clip, "sft")
    snapshot_refresh(corpus=made.corpus)
    return made


@pytest.mark.parametrize("name", ["agreement", "thresholds", "subgroups", "operations"])
def test_each_dashboard_stands_without_a_complaint(world: Any, signed_in: Any, name: str) -> None:
    page = signed_in("curator")
    page.goto(f"/corpora/{world.corpus.slug}/{name}/")
    page.wait_for_selector(".dash-page .card")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "nothing runs off the side"
    )
    soon(page, page.locator(".dash-ways a").count, 4)
    assert page.locator(".dash-ways [aria-current=page]").inner_text().lower() == name
    shot(page, f"dashboard-{name}-dark")
    page.click("[data-theme-switch]")
    page.wait_for_timeout(500)
    shot(page, f"dashboard-{name}-light")


def test_a_threshold_is_tuned_saved_and_offered_for_activation_by_keys_alone(
    world: Any, signed_in: Any
) -> None:
    page = signed_in("curator")
    page.goto(f"/corpora/{world.corpus.slug}/thresholds/")
    page.wait_for_selector("#outcome table")
    page.focus(SLIDE)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".tuning-diff li")
    soon(page, lambda: 60 < float(page.input_value(NUMBER)) == addressed(page), True)
    page.fill(NUMBER, "64.5")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tuning-diff li:has-text('64.5')")
    soon(page, lambda: addressed(page), 64.5)
    page.reload()
    page.wait_for_selector(".tuning-diff li:has-text('64.5')")
    page.fill(".save-bar input[name=why]", "only steady heads")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice-success:has-text('Saved as policy 2')")
    assert Policy.objects.get(corpus=world.corpus, number=2).rules.get(ordinal=0).low == 64.5
    page.wait_for_selector("button:has-text('Activate policy 2')")
    page.on("dialog", lambda dialog: dialog.accept())
    page.focus("button:has-text('Activate policy 2')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".badge-active")
    world.corpus.refresh_from_db()
    assert world.corpus.active_policy.number == 2


def test_an_auditor_may_try_but_not_save(world: Any, signed_in: Any) -> None:
    page = signed_in("auditor")
    page.goto(f"/corpora/{world.corpus.slug}/thresholds/?low0=64.5")
    page.wait_for_selector(".tuning-diff li:has-text('64.5')")
    assert page.locator(".save-bar button").count() == 0


def test_figures_follow_the_theme_and_can_be_kept_as_pictures(world: Any, signed_in: Any) -> None:
    page = signed_in("curator")
    page.goto(f"/corpora/{world.corpus.slug}/agreement/")
    page.wait_for_selector(
        "[data-figure=matrix] .js-plotly-plot .heatmaplayer image, [data-figure=matrix] .hm"
    )
    ground = "document.querySelector('[data-figure=matrix] .main-svg').style.background"
    soon(page, lambda: page.evaluate(ground), "rgb(21, 24, 27)")
    page.click("[data-theme-switch]")
    soon(page, lambda: page.evaluate(ground) in ("rgb(255, 255, 255)", "white"), True)
    with page.expect_download() as download:
        page.click("[data-picture=matrix]")
    assert download.value.suggested_filename == "matrix.png"
    with page.expect_download() as table:
        page.click("a[href$='readings.csv']")
    assert table.value.suggested_filename.endswith("agreement-readings.csv")


def test_a_cell_leads_to_its_clips(world: Any, signed_in: Any) -> None:
    page = signed_in("curator")
    page.goto(f"/corpora/{world.corpus.slug}/agreement/")
    page.wait_for_selector("[data-figure=matrix] [data-leads] .nsewdrag")  # drawn, and its clicks are heard
    box = page.locator("[data-figure=matrix] .nsewdrag").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 6, box["y"] + box["height"] / 6)
    page.wait_for_url("**/behind/agreement/cell/?*proposed=sft&verdict=sft")
    page.wait_for_selector("h1:has-text('4 clips')")
