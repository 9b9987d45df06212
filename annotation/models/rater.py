"""Raters: the pseudonyms that judgments are kept under, apart from the logins behind them."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Rater(models.Model):
    """A person who judges, known only by a pseudonym."""

    pseudonym = models.CharField(max_length=40, unique=True)
    languages = models.JSONField(default=list, help_text="Codes of languages that this rater understands.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.pseudonym


class RaterIdentity(models.Model):
    """Which login a pseudonym belongs to. Erasing this row erases the person, not the judgments."""

    rater = models.OneToOneField(Rater, on_delete=models.CASCADE, related_name="identity")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="rater_identity"
    )
