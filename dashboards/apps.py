"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Dash apps inside the site's session and permissions."""

    name = "dashboards"
    default_auto_field = "django.db.models.BigAutoField"
