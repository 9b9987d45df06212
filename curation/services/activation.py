"""Activation: fill a policy's partition in resumable steps, then switch to it in one short transaction.

Kill it anywhere and run it again: each step commits its rows together with how far it came, so the end state is
that of a run never killed. Readers follow ``corpus.active_policy`` and so never see two policies at once.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter, sleep
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from curation.errors import RushesError
from curation.models import Activation, ActivationJob, Clip, Corpus, DialoguePair, Policy
from curation.selectors.verdicts import people_judge
from curation.services.locks import proposals_switch_lock
from curation.services.policies import thresholds_resolve
from curation.services.proposals import fill_range

STEP = 50_000  # ids a transaction: half a second of work, so that little is lost and nobody waits
# While people judge, a judgment must not wait behind a large transaction's way to the disk: less at once, and rests.
STEP_BESIDE_PEOPLE, REST = 10_000, 2.0  # ids; seconds of rest for each second of work
Progress = Callable[[int, int], None]


class ActivationRefused(RushesError):
    """The policy cannot be activated as things stand."""

    code = "activation_refused"


def policy_activate(
    *,
    policy: Policy,
    by: Any = None,
    why: str = "",
    progress: Progress | None = None,
    step: int | None = None,
) -> Activation:
    """Make ``policy`` the active one of its corpus: start or take up its job, fill, switch. Returns the event.

    ``progress(done, total)`` is called after each step. Raises ``NothingToResolve`` for a percentile of a metric
    that was never measured, and ``ActivationRefused`` if somebody cancels meanwhile. If it already is the active
    one, nothing is done and the event that made it so is returned.
    """
    current = _already_active(policy)
    if current is not None:
        return current
    activation_start(policy=policy, by=by, why=why)
    activation_fill(policy=policy, progress=progress, step=step)
    return activation_switch(policy=policy)


def activation_start(*, policy: Policy, by: Any = None, why: str = "") -> ActivationJob:
    """Freeze percentiles and open (or take up) the job that fills the policy's partition."""
    thresholds_resolve(policy=policy)
    with transaction.atomic():
        # Every writer of proposals from here on sees the job and writes to its partition too.
        proposals_switch_lock(policy.corpus_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT rushes_proposal_partition(%s)", [policy.pk])
        job, made = ActivationJob.objects.select_for_update().get_or_create(
            policy=policy, defaults={"requested_by": by, "why": why, "watermark": timezone.now()}
        )
        if not made and job.state != ActivationJob.State.FILLING:
            # The partition was left behind while another policy was active: it is filled anew.
            job.state, job.error, job.requested_by, job.why = ActivationJob.State.FILLING, "", by, why
            job.last_id, job.done, job.started_at, job.watermark = 0, 0, timezone.now(), timezone.now()
        job.total = _targets(policy).count()
        job.save()
    return job


def activation_fill(*, policy: Policy, progress: Progress | None = None, step: int | None = None) -> None:
    """Fill what is left of the policy's partition, in steps of ``step`` ids; slower, if nothing else is said, while
    people judge."""
    more = True
    while more:
        beside = step is None and people_judge()
        began = perf_counter()
        more = activation_step(
            policy=policy, step=step or (STEP_BESIDE_PEOPLE if beside else STEP), progress=progress
        )
        if beside and more:
            sleep(REST * (perf_counter() - began))


def activation_step(*, policy: Policy, step: int = STEP, progress: Progress | None = None) -> bool:
    """Fill the next ``step`` ids, in one transaction with the note of how far it came. False when all are in."""
    with transaction.atomic():
        job = ActivationJob.objects.select_for_update().get(policy=policy)
        _expect_filling(job)
        upto = _next_bound(policy, job.last_id, step)
        if upto is None:
            return False
        _forget_range(policy, job.last_id, upto)
        job.done += fill_range(policy=policy, after=job.last_id, upto=upto)
        job.last_id = upto
        job.save(update_fields=["last_id", "done", "updated_at"])
    if progress is not None:
        progress(min(job.done, job.total), job.total)
    return True


@transaction.atomic
def activation_switch(*, policy: Policy) -> Activation:
    """Catch up what was added since the last step and make ``policy`` the active one, in one short transaction."""
    proposals_switch_lock(policy.corpus_id)
    job = ActivationJob.objects.select_for_update().get(policy=policy)
    current = _already_active(policy)
    if current is not None:
        return current
    _expect_filling(job)
    newest = _targets(policy).aggregate(newest=Max("pk"))["newest"] or 0
    if newest > job.last_id:
        _forget_range(policy, job.last_id, newest)
        job.done += fill_range(policy=policy, after=job.last_id, upto=newest)
        job.last_id = newest
    corpus = Corpus.objects.select_for_update().get(pk=policy.corpus_id)
    field = "active_pair_policy" if policy.subject == Policy.Subject.PAIR else "active_policy"
    previous = getattr(corpus, field)
    setattr(corpus, field, policy)
    corpus.save(update_fields=[field])
    job.state = ActivationJob.State.SWITCHED
    job.save()
    return Activation.objects.create(
        corpus=corpus, policy=policy, previous=previous, by=job.requested_by, why=job.why
    )


@transaction.atomic
def activation_cancel(*, policy: Policy) -> None:
    """Give up a job that is still filling; the active policy stays as it is."""
    job = ActivationJob.objects.select_for_update().get(policy=policy)
    _expect_filling(job)
    job.state = ActivationJob.State.CANCELLED
    job.save(update_fields=["state", "updated_at"])


def _already_active(policy: Policy) -> Activation | None:
    corpus = Corpus.objects.get(pk=policy.corpus_id)
    if policy.pk not in (corpus.active_policy_id, corpus.active_pair_policy_id):
        return None
    return Activation.objects.filter(policy=policy).order_by("-id").first()


def _expect_filling(job: ActivationJob) -> None:
    if job.state != ActivationJob.State.FILLING:
        raise ActivationRefused(
            f"the activation of policy {job.policy.number} is {job.get_state_display()}; activate it again to restart"
        )


def _targets(policy: Policy) -> Any:
    model = DialoguePair if policy.subject == Policy.Subject.PAIR else Clip
    return model.objects.filter(corpus_id=policy.corpus_id)


def _next_bound(policy: Policy, after: int, step: int) -> int | None:
    """The id that ends the next ``step`` targets; None if there is none after ``after``."""
    ids = _targets(policy).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    bound = next(iter(ids[step - 1 : step]), None)
    return bound if bound is not None else ids.aggregate(last=Max("pk"))["last"]


def _forget_range(policy: Policy, after: int, upto: int) -> None:
    """Clear what an earlier activation of this policy left, so that each row is decided on present scores."""
    table, key = (
        ("curation_pairproposal", "pair_id")
        if policy.subject == Policy.Subject.PAIR
        else ("curation_proposal", "clip_id")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE policy_id = %s AND {key} > %s AND {key} <= %s",
            [policy.pk, after, upto],
        )
