"""API tokens: one login's right to ask by program, narrowed by scopes and ended by a date. Only a hash is kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """``digest`` is the sha256 of the secret, which nobody can read again; ``hint`` its first letters, to know it by."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=16)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    window_at = models.DateTimeField(null=True, help_text="Start of the minute that requests are counted in.")
    used = models.IntegerField(default=0, help_text="Requests in that minute.")
