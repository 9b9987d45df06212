"""Saved filters: a name for a clip filter of one corpus, to come back to and to share."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .corpus import Corpus


class SavedFilter(models.Model):
    """``filter`` as ``ClipFilter.as_dict`` gives it. Not evidence: it can be renamed, replaced and removed."""

    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=80)
    filter = models.JSONField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["corpus", "name"], name="saved_filter_name_once")]

    def __str__(self) -> str:
        return self.name
