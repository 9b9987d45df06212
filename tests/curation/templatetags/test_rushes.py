"""How numbers and times look on every page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from curation.templatetags.rushes import left, pace, sentence


@pytest.mark.parametrize(("age_s", "at_least", "at_most"), [(0, 100, 100), (5, 500, 600), (3600, 1000, 1000)])
def test_what_is_young_is_asked_for_often_and_what_is_old_seldom(
    age_s: float, at_least: int, at_most: int
) -> None:
    wait = pace(timezone.now() - timedelta(seconds=age_s))
    assert wait.endswith("ms") and at_least <= int(wait.removesuffix("ms")) <= at_most


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "a few seconds left"), (42, "40 s left"), (200, "3 min left"), (9000, "2 h left")],
)
def test_what_is_left_is_said_without_flicker(seconds: float, said: str) -> None:
    assert left(seconds).replace("\u202f", " ") == said


def test_an_error_is_a_sentence_of_its_own() -> None:
    assert [sentence(text) for text in ("no disk", "No disk.")] == ["No disk.", "No disk."]
