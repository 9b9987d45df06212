"""A rater's own record: what they did, how fast, how far they agree with others, and their history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from annotation.agreement import RaterProfile, Rating, rater_profiles
from annotation.estimation.binomial import proportion
from annotation.estimation.values import Measure
from annotation.models import Judgment, Queue, Rater, Slot


@dataclass(frozen=True, slots=True)
class RaterRecord:
    """``profile`` is None before the first judgment."""

    rater: Rater
    judged: int
    cannot: int
    profile: RaterProfile | None
    training: Measure
    measuring: Measure


def current_judgments() -> QuerySet[Judgment]:
    """Judgments that count and stand: not surplus, not superseded, not taken back."""
    return Judgment.objects.standing().filter(counted=True)


def rater_record(rater: Rater) -> RaterRecord:
    """Speed, accuracy on golds and agreement with others on the same items, each with its interval."""
    own = current_judgments().filter(rater=rater)
    items = own.order_by("-received_at").values_list("item_id", flat=True)[:2000]
    rows = (
        current_judgments()
        .filter(item_id__in=list(items), kind=Judgment.Kind.ANSWER)
        .values_list("item_id", "question", "answer", "rater__pseudonym", "active_ms")
    )
    ratings = []
    for item, question, answer, name, active in rows:
        key = f"{item}:{question}"
        seconds = None if active is None else active / 1000
        ratings.append(Rating(item=key, rater=name, answer=answer, seconds=seconds))
    profiles = {one.rater: one for one in rater_profiles(ratings)}
    cannot = own.filter(kind=Judgment.Kind.CANNOT).count()
    return RaterRecord(rater, own.count(), cannot, profiles.get(rater.pseudonym), *_on_golds(rater))


def _on_golds(rater: Rater) -> tuple[Measure, Measure]:
    """Share of golds answered as settled, among training golds and among measuring ones; "cannot judge" is left out."""
    rows = Slot.objects.filter(
        queue__kind=Queue.Kind.GOLD, rater=rater, judgment__kind=Judgment.Kind.ANSWER
    ).values_list("item__context__gold", "item__gold_answer", "judgment__answer")
    seen: dict[str, list[bool]] = {"training": [], "measuring": []}
    for purpose, settled, answer in rows:
        seen[purpose].append(settled == answer)
    return (
        proportion(sum(seen["training"]), len(seen["training"]), empty="no training gold was judged"),
        proportion(sum(seen["measuring"]), len(seen["measuring"]), empty="no measuring gold was judged"),
    )


def rater_history(rater: Rater, *, before: Any = None, limit: int = 50) -> list[Judgment]:
    """The rater's judgments that stand, newest first; ``before`` is the moment to go on from."""
    found = Judgment.objects.standing().filter(rater=rater)
    if before is not None:
        found = found.filter(received_at__lt=before)
    return list(
        found.select_related("queue__golds_of", "queue__rubric_version", "clip__source", "pair").order_by(
            "-received_at"
        )[:limit]
    )
