"""Curation's pages in a real browser: they hold together at 1280 × 720, and a subset goes from list to files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curation.models import (
    Clip,
    DroppedSpan,
    Person,
    RefusedFile,
    ScoringTarget,
    Shot,
    Source,
    Track,
    Turn,
)
from curation.selectors.clipfilter import ClipFilter
from curation.services.exports import export_request, export_run
from curation.services.savedfilters import filter_save
from curation.services.subsets import subset_freeze
from curation.services.withdrawal import source_withdraw
from curation.storage import shelf
from tests import factories, footage
from tests.chromium import shot, soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> factories.World:
    """A corpus whose clips can be watched, with verdicts, a failure and a refused file."""
    settings.STORAGE = str(tmp_path / "storage")
    made = factories.world(
        sft=9, pretrain=5, reject=6, undecided=3, name="Evening interviews", slug="evening"
    )
    root = shelf("renditions")
    film = footage.video(root / "film.mp4", seconds=3, size=(640, 360), codec="libx264", sound=True)
    from PIL import Image

    Image.fromarray(footage.picture(7, (640, 360), scene=1)).save(root / "poster.jpg")
    for clip in made.clips:
        factories.rendition(clip, film, root=root, width=640, height=360)
        factories.rendition(clip, root / "poster.jpg", root=root, kind="poster", content_type="image/jpeg")
    for clip, answer in zip(made.clips, ["sft"] * 6 + ["reject"] * 2, strict=False):
        factories.verdict(
            clip, answer, evidence={"raters": ["rater-amber", "rater-slate"]}, method="agreed", blind=True
        )
    ScoringTarget.objects.create(
        source=made.source,
        stage="look",
        builds_key="b",
        state="failed",
        failure="decoding ran past its time limit",
    )
    ScoringTarget.objects.create(source=made.source, stage="derive", builds_key="b", state="done")
    RefusedFile.objects.create(
        corpus=made.corpus,
        uri="/x/notes.txt",
        name="notes.txt",
        code="no_video",
        reason="it holds no picture stream",
    )
    Source.objects.filter(pk=made.source.pk).update(duration_s=120.0)
    people(made)
    factories.policy(
        made.corpus,
        rules=[
            *factories.RULES[:3],
            ("sft", "sharpness", "at_least", 140.0, None),
            ("sft", "cotracker_ratio", "within", 0.85, 0.999),
            *factories.RULES[4:],
        ],
        name="sharper",
        why="too many soft pictures passed",
    )
    return made


def people(made: factories.World) -> None:
    """Two persons in the source, seen and heard, with shots and spans that became no clip; one left elsewhere."""
    for number in range(4):
        shot_row = Shot.objects.create(
            source=made.source, number=number, start_s=30.0 * number, end_s=30.0 * number + 30
        )
        person = Person.objects.get_or_create(
            corpus=made.corpus, source=made.source, label="AB"[number % 2], gender="female"
        )[0]
        track = Track.objects.create(
            source=made.source,
            shot=shot_row,
            person=person,
            number=number,
            start_s=30.0 * number + 2,
            end_s=30.0 * number + 25,
        )
        Turn.objects.create(
            source=made.source, track=track, person=person, start_s=30.0 * number + 4, end_s=30.0 * number + 9
        )
        Clip.objects.filter(pk=made.sft[number].pk).update(person=person)
    DroppedSpan.objects.create(
        source=made.source,
        recipe=factories.recipe(),
        start_s=90,
        end_s=92,
        code="too_short",
        reason="2.0 s, at least 3 s",
    )
    gone = factories.source(made.corpus)
    factories.verdict(factories.clip(gone))
    subset = subset_freeze(corpus=made.corpus, name="first list", tiers=["sft"])
    assert export_run(job_id=export_request(subset=subset, format="csv").pk)
    source_withdraw(source=gone, reason="The channel asked us to take it down.", by=factories.user("curator"))
    filter_save(corpus=made.corpus, name="soft pictures", chosen=ClipFilter(metric="sharpness", high=50))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_page_holds_together(world: factories.World, signed_in: Callable[..., Any], theme: str) -> None:
    page = signed_in("admin", theme=theme)
    clip, undecided = world.reject[0], world.undecided[0]
    addresses = {
        "corpora": "/",
        "home": "/corpora/evening/",
        "sheet": "/corpora/evening/clips/",
        "table": "/corpora/evening/clips/?view=table&tier=reject&tier=undecided&metric=movement_min&low=10",
        "clip": f"/clips/{world.sft[0].pk}/",
        "clip-reject": f"/clips/{clip.pk}/",
        "clip-undecided": f"/clips/{undecided.pk}/",
        "policies": "/corpora/evening/policies/",
        "policy": "/corpora/evening/policies/1/",
        "policy-next": "/corpora/evening/policies/2/",
        "sources": "/corpora/evening/sources/",
        "source": f"/sources/{world.source.pk}/",
        "persons": "/corpora/evening/persons/",
        "person": f"/persons/{world.source.persons.first().pk}/",
        "withdrawals": "/corpora/evening/withdrawals/",
        "failures": "/corpora/evening/failures/",
        "exports": "/corpora/evening/exports/?metric=movement_min&low=10",
        "account": "/account/",
    }
    for name, address in addresses.items():
        response = page.goto(address)
        assert response.status == 200, address
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").count() == 1, f"{address} has one heading"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{address} scrolls sideways"
        )
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        shot(page, f"{theme}-{name}")


def test_a_clip_plays_and_says_why_it_is_undecided(
    world: factories.World, signed_in: Callable[..., Any]
) -> None:
    page = signed_in("curator")
    page.goto(f"/clips/{world.undecided[0].pk}/")
    assert page.get_by_text("Undecided: it could be sft or pretrain").is_visible()
    assert page.locator(".held-unknown").count() == 1
    page.locator("video").evaluate(
        "video => new Promise(done => { if (video.readyState >= 1) done(); else video.onloadedmetadata = done })"
    )
    page.locator("video").evaluate(
        "video => new Promise(done => { video.onseeked = done; video.currentTime = 2 })"
    )
    assert page.locator("video").evaluate("video => video.currentTime") == pytest.approx(2, abs=0.1)


def test_the_filter_is_in_the_address_and_counts(
    world: factories.World, signed_in: Callable[..., Any]
) -> None:
    page = signed_in("curator")
    page.goto("/corpora/evening/clips/")
    with page.expect_navigation():
        page.locator(".tier-choice label", has_text="reject").click()
    assert "tier=reject" in page.url
    soon(page, page.locator("h1").inner_text, "6 clips")
    with page.expect_navigation():
        page.get_by_label("fails rule").select_option(label="S · sharpness: at least 100 variance")
    soon(page, page.locator(".tile").count, 6)
    page.goto("/corpora/evening/clips/?metric=password")
    assert page.get_by_text("no clip metric is called 'password'").is_visible()
    assert all("400 (Bad Request)" in each for each in signed_in.complaints)  # type: ignore[attr-defined]
    signed_in.complaints.clear()  # type: ignore[attr-defined]


def test_the_theme_stays_chosen(signed_in: Callable[..., Any]) -> None:
    page = signed_in("curator")
    page.goto("/")
    page.get_by_label("Switch between dark and light").click()
    theme = "document.documentElement.dataset.theme"
    soon(page, lambda: page.evaluate(theme), "light")
    page.reload()
    assert page.evaluate(theme) == "light"
    shot(page, "light-empty")


def test_sign_in_and_out(live_server: Any, signed_in: Callable[..., Any]) -> None:
    made = factories.user("annotator", username="nadia")
    page = signed_in(None)
    page.goto("/account/")
    shot(page, "dark-login")
    page.get_by_label("Name").fill("nadia")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("do not match").wait_for()
    page.get_by_label("Name").fill(made.username)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/")
    page.locator(".menu-end summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/")


def test_an_auditor_takes_a_subset_from_list_to_files(
    world: factories.World, signed_in: Callable[..., Any]
) -> None:
    page = signed_in("auditor")
    page.goto("/corpora/evening/")
    page.get_by_role("link", name="Make a subset").click()
    page.wait_for_url("**/exports/")
    page.locator(".subset-count .big").wait_for()
    soon(page, page.locator(".subset-count").inner_text, "6 clips")
    page.get_by_label("name").fill("sft, first round")
    shot(page, "dark-subset-form")
    page.get_by_role("button", name="Freeze this list").click()
    page.wait_for_url("**/subsets/*/")
    assert page.locator(".stat-value").first.inner_text() == "6"
    page.get_by_role("button", name="Export 6 clips").click()
    page.get_by_text("Waiting for a worker").wait_for()
    shot(page, "dark-export-waiting")
    page.get_by_label("CSV table").check()
    page.get_by_role("button", name="Cancel talkvid-jsonl").focus()
    for _ in range(2):  # what the first of them brings is there before the second is asked for
        with page.expect_response("**/exports/jobs/**"):
            pass
    assert page.evaluate("document.activeElement.textContent") == "Cancel", "the bar moves, not the button"
    assert export_run() is not None  # what the worker does
    page.get_by_text("whole", exact=True).wait_for()
    assert page.get_by_label("CSV table").is_checked(), "what was chosen meanwhile stays"
    shot(page, "dark-subset")
    with page.expect_download() as started:
        page.get_by_role("link", name="clips.jsonl").click()
    text = Path(started.value.path()).read_text()
    with page.expect_download() as started:
        page.get_by_role("link", name="manifest.json").click()
    manifest = json.loads(Path(started.value.path()).read_text())
    assert len(text.splitlines()) == manifest["counts"]["clips"] == 6
    hashes = {file["name"]: file["sha256"] for file in manifest["files"]}
    assert hashes["clips.jsonl"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_curator_activates_the_next_policy(world: factories.World, signed_in: Callable[..., Any]) -> None:
    page = signed_in("curator")
    page.goto("/corpora/evening/policies/2/")
    assert page.get_by_text("sharpness: at least 100 → at least 140 (sft)").is_visible()
    page.get_by_label("why?").fill("soft pictures")
    page.get_by_role("button", name="Activate policy 2").click()
    page.get_by_text("Policy 2 is active.").wait_for()
    shot(page, "dark-activated")
    page.goto("/corpora/evening/")
    assert page.get_by_text("policy 2, sharper").is_visible()


def test_a_curator_withdraws_a_source_and_is_told_what_holds_it(
    world: factories.World, signed_in: Callable[..., Any]
) -> None:
    page = signed_in("curator")
    page.goto(f"/sources/{world.source.pk}/")
    shot(page, "dark-source-full", full=True)
    page.get_by_text("Withdraw this source…").click()
    page.get_by_label("why?").fill("licence ended")
    shot(page, "dark-withdraw-asks")
    page.get_by_role("button", name="Withdraw for good").click()
    page.wait_for_url("**/withdrawals/")
    assert page.get_by_role("cell", name="licence ended").is_visible()
    signed_in.complaints.clear()  # type: ignore[attr-defined]
    assert page.goto(f"/sources/{world.source.pk}/").status == 410
    assert page.get_by_text("licence ended").is_visible()
    shot(page, "dark-410")
    # Chromium logs the 410 itself.
    signed_in.complaints.clear()  # type: ignore[attr-defined]


def test_a_filter_is_saved_and_opened_again(world: factories.World, signed_in: Callable[..., Any]) -> None:
    page = signed_in("curator")
    page.goto("/corpora/evening/clips/?tier=reject")
    page.locator(".saved-filters summary").click()
    page.get_by_label("save this filter as").fill("rejects")
    shot(page, "dark-saved-filters")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved as “rejects”").wait_for()
    page.goto("/corpora/evening/clips/")
    page.locator(".saved-filters summary").click()
    page.get_by_role("link", name="rejects").click()
    page.wait_for_url("**/clips/?tier=reject")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_token_is_made_copied_and_revoked(
    world: factories.World, signed_in: Callable[..., Any], theme: str
) -> None:
    page = signed_in("auditor", theme=theme)
    page.goto("/account/")
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("what for?").fill("nightly export")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_text("Copy it now").wait_for()
    assert page.locator("pre code").inner_text().startswith("rushes_")
    shot(page, f"{theme}-tokens")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Revoke nightly export").click()
    page.get_by_text("does not hold any more").wait_for()
