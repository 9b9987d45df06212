"""When there is nothing to show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NothingYet:
    """Why there is nothing to show, and the next step; ``address`` leads there, ``label`` names it."""

    reason: str
    step: str
    address: str = ""
    label: str = ""
