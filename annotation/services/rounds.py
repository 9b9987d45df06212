"""Calibration rounds: opened, closed when everybody has answered, discussed, and turned into examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotation.agreement import Rating, people_agreement
from annotation.errors import BadPlan
from annotation.estimation.values import Estimate
from annotation.models import Draw, Item, Judgment, Queue, Rater, Round, RubricVersion, Slot
from annotation.rubrics import PRESETS
from annotation.services.draws import draw_make
from annotation.services.frames import FrameFilter
from annotation.services.identity_draws import persons_draw
from curation.models import Clip, Corpus, Policy, User

FEWEST, MOST = 30, 50
THINGS = {"clip": "clips", "pair": "dialogue pairs", "persons": "pairs of persons"}


@transaction.atomic
def round_create(
    *,
    corpus: Corpus,
    policy: Policy | None,
    name: str,
    rubric_version: RubricVersion,
    raters: Sequence[Rater],
    size: int = 40,
    required_agreement: float = 0.8,
    frame: FrameFilter | None = None,
    seed: int | None = None,
    needs_preview: bool = True,
    created_by: User | None = None,
) -> Round:
    """Draw ``size`` (30 to 50) common items at random and give each of ``raters`` all of them, blind.

    The items are what the rubric asks about: clips, dialogue pairs, or pairs of persons. ``policy`` is the one that
    decides on those; of persons none does. Raises ``BadPlan``, also where fewer than 30 items fit.
    """
    name = name.strip()[:120]
    if not name:
        raise BadPlan("a calibration needs a name")
    if Queue.objects.filter(corpus=corpus, name=name).exists():
        raise BadPlan(f"this corpus has a queue called {name!r} already; choose another name")
    if not FEWEST <= size <= MOST:
        raise BadPlan(f"a calibration has {FEWEST} to {MOST} common items, not {size}")
    if not 0 <= required_agreement <= 1:
        raise BadPlan("the required agreement is a share, 0 to 1")
    if len(set(raters)) < 2:
        raise BadPlan("a calibration needs two raters at least: one cannot agree with anybody")
    shipped = PRESETS.get(rubric_version.rubric.slug)
    subject = shipped.subject if shipped else "clip"
    if subject == "persons":
        draw = persons_draw(corpus=corpus, size=size, seed=seed)
    else:
        draw = draw_make(
            corpus=corpus,
            policy=policy,
            design=Draw.Design.SIMPLE,
            frame=frame,
            subject=subject,
            size=size,
            seed=seed,
        )
    drawn = list(draw.items.order_by("position"))
    if len(drawn) < FEWEST:
        raise BadPlan(
            f"only {len(drawn)} {THINGS[subject]} of this corpus fit, and a calibration needs {FEWEST}"
        )
    queue = Queue.objects.create(
        corpus=corpus,
        name=name,
        kind=Queue.Kind.CALIBRATION,
        rubric_version=rubric_version,
        draw=draw,
        policy=policy,
        blind=True,
        who={"raters": [rater.pseudonym for rater in raters]},
        needs_preview=needs_preview and not corpus.is_synthetic,
        created_by=created_by,
    )
    Item.objects.bulk_create(
        Item(
            queue=queue,
            draw_item=one,
            position=one.position,
            clip_id=one.clip_id,
            pair_id=one.pair_id,
            persons_id=one.persons_id,
        )
        for one in drawn
    )
    made = Round.objects.create(queue=queue, required_agreement=required_agreement)
    made.raters.set(raters)
    return made


def round_close_if_complete(*, queue: Queue) -> None:
    """Close the round of ``queue`` once every expected rater has answered every item. Other queues: nothing."""
    found = Round.objects.select_for_update().filter(queue=queue, closed_at=None).first()
    if found is None:
        return
    expected = queue.items.exclude(state=Item.State.OUT).count() * found.raters.count()
    done = Slot.objects.filter(queue=queue, state=Slot.State.DONE, rater__in=found.raters.all())
    if done.exclude(item__state=Item.State.OUT).count() >= expected:
        _close(found, None)


@transaction.atomic
def round_close(*, round_: Round, by: User) -> Round:
    """A curator closes it before everybody is through; who has not answered everything has not passed."""
    found = Round.objects.select_for_update().get(pk=round_.pk)
    if found.closed_at is None:
        _close(found, by)
    return found


def _close(found: Round, by: User | None) -> None:
    found.results = _results(found)
    found.closed_at = timezone.now()
    found.closed_by = by
    found.save(update_fields=["results", "closed_at", "closed_by"])
    Queue.objects.filter(pk=found.queue_id).update(state=Queue.State.CLOSED)
    Slot.objects.filter(queue_id=found.queue_id, state=Slot.State.LEASED).delete()


def round_ratings(found: Round) -> list[Rating]:
    """Everybody's standing answers to the first question; "cannot judge" is an answer of its own."""
    slots = Slot.objects.filter(queue_id=found.queue_id, judgment__isnull=False).select_related(
        "judgment__rater"
    )
    return [
        Rating(
            item=str(slot.item_id),
            rater=slot.judgment.rater.pseudonym,
            answer=slot.judgment.answer,
            seconds=slot.judgment.active_seconds,
        )
        for slot in slots.order_by("position", "number")
        if slot.judgment is not None and slot.judgment.kind != Judgment.Kind.RETRACTION
    ]


