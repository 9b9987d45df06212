"""The product once around: footage in, measured, proposed, reviewed by keyboard, agreement counted, subset exported."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from annotation.models import Judgment
from curation.media.demo import TAKES, Take, make_demo_footage
from curation.models import Clip, Corpus, ExportJob, ExportRecord, Proposal, Source, Verdict
from curation.policies.tiers import Tier
from curation.services.exports import export_run
from tests import factories
from tests.browser.room import wait_for_item
from tests.chromium import soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILMED = {
    "hopper_close.mp4",
    "collins_german.mp4",
    "soft_archive.avi",
    "restless.mp4",
    "blurred.mp4",
    "corrupt.mp4",
}
REVIEWED = 5
WORDS = 10


def quietly(*arguments: Any, **options: Any) -> None:
    call_command(*arguments, stdout=StringIO(), stderr=StringIO(), **options)


def briefly(take: Take) -> Take:
    """The same take with the first words of its first line: what it shows is seen in four seconds too."""
    line = take.lines[0]
    return replace(take, lines=(replace(line, text=" ".join(line.text.split()[:WORDS])),))


@pytest.fixture
def corpus(tmp_path: Path, store: Path) -> Corpus:
    """Six takes of the demo, begun as they are, filmed, ingested, measured, proposed and queued."""
    footage = tmp_path / "footage"
    make_demo_footage(footage, takes=[briefly(take) for take in TAKES if take.name in FILMED])
    quietly("ingest", str(footage), corpus="demo")
    quietly("policy", "preset", "rushes-default", corpus="demo", activate=True, why="to begin with")
    quietly("score", corpus="demo", here=True)
    quietly("queue", "create", corpus="demo", kind="verify", name="First look")
    return Corpus.objects.get(slug="demo")


def review(page: Any) -> None:
    """Five clips with the keyboard alone: three accepted, one moved, one accepted with a look at the help first."""
    page.goto("/review/")
    page.click("main a:has-text('Start')")
    for number, keys in enumerate((["Space"], ["Space"], ["3"], ["Space"], ["?", "Escape", "Space"])):
        wait_for_item(page)
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(150)
        soon(page, Judgment.objects.count, number + 1)


def test_the_whole_loop(sign_in: Any, corpus: Corpus, store: Path) -> None:
    broken = Source.objects.get(state="failed")
    assert broken.name == "corrupt.mp4" and broken.failure
    tiers = set(Proposal.objects.filter(policy=corpus.active_policy).values_list("tier", flat=True))
    assert Tier.SFT in tiers and Tier.REJECT in tiers and Tier.UNDECIDED not in tiers

    review(sign_in(factories.user("annotator")))
    assert Judgment.objects.count() == REVIEWED
    assert Verdict.objects.count() == REVIEWED
    judgment = Judgment.objects.order_by("received_at").first()
    assert judgment is not None and judgment.shown["scores"] and judgment.shown["policy"]

    curator = sign_in(factories.user("curator"))
    curator.goto("/corpora/demo/agreement/")
    settled = curator.locator("dl.figures div", has_text="settled").locator("dd")
    settled.wait_for(timeout=30_000)
    soon(curator, settled.inner_text, str(REVIEWED))

    auditor = sign_in(factories.user("auditor"))
    auditor.goto("/corpora/demo/exports/")
    for box in auditor.locator("input[name=tiers]").all():
        box.check()
    auditor.fill("input[name=name]", "what people settled")
    auditor.click("button:has-text('Freeze this list')")
    auditor.wait_for_url(lambda url: "/subsets/" in url)
    auditor.click("button:has-text('Export')")
    soon(auditor, ExportJob.objects.count, 1)
    assert export_run() is not None
    with auditor.expect_download(timeout=30_000) as download:
        auditor.reload()
        auditor.locator("a[download]", has_text="manifest.json").click()
    manifest = json.loads(Path(download.value.path()).read_text())

    record = ExportRecord.objects.get()
    folder = store.parent / "exports" / record.destination
    rows = [json.loads(line) for line in (folder / "clips.jsonl").read_text().splitlines()]
    validated = set(Verdict.objects.filter(superseded_by=None).values_list("clip_id", flat=True))
    assert {row["rushes"]["clip"] for row in rows} == validated
    assert len(rows) == manifest["counts"]["clips"] == REVIEWED
    for file in manifest["files"]:
        assert hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    measured = Clip.objects.get(pk=rows[0]["rushes"]["clip"]).scorecards.get()
    assert rows[0]["head_detail"]["scores"]["avg_movement"] == pytest.approx(measured.movement_avg)
    verdict = rows[0]["rushes"]["verdict"]
    assert verdict["raters"] and set(verdict["rubric"]) == {"slug", "version"}, (
        "who said so, by which guideline"
    )
    assert rows[0]["dover_scores"] is None, "not measured is null, never a number"
