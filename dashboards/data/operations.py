"""Reads for the operations dashboard: work, leases, failures, raters' speed, and when review will be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from annotation.models import Queue
from annotation.selectors.queues import Progress, queue_progress
from curation.models import Corpus
from curation.selectors.overview import Failure, scoring_failures

HOURS = 48
DAYS = 7
_QUEUES = 30


@dataclass(frozen=True, slots=True)
class Hour:
    """Pieces of work that ended in one hour, by stage."""

    start: datetime
    stage: str
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class Depth:
    """Work of one stage and kind of worker. ``oldest_s``: how long the oldest waits, None if none waits."""

    stage: str
    worker: str
    waiting: int
    leased: int
    expired: int
    failed: int
    oldest_s: float | None


@dataclass(frozen=True, slots=True)
class Lease:
    """One piece of work in somebody's hands. ``left_s`` below 0: it ran out and will be taken up by another.

    ``age_s``: since it was taken or last lengthened, from the length that leases have; None where that was another one.
    """

    what: str
    who: str
    age_s: float | None
    left_s: float
    attempts: int
    progress: float | None
    address: str


@dataclass(frozen=True, slots=True)
class RaterSpeed:
    """One rater's last ``DAYS`` days, by pseudonym. Seconds are active time; None where no browser told it."""

    pseudonym: str
    judgments: int
    median_s: float | None
    fast_s: float | None
    slow_s: float | None
    hours: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """An open queue and how far it is."""

    queue: Queue
    progress: Progress


@dataclass(frozen=True, slots=True)
class OperationsView:
    """Everything that the page shows, at ``now``. ``done_in_a_day``: pieces of work done in the 24 hours before it."""

    corpus: Corpus
    now: datetime
    done_in_a_day: int
    hours: list[Hour]
    depths: list[Depth]
    leases: list[Lease]
    failures: list[Failure]
    forecasts: list[Forecast]
    raters: list[RaterSpeed]


def operations_view(slug: str) -> OperationsView | None:
    """The state of work on one corpus, as the database has it now; None where there is no such corpus."""
    corpus = Corpus.objects.filter(slug=slug).first()
    if corpus is None:
        return None
    queues = Queue.objects.filter(corpus=corpus, state=Queue.State.OPEN).order_by("-created_at")[:_QUEUES]
    return OperationsView(
        corpus=corpus,
        now=timezone.now(),
        done_in_a_day=_rows(_DAY, corpus)[0][0],
        hours=[Hour(*row) for row in _rows(_HOURS, corpus)],
        depths=[Depth(*row) for row in _rows(_DEPTHS, corpus)],
        leases=[
            *(_work_lease(row) for row in _rows(_WORK_LEASES, corpus)),
            *(_review_lease(row) for row in _rows(_REVIEW_LEASES, corpus)),
        ],
        failures=scoring_failures(corpus, 20),
        forecasts=[Forecast(queue, queue_progress(queue)) for queue in queues],
        raters=[RaterSpeed(*row) for row in _rows(_RATERS, corpus)],
    )


def _rows(sql: str, corpus: Corpus) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"corpus": corpus.pk, "hours": HOURS, "days": DAYS})
        return cursor.fetchall()


def _work_lease(row: tuple[Any, ...]) -> Lease:
    source, name, stage, left, attempts, progress = row
    age = _age(settings.SCORING_LEASE_SECONDS, left)
    return Lease(f"{stage}: {name}", "a worker", age, left, attempts, progress, f"/sources/{source}/")


def _review_lease(row: tuple[Any, ...]) -> Lease:
    queue, name, position, who, left, attempts, length = row
    return Lease(
        f"{name}, item {position + 1}", who, _age(length, left), left, attempts, None, f"/review/{queue}/"
    )


def _age(length_s: float, left_s: float) -> float | None:
    return None if left_s > length_s else length_s - left_s


_HOURS = """
SELECT date_trunc('hour', t.finished_at), t.stage,
       count(*) FILTER (WHERE t.state = 'done'), count(*) FILTER (WHERE t.state = 'failed')
FROM curation_scoringtarget t JOIN curation_source s ON s.id = t.source_id
WHERE s.corpus_id = %(corpus)s AND t.finished_at > now() - %(hours)s * interval '1 hour'
GROUP BY 1, 2 ORDER BY 1, 2
"""
_DAY = """
SELECT count(*) FROM curation_scoringtarget t JOIN curation_source s ON s.id = t.source_id
WHERE s.corpus_id = %(corpus)s AND t.state = 'done' AND t.finished_at > now() - interval '24 hours'
"""
_DEPTHS = """
SELECT t.stage, t.queue, count(*) FILTER (WHERE t.state = 'waiting'),
       count(*) FILTER (WHERE t.state = 'leased' AND t.leased_until >= clock_timestamp()),
       count(*) FILTER (WHERE t.state = 'leased' AND t.leased_until < clock_timestamp()),
       count(*) FILTER (WHERE t.state = 'failed'),
       extract(epoch FROM clock_timestamp() - min(t.created_at) FILTER (WHERE t.state = 'waiting'))::float8
FROM curation_scoringtarget t JOIN curation_source s ON s.id = t.source_id
WHERE s.corpus_id = %(corpus)s AND t.state IN ('waiting', 'leased', 'failed')
GROUP BY 1, 2 ORDER BY 1, 2
"""
_WORK_LEASES = """
SELECT s.id, s.name, t.stage, extract(epoch FROM t.leased_until - clock_timestamp())::float8, t.attempts, t.progress
FROM curation_scoringtarget t JOIN curation_source s ON s.id = t.source_id
WHERE s.corpus_id = %(corpus)s AND t.state = 'leased' ORDER BY t.leased_until LIMIT 50
"""
_REVIEW_LEASES = """
SELECT queue.id, queue.name, slot.position, rater.pseudonym,
       extract(epoch FROM slot.leased_until - clock_timestamp())::float8, slot.attempts, queue.lease_seconds
FROM annotation_slot slot JOIN annotation_queue queue ON queue.id = slot.queue_id
JOIN annotation_rater rater ON rater.id = slot.rater_id
WHERE queue.corpus_id = %(corpus)s AND slot.state = 'leased' ORDER BY slot.leased_until LIMIT 50
"""
_RATERS = """
SELECT rater.pseudonym, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY j.active_ms) / 1000.0,
       percentile_cont(0.1) WITHIN GROUP (ORDER BY j.active_ms) / 1000.0,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY j.active_ms) / 1000.0, sum(j.active_ms) / 3.6e6
FROM annotation_judgment j JOIN annotation_rater rater ON rater.id = j.rater_id
WHERE j.corpus_id = %(corpus)s AND j.kind = 'answer' AND j.received_at > now() - %(days)s * interval '1 day'
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100
"""