def _results(found: Round) -> dict[str, dict[str, float | int | bool | None]]:
    """Per pseudonym: the share of the others' answers that are its own, over all pairs of answers to one item."""
    ratings = round_ratings(found)
    pairs = people_agreement(ratings).pairs if ratings else ()
    items = found.queue.items.exclude(state=Item.State.OUT).count()
    results: dict[str, dict[str, float | int | bool | None]] = {}
    for name in found.raters.values_list("pseudonym", flat=True):
        own = [one for one in pairs if name in (one.first, one.second) and isinstance(one.raw, Estimate)]
        compared = sum(one.n for one in own)
        alike = sum(one.raw.value * one.n for one in own if isinstance(one.raw, Estimate))
        agreement = alike / compared if compared else None
        answered = sum(rating.rater == name for rating in ratings)
        results[name] = {
            "agreement": agreement,
            "n": compared,
            "answered": answered,
            "passed": agreement is not None
            and answered >= items
            and round(agreement, 9) >= found.required_agreement,
        }
    return results


@transaction.atomic
def round_decide(*, round_: Round, decisions: Mapping[int, Mapping[str, str]], by: User) -> RubricVersion:
    """What the discussion decided, item → answer and note: the examples of the rubric's next number.

    Raises ``BadPlan`` for a round that is still open, was decided before, or an answer that the rubric does not have.
    """
    found = (
        Round.objects.select_for_update().select_related("queue__rubric_version__rubric").get(pk=round_.pk)
    )
    if found.closed_at is None:
        raise BadPlan("close the calibration first: nobody may see the others' answers before")
    if found.next_version_id is not None:
        raise BadPlan(f"it was decided already, in {found.next_version}")
    version = found.queue.rubric_version
    question = version.questions[0]
    options = {one["key"] for one in question["options"]}
    items = {item.pk: item for item in found.queue.items.select_related("persons")}
    kept = {pk: one for pk, one in decisions.items() if one.get("answer")}
    if not kept:
        raise BadPlan("decide at least one item")
    for pk, one in kept.items():
        if pk not in items:
            raise BadPlan("that item is not one of this calibration")
        if one["answer"] not in options:
            raise BadPlan(f"{one['answer']!r} is no answer to {question['key']!r}")
    examples = [
        {
            **_subject(items[pk]),
            "question": question["key"],
            "answer": one["answer"],
            "note": one.get("note", "").strip()[:500],
            "round": found.pk,
        }
        for pk, one in sorted(kept.items(), key=lambda pair: items[pair[0]].position)
    ]
    last = version.rubric.versions.aggregate(last=Max("number"))["last"] or 0
    made = RubricVersion.objects.create(
        rubric=version.rubric,
        number=last + 1,
        guideline=version.guideline,
        questions=version.questions,
        examples=[*version.examples, *examples],
        created_by=by,
    )
    found.decisions = {
        str(pk): {"answer": one["answer"], "note": one.get("note", "")} for pk, one in kept.items()
    }
    found.next_version = made
    found.save(update_fields=["decisions", "next_version"])
    return made


def _subject(item: Item) -> dict[str, Any]:
    """What an example shows: ``clip``, ``pair``, or ``sheet``, the two rows of clips as they were last shown."""
    if item.clip_id:
        return {"clip": item.clip_id}
    if item.pair_id:
        return {"pair": item.pair_id}
    assert item.persons is not None
    shown = Judgment.objects.filter(item=item, shown__has_key="sheet").order_by("received_at").last()
    clips = list(shown.shown["sheet"]) if shown else []
    first = set(
        Clip.objects.filter(pk__in=clips, person_id=item.persons.first_id).values_list("pk", flat=True)
    )
    return {
        "persons": item.persons.pk,
        "sheet": [[pk for pk in clips if pk in first], [pk for pk in clips if pk not in first]],
    }
