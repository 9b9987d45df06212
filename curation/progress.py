"""A progress bar for the terminal: share, rate and time left, quiet where nobody looks."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from curation.terminal import printable


class ProgressBar:
    """Draws ``label  ████░░  12/40  3.1/s  9 s left  note`` on one line; on a pipe, a line every few seconds."""

    WIDTH = 24

    def __init__(self, label: str, total: int, *, unit: str = "", stream: TextIO | None = None) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.stream = stream or sys.stderr
        self.done = 0
        self._began = time.monotonic()
        self._drawn = 0.0
        self._tty = self.stream.isatty()

    def set(self, done: int, note: str = "") -> None:
        """Show that ``done`` of the total are finished."""
        self.done = done
        now = time.monotonic()
        pause = 0.1 if self._tty else 5.0
        if done < self.total and now - self._drawn < pause:
            return
        self._drawn = now
        line = self.line(now, note)
        self.stream.write(f"\r\x1b[2K{line}" if self._tty else f"{line}\n")
        self.stream.flush()

    def advance(self, note: str = "") -> None:
        """One more is done."""
        self.set(self.done + 1, note)

    def line(self, now: float, note: str = "") -> str:
        """The bar as text, at the monotonic time ``now``."""
        share = self.done / self.total if self.total else 1.0
        filled = round(share * self.WIDTH)
        spent = max(now - self._began, 1e-9)
        parts = [f"{self.label}  {'█' * filled}{'░' * (self.WIDTH - filled)}  {self.done}/{self.total}"]
        if self.done:
            parts.append(f"{self.done / spent:.1f} {self.unit}/s".replace(" /s", "/s"))
            if self.done < self.total:
                parts.append(f"{_span((self.total - self.done) * spent / self.done)} left")
            else:
                parts.append(f"in {_span(spent)}")
        if note:
            parts.append(printable(note)[:60])
        return "  ".join(parts)

    def finish(self) -> None:
        """End the line."""
        if self._tty:
            self.stream.write("\n")
            self.stream.flush()


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
