"""The app's name for Django, and what it prepares in a process that serves pages."""

from __future__ import annotations

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Dash apps inside the site's session and permissions."""

    name = "dashboards"
    default_auto_field = "django.db.models.BigAutoField"

    def serving(self) -> None:
        """This process begins to serve: what the first dashboard needs is loaded beside its first answers."""
        from dashboards.warm import warm_beside

        warm_beside()
