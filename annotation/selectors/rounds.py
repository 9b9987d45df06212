"""Calibration rounds: how far each is, and everybody's answers once nobody can be swayed by them any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from annotation.agreement import PeopleAgreement, people_agreement
from annotation.models import Item, Judgment, Rater, Round, Slot
from annotation.services.rounds import round_ratings
from curation.models import Clip, Rendition, User


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one expected rater is; ``result`` is None before the round is closed."""

    rater: Rater
    done: int
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Discussed:
    """One common item with everybody's answers, in the order of ``Discussion.raters``; None where one is missing."""

    item: Item
    preview: int | None
    votes: tuple[Judgment | None, ...]
    disputed: bool
    decision: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Discussion:
    """Everybody's answers, what they disagree on first."""

    raters: tuple[str, ...]
    items: tuple[Discussed, ...]
    agreement: PeopleAgreement


def rounds_for(*, corpus_id: int | None = None) -> QuerySet[Round]:
    """Rounds, newest first."""
    found = Round.objects.select_related(
        "queue__rubric_version__rubric", "queue__corpus", "next_version__rubric"
    )
    if corpus_id is not None:
        found = found.filter(queue__corpus_id=corpus_id)
    return found.order_by("-pk")


def round_standing(round_: Round) -> list[Standing]:
    """Each expected rater: items answered, and the result once it is closed."""
    slots = Slot.objects.filter(queue_id=round_.queue_id, state=Slot.State.DONE)
    done = dict(slots.values_list("rater_id").annotate(n=Count("pk")))
    return [
        Standing(rater, done.get(rater.pk, 0), round_.results.get(rater.pseudonym))
        for rater in round_.raters.order_by("pseudonym")
    ]


def round_discussion(round_: Round) -> Discussion | None:
    """Everybody's answers to each item; None while the round is open."""
    if round_.closed_at is None:
        return None
    ratings = round_ratings(round_)
    raters = tuple(sorted({one.rater for one in ratings}))
    slots = Slot.objects.filter(queue_id=round_.queue_id, judgment__isnull=False).select_related(
        "judgment__rater", "judgment__note"
    )
    votes: dict[int, dict[str, Judgment]] = {}
    for slot in slots:
        if slot.judgment is not None:
            votes.setdefault(slot.item_id, {})[slot.judgment.rater.pseudonym] = slot.judgment
    items = list(round_.queue.items.select_related("clip__source").order_by("position"))
    previews = dict(
        Rendition.objects.filter(kind="preview", clip__in=[item.clip_id for item in items]).values_list(
            "clip_id", "pk"
        )
    )
    discussed = [_discussed(round_, item, votes.get(item.pk, {}), raters, previews) for item in items]
    options = [option["key"] for option in round_.queue.rubric_version.questions[0]["options"]]
    return Discussion(
        raters,
        tuple(sorted(discussed, key=lambda one: (not one.disputed, one.item.position))),
        people_agreement(ratings, categories=[*options, "cannot"]),
    )


def _discussed(
    round_: Round, item: Item, votes: dict[str, Judgment], raters: tuple[str, ...], previews: dict[int, int]
) -> Discussed:
    return Discussed(
        item,
        previews.get(item.clip_id or 0),
        tuple(votes.get(name) for name in raters),
        len({vote.answer for vote in votes.values()}) > 1,
        round_.decisions.get(str(item.pk)),
    )


def annotators() -> QuerySet[User]:
    """Who is usually calibrated."""
    return User.objects.filter(role="annotator", is_active=True).order_by("username")


def examples_of(examples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A rubric's examples with their clips; a clip withdrawn since is left out."""
    clips = (
        Clip.objects.filter(withdrawn_at=None)
        .select_related("source")
        .in_bulk([one["clip"] for one in examples if one.get("clip")])
    )
    previews = dict(
        Rendition.objects.filter(kind="preview", clip__in=list(clips)).values_list("clip_id", "pk")
    )
    return [
        {**one, "clip": clips[one["clip"]], "preview": previews.get(one["clip"])}
        for one in examples
        if one.get("clip") in clips
    ]
