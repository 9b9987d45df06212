"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    """Rubrics, draws, queues, judgments, agreement and estimates."""

    name = "annotation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import annotation.monitoring  # noqa: F401 - registers what it measures
        from annotation.selectors.mediarights import was_given
        from curation.mediarights import register

        register("annotation", was_given)
