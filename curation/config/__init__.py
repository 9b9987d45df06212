"""Settings, addresses and the Celery application of the site."""

from curation.config.celery import app as celery_app

# Imported with the settings, so that every process sends its messages to the same broker.
__all__ = ["celery_app"]
