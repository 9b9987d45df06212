"""Pages by key: ``after`` is the last id of the page before, ``next`` what to send to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from ninja import Field, Schema

MOST = 500


class Place(Schema):
    """Where a page begins, and how long it is."""

    after: int = Field(0, ge=0, le=2**62, description="the `next` of the page before")
    limit: int = Field(100, ge=1, le=MOST)


def page_of(rows: QuerySet[Any], place: Place, form: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """One page of ``rows`` by ascending id."""
    found = list(rows.filter(pk__gt=place.after).order_by("pk")[: place.limit + 1])
    more, found = len(found) > place.limit, found[: place.limit]
    return {"items": [form(each) for each in found], "next": found[-1].pk if more else None}
