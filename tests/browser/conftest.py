"""A real browser against a live server on the real test database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from curation.models import User
from tests import factories
from tests.chromium import slowed


@pytest.fixture
def sign_in(browser: Any, transactional_db: None, live_server: Any) -> Iterator[Callable[..., Any]]:
    """``sign_in(user)`` → a page of that user's own browser profile; errors on the page fail the test."""
    contexts, problems = [], []

    def enter(user: User, **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1280, "height": 720})
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = slowed(context.new_page())
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on("console", lambda message: _note(message, problems))
        page.goto("/login/")
        page.fill("input[name=username]", user.username)
        page.fill("input[name=password]", factories.PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    enter.problems = problems  # type: ignore[attr-defined]
    yield enter
    for context in contexts:
        context.close()
    assert not problems, problems


def _note(message: Any, problems: list[str]) -> None:
    if message.type == "error" and "Content Security Policy" in message.text:
        problems.append(message.text)


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> Path:
    """An empty store of this test; ``store / "renditions"`` is where previews belong."""
    settings.STORAGE = str(tmp_path / "storage")
    folder = tmp_path / "storage" / "renditions"
    folder.mkdir(parents=True)
    return folder
