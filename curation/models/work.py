"""Scoring work: the database is the truth about it, the broker only wakes workers."""

from __future__ import annotations

from django.db import models

from .source import Source


class ScoringTarget(models.Model):
    """One stage of one source for one set of scorer builds: claimed, leased, done once."""

    class Stage(models.TextChoices):
        LISTEN = "listen", "listen"
        LOOK = "look", "look"
        DERIVE = "derive", "derive and score"
        RENDER = "render", "make renditions"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        LEASED = "leased", "leased"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="scoring_targets")
    stage = models.CharField(max_length=12, choices=Stage.choices)
    builds_key = models.CharField(
        max_length=64, help_text="Hash of the builds wanted; a new build is new work."
    )
    scorers = models.JSONField(default=list, help_text="Names of the scorers that this work runs.")
    queue = models.CharField(max_length=8, default="cpu")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0)
    token = models.UUIDField(null=True, help_text="Of the present lease; a write with another is refused.")
    # While it waits after a fault that may pass: not before then.
    leased_until = models.DateTimeField(null=True)
    progress = models.FloatField(null=True, help_text="Share done, 0 to 1.")
    failure_code = models.CharField(max_length=40, blank=True)
    failure = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "stage", "builds_key"], name="target_once_a_build")
        ]
        indexes = [
            models.Index(
                fields=["queue", "id"],
                condition=models.Q(state__in=["waiting", "leased"]),
                name="target_open",
            )
        ]
