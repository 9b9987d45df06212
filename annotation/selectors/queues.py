"""Queues and how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from annotation.models import Judgment, Queue, Rater, Slot
from annotation.selectors.rubrics import rubric_version
from curation.models import Activation, Corpus, Policy
from curation.prepared import objects_of
from curation.selectors.verdicts import stands

_RECENT = 60
# Written out, as what is told of a clip: it is asked for with every clip that is given out.
_TO_CLAIM = """
SELECT id, corpus_id, kind, rubric_version_id, policy_id, overlap, blind, gold_share, lease_seconds, who, needs_preview,
       state, origin_id
FROM annotation_queue WHERE id = %s AND kind <> %s
"""
_ENOUGH_FOR_A_RATE = 10


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a queue is. ``places`` = items × overlap; ``seconds`` a judgment (median), None before the first."""

    items: int
    settled: int
    disputed: int
    out: int
    places: int
    done: int
    leased: int
    seconds: float | None
    per_hour: float | None

    @property
    def left(self) -> int:
        """Judgments still to make."""
        return max(0, self.places - self.done)

    @property
    def share(self) -> float:
        """Done, 0 to 1."""
        return self.done / self.places if self.places else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds of one person's work that are left; None while nobody's speed is known."""
        return None if self.seconds is None else self.left * self.seconds

    @property
    def hours_at_this_rate(self) -> float | None:
        """Hours until it is done if everybody goes on as in the last hour; None if nobody worked in it."""
        return None if not self.per_hour else self.left / self.per_hour


def queue_about(queue: Queue) -> str:
    """The kind of page that a queue's items need: a dispute's is that on which it arose, a calibration's what it asks of."""
    if queue.origin is not None:
        return queue.origin.kind
    if queue.kind == Queue.Kind.CALIBRATION:
        subject = queue.draw.frame.get("subject")
        return {"pair": Queue.Kind.PAIRS, "persons": Queue.Kind.IDENTITY}.get(subject, queue.kind)
    return queue.kind


def queue_progress(queue: Queue) -> Progress:
    """Counts by state, and the speed of the last judgments."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE state = 'settled'), count(*) FILTER (WHERE state = 'disputed'),"
            " count(*) FILTER (WHERE state = 'out') FROM annotation_item WHERE queue_id = %s",
            [queue.pk],
        )
        items, settled, disputed, out = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FILTER (WHERE s.state = 'done' AND j.kind = 'answer'),"
            " count(*) FILTER (WHERE s.state = 'leased' AND s.leased_until >= clock_timestamp())"
            " FROM annotation_slot s LEFT JOIN annotation_judgment j ON j.id = s.judgment_id WHERE s.queue_id = %s",
            [queue.pk],
        )
        done, leased = cursor.fetchone()
        cursor.execute(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY active_ms) / 1000.0 FROM ("
            "SELECT active_ms FROM annotation_judgment WHERE queue_id = %s AND active_ms IS NOT NULL"
            " ORDER BY received_at DESC LIMIT 500) x",
            [queue.pk],
        )
        seconds = cursor.fetchone()[0]
    # What nobody could judge leaves its place to the next: it brings the end no nearer.
    last_hour = Judgment.objects.filter(
        queue=queue,
        counted=True,
        kind=Judgment.Kind.ANSWER,
        received_at__gte=timezone.now() - timedelta(hours=1),
    ).count()
    return Progress(
        items,
        settled,
        disputed,
        out,
        (items - out) * queue.overlap,
        done,
        leased,
        seconds,
        # Of a handful of judgments no rate can be told.
        last_hour if last_hour >= _ENOUGH_FOR_A_RATE else None,
    )


def queue_to_claim(pk: int) -> Queue | None:
    """The queue with this key as claiming reads it, with every clip: its own row anew, what never changes kept."""
    found = next(iter(objects_of(Queue, _TO_CLAIM, [pk, Queue.Kind.GOLD])), None)
    if found is not None:
        found.rubric_version = rubric_version(found.rubric_version_id)
        if found.policy_id is not None:
            found.policy = _policy(found.policy_id)
    return found


@lru_cache(maxsize=64)
def _policy(pk: int) -> Policy:
    return Policy.objects.get(pk=pk)


def own_progress(queue: Queue, rater: Rater) -> dict[str, Any]:
    """What the top line of the review page says: places done and all, one's own count and seconds a clip."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state <> 'out'),"
            " count(*) FILTER (WHERE state = 'done' AND rater_id = %s) FROM annotation_slot WHERE queue_id = %s",
            [rater.pk, queue.pk],
        )
        done, places, mine = cursor.fetchone()
        if queue.kind == Queue.Kind.CALIBRATION:  # everybody answers all of it
            done, places = mine, queue.items.count()
        elif queue.gold_share:
            golds = Slot.objects.filter(queue__golds_of=queue, rater=rater, state=Slot.State.DONE).count()
            done, places, mine = done + golds, places + golds, mine + golds
        cursor.execute(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY active_ms) / 1000.0 FROM (SELECT active_ms FROM"
            " annotation_judgment WHERE queue_id = %s AND rater_id = %s AND active_ms IS NOT NULL"
            " ORDER BY received_at DESC LIMIT %s) x",
            [queue.pk, rater.pk, _RECENT],
        )
        seconds = cursor.fetchone()[0]
    return {"done": done, "places": places, "mine": mine, "seconds": seconds}


@dataclass(frozen=True, slots=True)
class Flips:
    """What the latest activation changed and no queue looks at yet; ``settled`` of them people had settled before."""

    before: Policy
    after: Policy
    count: int
    settled: int


def flips_waiting(corpus: Corpus) -> Flips | None:
    """The clips that the last activation moved to another tier, unless a queue of them was made already."""
    last = Activation.objects.filter(corpus=corpus, policy=corpus.active_policy_id, previous__isnull=False)
    activation = last.select_related("policy", "previous").order_by("-id").first()
    if activation is None or activation.previous is None or activation.previous_id == activation.policy_id:
        return None
    made = Queue.objects.filter(
        corpus=corpus, policy_id=activation.policy_id, draw__frame__flips_from=activation.previous_id
    )
    if made.exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM curation_verdict v"
            f" WHERE v.clip_id = c.id AND v.question = 'tier' AND {stands('v')}))"
            " FROM curation_proposal a JOIN curation_proposal b USING (clip_id) JOIN curation_clip c ON c.id = clip_id"
            " WHERE a.policy_id = %s AND b.policy_id = %s AND a.tier <> b.tier AND c.is_current"
            " AND c.withdrawn_at IS NULL AND c.held_at IS NULL",
            [activation.previous_id, activation.policy_id],
        )
        count, settled = cursor.fetchone()
    return Flips(activation.previous, activation.policy, count, settled) if count else None


def queues_for(*, corpus_id: int | None = None) -> QuerySet[Queue]:
    """Queues newest first, open ones before the others."""
    found = Queue.objects.select_related("corpus", "policy", "rubric_version__rubric", "draw", "origin")
    # Golds are mixed in silently; calibrations have a page of their own.
    found = found.exclude(kind__in=Queue.UNCOUNTED)
    if corpus_id is not None:
        found = found.filter(corpus_id=corpus_id)
    rank = Case(When(state="open", then=Value(0)), When(state="paused", then=Value(1)), default=Value(2))
    return found.annotate(rank=rank).order_by("rank", "-created_at")
