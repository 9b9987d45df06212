"""What a spreadsheet would run instead of showing it."""

from __future__ import annotations

import re

# Spaces and invisible characters that spreadsheets take away, then what begins a formula; the full-width signs are read
# as such where Chinese, Japanese or Korean is written. Tab and line ends begin one by themselves (OWASP, CSV injection).
_FORMULA = re.compile(
    r"[\t\r\n]|[\s\x00-\x20\ufeff\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064]*[=+\-@＝＋－＠]"
)


def harmless(text: str) -> str:
    """``text``, with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
