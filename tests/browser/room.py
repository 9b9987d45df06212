"""What every browser test of review does: film clips, wait for the page, count what waits in the browser."""

from __future__ import annotations

import os

from curation.models import Clip
from tests import factories
from tests.browser import takes
from tests.chromium import soon


def film_all(world, store, **options):
    """One short film for every clip of the world."""
    first = None
    for number, clip in enumerate(world.clips):
        Clip.objects.filter(pk=clip.pk).update(end_s=clip.start_s + 2.0)
        clip.end_s = clip.start_s + 2.0
        if first is None:
            first = takes.preview(clip, store, seconds=2.0, hue=number * 11, **options)
        else:
            factories.rendition(
                clip, store / first.path, root=store, width=640, height=360, timestamps=first.timestamps
            )
        takes.waveform(clip, store)


def until(page, expression, seconds=20.0):
    """Wait for a script expression; the pages' policy forbids the evaluation that Playwright's own waiting uses."""
    soon(page, lambda: bool(page.evaluate(expression)), True, seconds=seconds, what=expression)


def wait_for_item(page):
    page.wait_for_selector("#room:not([hidden])")
    until(page, "document.querySelector('.take-seen')?.readyState >= 2")


FRAMES = "performance.getEntriesByName('key-to-frame').length"
# Keys that follow each other before the browser runs anything else: promises may settle between them, no event comes.
AT_ONCE = """async (keys) => {
    for (const key of keys) {
        (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        for (let turn = 0; turn < 50; turn += 1) await null;
    }
}"""
WAITING = "Object.keys(localStorage).filter((key) => key.startsWith('rushes.outbox')).length"


def done(page):
    return page.locator("#progress").inner_text()


def picture(page, name):
    """Keep a picture to look at where ``RUSHES_PICTURES`` names a folder."""
    if folder := os.environ.get("RUSHES_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")
