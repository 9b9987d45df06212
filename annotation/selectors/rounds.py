"""Calibration rounds: how far each is, and everybody's answers once nobody can be swayed by them any more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from annotation.agreement import PeopleAgreement, people_agreement
from annotation.models import Item, Judgment, Rater, Round, Slot
from annotation.selectors.discussed import Picture, pictures_of, pictures_of_examples
from annotation.services.rounds import THINGS, round_ratings
from curation.models import User


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one expected rater is; ``result`` is None before the round is closed."""

    rater: Rater
    done: int
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Discussed:
    """One common item with everybody's answers, in the order of ``Discussion.raters``; None where one is missing.

    ``common`` is the answer that more gave than any other; None where two are level or nobody answered.
    """

    item: Item
    pictures: list[Picture]
    votes: tuple[Judgment | None, ...]
    disputed: bool
    common: str | None
    decision: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Discussion:
    """Everybody's answers, what they disagree on first."""

    raters: tuple[str, ...]
    items: tuple[Discussed, ...]
    agreement: PeopleAgreement

    @property
    def parts(self) -> list[tuple[str, list[Discussed]]]:
        """What they do not agree on, then the rest, each with its heading; empty ones are left out."""
        differ = [one for one in self.items if one.disputed]
        alike = [one for one in self.items if not one.disputed]
        return [
            part for part in (("The answers differ", differ), ("Everybody said the same", alike)) if part[1]
        ]


def rounds_for(*, corpus_id: int | None = None) -> QuerySet[Round]:
    """Rounds, newest first."""
    found = Round.objects.select_related(
        "queue__rubric_version__rubric", "queue__corpus", "queue__draw", "next_version__rubric"
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


def round_things(round_: Round) -> str:
    """What the round's items are, in the plural."""
    return THINGS[round_.queue.draw.frame.get("subject", "clip")]


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
    items = list(round_.queue.items.select_related("pair", "persons").order_by("position"))
    pictures = pictures_of(items, {pk: one.values() for pk, one in votes.items()})
    discussed = [
        _discussed(round_, item, votes.get(item.pk, {}), raters, pictures[item.pk]) for item in items
    ]
    options = [option["key"] for option in round_.queue.rubric_version.questions[0]["options"]]
    return Discussion(
        raters,
        tuple(sorted(discussed, key=lambda one: (not one.disputed, one.item.position))),
        people_agreement(ratings, categories=[*options, "cannot"], pairs=False),
    )


def _discussed(
    round_: Round,
    item: Item,
    votes: dict[str, Judgment],
    raters: tuple[str, ...],
    pictures: list[Picture],
) -> Discussed:
    counts = Counter(vote.answer for vote in votes.values()).most_common(2)
    level = len(counts) == 2 and counts[0][1] == counts[1][1]
    return Discussed(
        item,
        pictures,
        tuple(votes.get(name) for name in raters),
        len(counts) > 1,
        counts[0][0] if counts and not level else None,
        round_.decisions.get(str(item.pk)),
    )


def annotators() -> QuerySet[User]:
    """Who is usually calibrated."""
    return User.objects.filter(role="annotator", is_active=True).order_by("username")


def examples_of(examples: list[dict[str, Any]], questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A rubric's examples with their ``pictures`` and the ``label`` of their answer; withdrawn ones are left out."""
    labels = {
        (question["key"], option["key"]): option["label"]
        for question in questions
        for option in question["options"]
    }
    return [
        {
            **one,
            "pictures": pictures,
            "label": labels.get((one.get("question"), one["answer"]), one["answer"]),
        }
        for one, pictures in zip(examples, pictures_of_examples(examples), strict=True)
        if pictures
    ]
