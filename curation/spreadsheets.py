"""What a spreadsheet would run instead of showing it."""

from __future__ import annotations

import re

# Spaces and invisible characters that spreadsheets take away, then what begins a formula; the full-width signs are read
# as such where Chinese, Japanese or Korean is written. Tab and line ends begin one by themselves (OWASP, CSV injection).
_FORMULA = re.compile(
    r"[\t\r\n]|[\s\x00-\x20\ufeff\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064]*[=+\-@＝＋－＠]"
)


def harmless(text: str) -> str:
    """``text``, with an apostrophe before it if a spreadsheet would take it for a formula, or if it begins with one
    itself: so whoever takes the first apostrophe off whatever begins with one has each text as it was."""
    return f"'{text}" if text.startswith("'") or _FORMULA.match(text) else text


# For whoever reads such cells; ``harmless`` keeps it.
READING = (
    "Text that a spreadsheet would run, and text that itself begins with an apostrophe, has an apostrophe put before it: "
    "take the first character off every cell that begins with one, and each is as it was."
)
