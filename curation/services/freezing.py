"""Long lists and splits, frozen by a worker: claimed from the table under a lease, whole or not at all, and not twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, connections, transaction
from django.db.models.functions import Now

from curation.benchmarks.sides import SplitPlan, split_plan_from_dict
from curation.errors import Cancelled, RushesError, StaleLease
from curation.models import Benchmark, Corpus, FreezeJob, Subset
from curation.selectors.clipfilter import ClipFilter, filter_from_dict
from curation.selectors.selection import selection_is_short, selection_sql
from curation.services.audit import audit_write
from curation.services.jobleases import JobLease, job_cancel, job_lease, lost_jobs_fail
from curation.services.splits import split_make
from curation.services.subsets import subset_freeze, subset_named

LEASE_SECONDS = 120
MAX_ATTEMPTS = 3
AT_ONCE = 20_000  # clips that are frozen in two seconds or so


@dataclass(frozen=True, slots=True)
class SplitAsked:
    """What a training split is asked for beyond its clips; tiers and whose word are those of its plan."""

    plan: SplitPlan
    seed: str
    benchmark: Benchmark | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        held_out = self.benchmark.pk if self.benchmark else None
        return {"plan": self.plan.as_dict(), "seed": self.seed, "benchmark": held_out}


def at_once(corpus: Corpus, validated_only: bool) -> bool:
    """Whether no list of ``corpus`` can be so long that somebody should not wait for it."""
    return selection_is_short(corpus, validated_only, AT_ONCE)


@transaction.atomic
def freeze_request(
    *,
    corpus: Corpus,
    name: str,
    tiers: Sequence[str],
    validated_only: bool = True,
    chosen: ClipFilter | None = None,
    split: SplitAsked | None = None,
    by: Any = None,
) -> FreezeJob:
    """Ask for what ``subset_freeze`` would do, or with ``split`` ``split_make``; a job of the very same that is still open
    is returned instead. Raises ``BadFilter``.
    """
    chosen, name = chosen or ClipFilter(), subset_named(name)
    selection_sql(corpus, tiers, validated_only, chosen)
    asked: dict[str, Any] = {
        "tiers": list(tiers),
        "validated_only": validated_only,
        "filter": chosen.as_dict(),
        **({"split": split.as_dict()} if split else {}),
    }
    # The lock makes asking twice at once one request.
    Corpus.objects.select_for_update().get(pk=corpus.pk)
    found = FreezeJob.objects.filter(corpus=corpus, name=name, asked=asked, state__in=FreezeJob.OPEN).first()
    if found is not None:
        return found
    job = FreezeJob.objects.create(corpus=corpus, name=name, asked=asked, requested_by=by)
    audit_write(actor=by, action="subset.request", object=job, detail={"corpus": corpus.slug})
    return job


def freeze_cancel(*, job: FreezeJob, by: Any = None) -> bool:
    """Cancel an open job; nothing of it is kept. False if it had already ended."""
    return job_cancel(job=job, action="subset.cancel", by=by)


def freeze_run(*, job_id: int | None = None) -> Subset | None:
    """Claim a job and freeze its list. None if there is nothing to claim, it was cancelled, or it cannot be done."""
    lost_jobs_fail(FreezeJob, attempts=MAX_ATTEMPTS)
    claim = job_lease(FreezeJob, seconds=LEASE_SECONDS, job_id=job_id)
    if claim is None:
        return None
    # A worker that was killed right after may have left only the last word unsaid.
    subset = Subset.objects.filter(job=claim.job_id).first()
    try:
        if subset is None:
            _count(claim)
            with _beside(claim) as tell:
                subset = _freeze(claim, tell)
    except (Cancelled, StaleLease):
        return None
    except IntegrityError:
        if not Subset.objects.filter(job=claim.job_id).exists():
            raise
        return None  # another worker's is whole
    except RushesError as error:
        held = FreezeJob.objects.filter(pk=claim.job_id, token=claim.token)
        held.update(state=FreezeJob.State.FAILED, token=None, finished_at=Now(), error=error.sentence)
        return None
    # Also of one that was cancelled in the very moment when its list was whole.
    FreezeJob.objects.filter(pk=claim.job_id).update(
        state=FreezeJob.State.DONE, token=None, finished_at=Now()
    )
    return subset


def _count(claim: JobLease) -> None:
    """How many clips there are to go through: a second's work at five million, so not whoever asks waits for it."""
    job = FreezeJob.objects.select_related("corpus").get(pk=claim.job_id)
    FreezeJob.objects.filter(pk=job.pk).update(total=job.corpus.clips.count())


def _freeze(claim: JobLease, tell: Callable[[int], None]) -> Subset:
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            # All steps see one moment: what is judged or scored meanwhile is in none of them.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        job = FreezeJob.objects.select_related("corpus__active_policy", "requested_by").get(pk=claim.job_id)
        asked = job.asked
        facts: dict[str, Any] = {
            "corpus": job.corpus,
            "name": job.name,
            "chosen": filter_from_dict(asked["filter"]),
            "by": job.requested_by,
            "job": job,
            "tell": tell,
        }
        if split := asked.get("split"):
            plan = split_plan_from_dict(split["plan"])
            benchmark = Benchmark.objects.filter(pk=split["benchmark"]).first()
            return split_make(plan=plan, seed=split["seed"], benchmark=benchmark, **facts).subset
        return subset_freeze(tiers=asked["tiers"], validated_only=asked["validated_only"], **facts)


@contextmanager
def _beside(claim: JobLease) -> Iterator[Callable[[int], None]]:
    """How far it is, told over a connection of its own, which others see before the list is whole."""
    with ThreadPoolExecutor(1, "freeze-tell") as beside:
        try:
            yield lambda looked: beside.submit(_renew, claim, looked).result()
        finally:
            beside.submit(connections.close_all).result()


def _renew(claim: JobLease, looked: int) -> None:
    """Lengthen the lease and tell how far it is; raises ``Cancelled`` or ``StaleLease``."""
    held = FreezeJob.objects.filter(pk=claim.job_id, token=claim.token, state=FreezeJob.State.LEASED)
    if held.update(done=looked, leased_until=Now() + timedelta(seconds=LEASE_SECONDS)):
        return
    state = FreezeJob.objects.filter(pk=claim.job_id).values_list("state", flat=True).first()
    if state == FreezeJob.State.CANCELLED:
        raise Cancelled("the list was cancelled")
    raise StaleLease("another worker took this list over")
