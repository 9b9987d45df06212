"""The app of the facts."""

from __future__ import annotations

from django.apps import AppConfig


class CurationConfig(AppConfig):
    """Facts: corpora, sources, clips, scorecards, policies, verdicts, exports."""

    name = "curation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import importlib.util

        if importlib.util.find_spec("curation.checks"):
            importlib.import_module("curation.checks")
        importlib.import_module("curation.signals")
