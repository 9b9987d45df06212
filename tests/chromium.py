"""Debian's Chromium through Playwright, for tests that click. Use as fixtures::

    from tests.chromium import signed_in  # noqa: F401  (in a conftest.py; ``browser`` is there for every test)

    @pytest.mark.browser
    def test_it(live_server, signed_in):
        page = signed_in("curator")            # 1280 × 720, this role's own session
        page.goto(live_server.url)

A page that logs an error, breaks the content security policy or loads something from elsewhere fails its test.
Set RUSHES_SHOTS to a folder to keep what ``shot`` sees. Set RUSHES_SLOW to a number such as 6 to give every page
a processor so many times slower: a test that only holds on a quick machine shows.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests import factories

SIZE = {"width": 1280, "height": 720}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The one Chromium of the run; skips where there is none (an error under CI=true)."""
    sync_api = pytest.importorskip("playwright.sync_api")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no chromium on this machine: apt-get install chromium, or set CHROMIUM")
    # Playwright keeps a loop running in this thread, which Django would take for asynchronous code.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_api.sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            yield started
            started.close()
    finally:
        if before is None:
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


def slowed(page: Any) -> Any:
    """``page``, on a processor RUSHES_SLOW times slower; as it is where that is not set."""
    times = float(os.environ.get("RUSHES_SLOW", "1"))
    if times > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})
    return page


@pytest.fixture
def signed_in(browser: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """``signed_in(role)`` or ``signed_in(user=…)``: a page with that session; None: nobody is signed in."""
    contexts, complaints = [], []

    def open_page(
        role: str | None = "curator", *, user: Any = None, theme: str = "dark", **options: Any
    ) -> Any:
        context = browser.new_context(viewport=SIZE, base_url=live_server.url, **options)
        contexts.append(context)
        cookies = [{"name": "theme", "value": theme, "url": live_server.url}]
        if role is not None or user is not None:
            client = Client()
            client.force_login(user or factories.user(role or "curator"))
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            cookies.append({"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url})
        context.add_cookies(cookies)
        page = slowed(context.new_page())
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(("http:", "https:", "ws:"))
                and not request.url.startswith(live_server.url)
                and complaints.append(f"loads {request.url}")
            ),
        )
        return page

    open_page.complaints = complaints  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


def soon(page: Any, read: Callable[[], Any], wanted: Any, *, seconds: float = 20.0, what: str = "it") -> None:
    """``read()`` comes to be ``wanted`` (a text: comes to hold it), as it does for somebody who waits for the page."""

    def there(seen: Any) -> bool:
        return wanted in seen if isinstance(wanted, str) and isinstance(seen, str) else seen == wanted

    for _ in range(int(seconds / 0.05)):
        if there(read()):
            return
        page.wait_for_timeout(50)
    seen = read()
    assert there(seen), f"{what} never came to be {wanted!r}: saw {seen!r}"


def shot(page: Any, name: str, *, full: bool = False) -> None:
    """Keep what is seen, if RUSHES_SHOTS names a folder."""
    folder = os.environ.get("RUSHES_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=full)
