"""What the terminal is told: names and texts of strangers are shown on it and never obeyed by it."""

from __future__ import annotations

import re
from typing import Any, TextIO

# Colours and clearing a line are our own to use; everything else that moves, rings, hides or turns round is shown instead.
_OBEYED = re.compile(
    r"(?P<ours>\x1b\[[0-9;]*[mK])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def printable(text: str) -> str:
    """``text`` with every sign escaped that a terminal would obey or hide, ends of lines too: for a name, say."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def shown(text: str) -> str:
    """``text`` as a terminal may have it: what it would obey is escaped, but for colours and ends of lines."""
    return _OBEYED.sub(lambda found: found["ours"] or printable(found[0]), text)


class Terminal:
    """A stream that is written to through ``shown``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write ``text`` as it may be shown."""
        return self._stream.write(shown(text))

    def writelines(self, lines: Any) -> None:
        """Write each of ``lines``."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
