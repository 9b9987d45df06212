"""Celery tasks of the facts: write exports, fill activations. A message only wakes; the tables hold the work.

They have a queue of their own, `desk`: somebody sits and waits for them, and must not wait behind hours of scoring.
Where no worker serves it, those of `cpu` find the work when they look round.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.db import connections
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from curation.models import ActivationJob, Corpus, ExportJob, FreezeJob, IngestJob
from curation.services import exports, freezing, ingestjobs
from curation.services.activation import policy_activate
from curation.services.exportleftovers import leftovers_remove
from curation.services.picturehashes import corpus_hash
from curation.services.purge import purge_run, purges_due
from curation.services.seal import audit_seal, audit_waits

log = logging.getLogger(__name__)
TICK_SECONDS = 10.0
CPU, DESK = "cpu", "desk"


@shared_task(name="curation.export")
def export_run(job_id: int | None = None) -> None:
    """Claim and write one export."""
    exports.export_run(job_id=job_id)


@shared_task(name="curation.freeze")
def freeze_run(job_id: int | None = None) -> None:
    """Claim a list and freeze it."""
    freezing.freeze_run(job_id=job_id)


@shared_task(name="curation.activate")
def activation_run(policy_id: int) -> None:
    """Take up the activation of a policy and see it through."""
    job = ActivationJob.objects.select_related("policy").filter(policy_id=policy_id).first()
    if job is not None and job.state == ActivationJob.State.FILLING:
        policy_activate(policy=job.policy, by=job.requested_by, why=job.why)


@shared_task(name="curation.ingest")
def ingest_run(job_id: int | None = None) -> None:
    """Claim an ingest and see it through."""
    ingestjobs.ingest_run(job_id=job_id)


@shared_task(name="curation.hash")
def pictures_hash(corpus_id: int) -> None:
    """Hash the previews of a corpus that have not been; what is there stays if this ends early."""
    corpus = Corpus.objects.filter(pk=corpus_id).first()
    if corpus is not None:
        corpus_hash(corpus=corpus)


@shared_task(name="curation.purge")
def purge_due() -> None:
    """Remove the files of what was withdrawn, as far as their time has come."""
    for each in purges_due():
        purge_run(purge=each)


@shared_task(name="curation.seal")
def seal() -> None:
    """Chain the audit log's new events and publish the head."""
    audit_seal()


def wake(task: Any, *, queue: str = DESK, **kwargs: Any) -> None:
    """Send ``task``. Losing the message only costs time: workers look round by themselves."""
    try:
        task.apply_async(kwargs=kwargs, queue=queue, retry=False)
    except BrokerDown as error:
        log.warning("no broker to wake a worker by (%s); workers look round by themselves", error)


def queue_of(served: Collection[str]) -> str | None:
    """To which of the queues that it serves a worker sends what it finds on looking round; None: it leaves that to others."""
    return next((queue for queue in (DESK, CPU) if queue in served), None)


@worker_ready.connect
def look_round(sender: Any = None, **_kwargs: Any) -> None:
    """Every few seconds: exports that nobody writes or that were left half written, lists and ingests that nobody is at, purges that are due, activations that nobody has moved for a minute."""
    queue = queue_of({queue.name for queue in sender.task_consumer.queues})
    if queue is None:
        return

    def tick() -> None:
        try:
            _wake_for_what_waits(queue)
            leftovers_remove()
        except Exception:
            log.exception("could not look for open work; trying again in %s s", TICK_SECONDS)
        finally:
            # A forked child must never inherit this connection.
            connections.close_all()

    tick()
    sender.timer.call_repeatedly(TICK_SECONDS, tick)


def _wake_for_what_waits(queue: str) -> None:
    now = timezone.now()
    waits = Q(state="waiting") | Q(state="leased", leased_until__lt=now)
    for jobs, task in ((ExportJob, export_run), (FreezeJob, freeze_run), (IngestJob, ingest_run)):
        if jobs.objects.filter(waits).exists():
            wake(task, queue=queue)
    if purges_due():
        wake(purge_due, queue=queue)
    if audit_waits():
        wake(seal, queue=queue)
    resting = now - timedelta(minutes=1)
    for policy_id in ActivationJob.objects.filter(
        state=ActivationJob.State.FILLING, updated_at__lt=resting
    ).values_list("policy_id", flat=True):
        wake(activation_run, queue=queue, policy_id=policy_id)
