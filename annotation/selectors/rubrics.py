"""Rubric versions as what runs with every clip reads them."""

from __future__ import annotations

from functools import lru_cache

from annotation.models import RubricVersion


@lru_cache(maxsize=64)
def rubric_version(pk: int) -> RubricVersion:
    """A version with its rubric: what it asks and what it is called never change, so both may be kept."""
    return RubricVersion.objects.select_related("rubric").get(pk=pk)
