"""How long somebody waits for the first figure of each dashboard, in Chromium, from the site as `manage.py up` runs it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from django.conf import settings

DASHBOARDS = ("thresholds", "agreement", "subgroups", "operations")
# What a trace has drawn, or the sentence that says why nothing can be.
_DRAWN = ", ".join(
    [
        *(f".js-plotly-plot .{part} path" for part in ("points", "errorbar", "scatterlayer", "barlayer")),
        ".empty",
    ]
)
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
_LONGEST_MS = 120_000
_RESTS_MS = 3_000
_BEFORE_WARM = 3  # visits until Chromium keeps a script compiled


def first_figures(site: str, cookie: str, slug: str, visits: int) -> dict[str, Any]:
    """Seconds from asking for a page to its first figure: ``visits`` times each with a browser that has never been
    here (``cold``), and with one that comes every day (``warm``). Both are up already."""
    program = shutil.which("chromium")
    if program is None:
        return {"not_run": "there is no chromium"}
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}

    def visit(context: Any, name: str) -> float:
        tab = context.new_page()
        began = time.perf_counter()
        tab.goto(f"{site}/corpora/{slug}/{name}/", wait_until="commit")
        tab.wait_for_selector(_DRAWN, timeout=_LONGEST_MS, state="attached")
        seconds = time.perf_counter() - began
        found[f"{name}_is_empty"] = tab.locator(".empty").count() > 0
        tab.close()
        return seconds

    def rest(context: Any) -> None:
        """Let the browser come up first: nobody starts theirs for each page."""
        tab = context.new_page()
        tab.wait_for_timeout(_RESTS_MS)
        tab.close()

    def allow(context: Any) -> Any:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
        return context

    with sync_playwright() as playwright:
        chromium, window = playwright.chromium, {"width": 1280, "height": 720}
        for name in DASHBOARDS:
            times = []
            for _ in range(visits):
                # A browser each: contexts of one would share what it has compiled.
                browser = chromium.launch(executable_path=program, args=_ARGUMENTS)
                context = allow(browser.new_context(viewport=window))
                rest(context)
                times.append(visit(context, name))
                browser.close()
            found[f"{name}_cold"] = figures(times)
        with tempfile.TemporaryDirectory(prefix="rushes-profile-", ignore_cleanup_errors=True) as profile:
            context = allow(
                chromium.launch_persistent_context(
                    profile, executable_path=program, args=_ARGUMENTS, viewport=window
                )
            )
            for name in DASHBOARDS:
                for _ in range(_BEFORE_WARM):
                    visit(context, name)
            for name in DASHBOARDS:
                found[f"{name}_warm"] = figures([visit(context, name) for _ in range(visits)])
            context.close()
    return found


def figures(seconds: list[float]) -> dict[str, Any]:
    """Best, median and all of them, in seconds."""
    return {
        "best_s": round(min(seconds), 2),
        "median_s": round(median(seconds), 2),
        "all_s": [round(one, 2) for one in seconds],
    }


def late(found: dict[str, Any], wanted_s: float, say: Callable[[str], None]) -> list[str]:
    """Print a line for each; answers with those whose median is more than ``wanted_s``."""
    slow = []
    for name in DASHBOARDS:
        for state in ("cold", "warm"):
            one = found.get(f"{name}_{state}")
            if one is None:
                continue
            say(f"  {name:<12}{state} cache: best {one['best_s']:.2f} s, median {one['median_s']:.2f} s")
            if one["median_s"] > wanted_s:
                slow.append(f"{name} with a {state} cache took {one['median_s']} s, wanted {wanted_s}")
    return slow
