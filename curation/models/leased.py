"""What every job has that workers claim from its table under a lease."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class LeasedJob(models.Model):
    """Asked for by somebody, done by whoever holds ``token`` until ``leased_until``; see ``services.jobleases``."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        LEASED = "leased", "leased"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    OPEN = (State.WAITING, State.LEASED)

    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
