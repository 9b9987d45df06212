"""Every table that can be downloaded, by its dashboard; what makes them is loaded with the first that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from dashboards.csvfile import Table

MakeTable = Callable[[str, Mapping[str, str]], Table]
"""(corpus, the view's state) → numbers."""
TABLES: Mapping[str, tuple[str, ...]] = {
    "agreement": ("readings", "matrix", "people", "rules", "anchoring"),
    "thresholds": ("tiers", "quality", "moves", "funnel", "histograms", "curve"),
    "subgroups": ("groups", "worst"),
    "operations": ("rate", "depth", "failures", "forecast", "raters", "drift"),
}


def table_maker(dashboard: str, table: str) -> MakeTable | None:
    """What makes that table, the function of its name in ``dashboards.<dashboard>.tables``; None: there is no such table."""
    if table not in TABLES.get(dashboard, ()):
        return None
    return cast(MakeTable, getattr(import_module(f"dashboards.{dashboard}.tables"), table))
