"""Reading what PostgreSQL says of its own work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan of ``EXPLAIN (FORMAT JSON)`` and everything below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes_of(below)
