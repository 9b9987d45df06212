"""How numbers and times look on every page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from curation.templatetags.rushes import pace


@pytest.mark.parametrize(("age_s", "at_least", "at_most"), [(0, 100, 100), (5, 500, 600), (3600, 1000, 1000)])
def test_what_is_young_is_asked_for_often_and_what_is_old_seldom(
    age_s: float, at_least: int, at_most: int
) -> None:
    wait = pace(timezone.now() - timedelta(seconds=age_s))
    assert wait.endswith("ms") and at_least <= int(wait.removesuffix("ms")) <= at_most
