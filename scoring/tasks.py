"""Celery tasks: a message wakes a worker, which claims work from the database and does one target."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.db import connections
from kombu.exceptions import OperationalError as BrokerDown

from scoring.services import stopping, work

log = logging.getLogger(__name__)
TICK_SECONDS = 5.0


@shared_task(name="scoring.work")
def work_once(queue: str = "cpu") -> None:
    """Claim the oldest open target of ``queue`` and do it; wake another while there is more."""
    if work.work_once(queues=(queue,)) and work.open_count(queues=(queue,)):
        wake(queue)


def wake(queue: str, times: int = 1) -> None:
    """Tell the workers of ``queue`` that there is work. Losing the message only costs time."""
    try:
        for _ in range(times):
            work_once.apply_async(kwargs={"queue": queue}, queue=queue, retry=False)
    except BrokerDown as error:
        log.warning("no broker to wake workers by (%s); they look round by themselves", error)


@worker_ready.connect
def look_round(sender: Any = None, **_kwargs: Any) -> None:
    """On start, and every few seconds: work that nobody holds (a lost message, a lost worker) wakes one again."""
    queues = [queue.name for queue in sender.task_consumer.queues]

    def tick() -> None:
        try:
            for queue in queues:
                if work.open_count(queues=(queue,)):
                    wake(queue, times=sender.controller.concurrency)
        except Exception:
            log.exception("could not look for open work; trying again in %s s", TICK_SECONDS)
        finally:
            # A forked child must never inherit this connection.
            connections.close_all()

    tick()
    sender.timer.call_repeatedly(TICK_SECONDS, tick)


@worker_shutting_down.connect
def let_go(**_kwargs: Any) -> None:
    """Asked to stop: the pool's processes hear of it and hand long work back."""
    stopping.stop()
