"""Who may watch a clip: whoever sees the whole corpus, and whoever another app says was given it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from curation.models import Clip, Role

Given = Callable[[Any, Clip], bool]
_GIVEN: dict[str, Given] = {}


def register(name: str, given: Given) -> None:
    """Have ``given(user, clip)`` asked of people who do not see the whole corpus."""
    _GIVEN[name] = given


def may_watch(user: Any, clip: Clip) -> bool:
    """Curators, auditors and admins watch every clip; annotators those that they were given."""
    if user.has_role(Role.CURATOR, Role.AUDITOR):
        return True
    return any(given(user, clip) for given in _GIVEN.values())
