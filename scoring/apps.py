"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """Scorers, model adapters, the runner, and the tasks that measure."""

    name = "scoring"
    default_auto_field = "django.db.models.BigAutoField"
