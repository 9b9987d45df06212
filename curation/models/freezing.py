"""Lists that are long to freeze: a worker does it, and tells how far it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .corpus import Corpus


class FreezeJob(models.Model):
    """A subset asked for. It is frozen whole, in one transaction, or not at all; the subset then points here."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        LEASED = "leased", "leased"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    corpus = models.ForeignKey(Corpus, on_delete=models.PROTECT, related_name="freeze_jobs")
    name = models.CharField(max_length=120)
    asked = models.JSONField(
        help_text="tiers, validated_only and filter, as ``subset_freeze`` takes them; split, where one is asked for."
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    done = models.BigIntegerField(default=0, help_text="Clips of the corpus looked at so far.")
    total = models.BigIntegerField(default=0, help_text="Clips of the corpus, counted by who does it.")
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
