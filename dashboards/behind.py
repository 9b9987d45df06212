"""Every number whose clips can be looked at, by its dashboard; what finds them is loaded with the first that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from dashboards.data.behind import Behind

FindClips = Callable[[str, Mapping[str, str]], Behind]
"""(corpus, the view's state and what names the number) → its clips; raises ``NoSuchNumber``."""
NUMBERS: Mapping[str, tuple[str, ...]] = {
    "agreement": ("judged", "settled", "undecided", "cell", "count", "rule"),
    "thresholds": ("tier", "move", "left", "bin", "said", "quality", "curve"),
    "subgroups": ("judged", "clips"),
    "operations": ("drift",),
}


def clips_finder(dashboard: str, number: str) -> FindClips | None:
    """What finds those clips, the function of its name in ``dashboards.<dashboard>.behind``; None: no such number."""
    if number not in NUMBERS.get(dashboard, ()):
        return None
    return cast(FindClips, getattr(import_module(f"dashboards.{dashboard}.behind"), number))
