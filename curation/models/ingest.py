"""Ingest jobs: taking footage in from a folder or from object storage, gone on with after a kill."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .clip import Recipe
from .corpus import Corpus


class IngestJob(models.Model):
    """One run over everything below an address. ``after`` is the last key that is in, or listed as bad."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        LEASED = "leased", "leased"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="ingest_jobs")
    address = models.TextField(help_text="s3://bucket/prefix, or a folder within MEDIA_ROOTS.")
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    after = models.TextField(blank=True)
    counts = models.JSONField(
        default=dict, help_text="added, known, failed, refused, passed_over, clips: so far."
    )
    token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
