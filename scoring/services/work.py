"""One piece of work from claim to close: the lease kept alive meanwhile, faults told apart, the next step planned."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from curation.errors import StaleLease
from curation.media.errors import CannotWrite, DecoderKilled, MediaError
from curation.models import Source
from curation.services.targets import (
    MAX_ATTEMPTS,
    Claim,
    target_claim,
    target_fail,
    target_hand_back,
    target_renew,
    targets_give_up,
)
from scoring.services import stopping
from scoring.services.measure import SourceGone, target_do
from scoring.services.plan import source_plan

log = logging.getLogger(__name__)
TRANSIENT = (OperationalError, InterfaceError, ConnectionError, TimeoutError, MemoryError)
_NOT_THE_FILES_FAULT = (DecoderKilled, CannotWrite)
_TRANSIENT_OS = {
    5,
    11,
    12,
    23,
    24,
    28,
    110,
    116,
}  # input/output, try again, memory, files, disk full, time-out, stale handle


def open_count(*, queues: Sequence[str]) -> int:
    """How many targets of ``queues`` want a worker now: to be claimed, or given up."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM curation_scoringtarget
            WHERE queue = ANY(%s)
              AND (state = 'waiting' AND attempts < %s OR state = 'leased')
              AND (leased_until IS NULL OR leased_until <= clock_timestamp())
            """,
            [list(queues), MAX_ATTEMPTS],
        )
        row = cursor.fetchone()
    return int(row[0])


def work_once(*, queues: Sequence[str]) -> bool:
    """Claim a target and do it. Returns False where there was nothing to claim. A bad source never raises."""
    _give_up(queues)
    claim = target_claim(queues=queues)
    if claim is None:
        return False
    try:
        with _kept_alive(claim) as heartbeat:
            target_do(claim=claim, progress=heartbeat.tell)
    except StaleLease as stale:
        log.warning("%s", stale)
        return True
    except stopping.HandedBack:
        log.warning("%s of source %s is handed back: this worker stops", claim.stage, claim.source_id)
        target_hand_back(claim=claim)
        return False
    except SoftTimeLimitExceeded:
        reason = f"took longer than TASK_TIME_LIMIT allows ({settings.CELERY_TASK_TIME_LIMIT} s); raise it for long videos"
        _fail(claim, code="time_limit", reason=reason, transient=False)
    except (MediaError, SourceGone) as error:
        code = error.reason if isinstance(error, MediaError) else error.code
        _fail(claim, code=code, reason=str(error), transient=isinstance(error, _NOT_THE_FILES_FAULT))
    except TRANSIENT as error:
        _fail(claim, code=type(error).__name__, reason=str(error), transient=True)
    except OSError as error:
        _fail(claim, code=f"os_{error.errno}", reason=str(error), transient=error.errno in _TRANSIENT_OS)
    except Exception as error:
        log.exception("%s of source %s", claim.stage, claim.source_id)
        _fail(claim, code=type(error).__name__, reason=f"unexpected: {error}", transient=False)
    return True


def _give_up(queues: Sequence[str]) -> None:
    """What took its worker down too often is failed, and what does not depend on it goes on."""
    with transaction.atomic():
        for source_id in targets_give_up(queues=queues):
            source_plan(source=Source.objects.get(pk=source_id))


def _fail(claim: Claim, *, code: str, reason: str, transient: bool) -> None:
    log.warning("%s of source %s: %s [%s]", claim.stage, claim.source_id, reason, code)
    # After a restart of the database this connection is a dead one; the next query opens another.
    connection.close_if_unusable_or_obsolete()
    try:
        with transaction.atomic():
            if not target_fail(claim=claim, code=code, reason=reason, transient=transient):
                source_plan(source=Source.objects.get(pk=claim.source_id))
    except StaleLease as stale:
        log.warning("%s", stale)
    except (OperationalError, InterfaceError) as error:
        log.warning("the database is away; %s is taken up again after its lease: %s", claim.stage, error)


class _Heartbeat:
    """Renews the lease from a thread of its own; ``tell`` takes progress and stops lost work."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self._share: float | None = None
        self._lost: StaleLease | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease {claim.target_id}", daemon=True)

    def tell(self, share: float) -> None:
        """Note how far the work is (0 to 1). Raises ``StaleLease`` once the lease is somebody else's,
        ``HandedBack`` where this worker is asked to stop."""
        self._share = share
        if self._lost is not None:
            raise self._lost
        stopping.check()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.SCORING_LEASE_SECONDS / 20):
                try:
                    target_renew(claim=self.claim, progress=self._share)
                except StaleLease as stale:
                    self._lost = stale
                    return
                except (OperationalError, InterfaceError) as error:
                    # The database may be back before the lease runs out.
                    log.warning("lease of target %s not renewed: %s", self.claim.target_id, error)
                    connections.close_all()
        finally:
            connections.close_all()


@contextmanager
def _kept_alive(claim: Claim) -> Iterator[_Heartbeat]:
    heartbeat = _Heartbeat(claim)
    heartbeat.start()
    try:
        yield heartbeat
    finally:
        heartbeat.stop()
