"""The Celery application: JSON messages, three queues (`cpu` and `gpu` score, `desk` does what somebody waits for), acknowledged after the work is done.

The database is the truth about work; a message only wakes a worker. Whatever the broker loses is claimed again
from the tables.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")

app = Celery("rushes")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def _begins(task_id: str = "", **_: Any) -> None:
    from curation.config.requestid import task_begins

    task_begins(task_id)


@task_postrun.connect
def _ends(**_: Any) -> None:
    from curation.config.requestid import task_begins

    task_begins("")
