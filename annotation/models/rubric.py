"""Rubrics: what raters are asked, in versions that never change once used."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Rubric(models.Model):
    """A family of questions and guidelines, such as 'tier with reasons'."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class RubricVersion(models.Model):
    """One immutable version.

    ``questions`` is a list of ``{"key", "text", "kind": "tier" | "choice", "options": [{"key", "label", "hotkey"}],
    "reasons": [{"key", "label", "hotkey"}], "rule": {...} | null}``; "cannot judge" is always an answer besides.
    """

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    guideline = models.TextField(blank=True)
    questions = models.JSONField()
    examples = models.JSONField(
        default=list, help_text="What calibration decided: clip, question, answer, note, round."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rubric", "number"], name="rubric_version_once")]

    def __str__(self) -> str:
        return f"{self.rubric} v{self.number}"
