"""Sessions are told apart by browser and system, not by a line of version numbers."""

from __future__ import annotations

import pytest

from curation.templatetags.browsers import browser_words


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1 Version/18.0 Safari/605.1", "Safari on macOS"),
        ("Python-urllib/3.11", "Python-urllib/3.11"),
        ("x" * 200, "x" * 39 + "…"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_a_few_words(said: str, words: str) -> None:
    assert browser_words(said) == words
