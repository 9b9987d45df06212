"""The site as a WSGI application."""

from __future__ import annotations

import os

from django.apps import apps
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("RUSHES_PROCESS", "web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")

application = get_wsgi_application()

# An app may prepare what its first page needs; it answers at once and works beside.
for _app in apps.get_app_configs():
    if serving := getattr(_app, "serving", None):
        serving()
