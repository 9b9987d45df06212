"""Judgments: taken once, whatever the network does; counted never beyond the overlap; corrected by superseding."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotation.errors import AlreadyReplaced, BadAnswer, NotYours, QueueIsClosed
from annotation.models import Draft, Item, Judgment, JudgmentNote, Queue, Rater, Slot
from annotation.rubrics.parts import CANNOT, CANNOT_REASONS
from annotation.selectors.rubrics import rubric_version
from annotation.services.rounds import round_close_if_complete
from annotation.services.settling import item_settle
from curation.errors import NotFound
from curation.models import Clip
from curation.prepared import columns_of, objects_of, rows_of, run

_NOTE_LENGTH = 4000

# Written out and prepared, as what a claim asks: all of them run with each judgment.
_QUEUE = f"""
SELECT {columns_of(Queue, "q")}, s.item_id AS of_item, i.origin_id AS of_origin
FROM annotation_slot s JOIN annotation_item i ON i.id = s.item_id JOIN annotation_queue q ON q.id = s.queue_id
WHERE s.id = %s
"""
_ITEM = f"""
SELECT {columns_of(Item, "i")}, c.corpus_id AS of_corpus
FROM annotation_item i LEFT JOIN curation_clip c ON c.id = i.clip_id WHERE i.id = %s FOR UPDATE OF i
"""
_KNOWN = """
SELECT j.rater_id, j.counted, j.surplus_reason, i.state
FROM annotation_judgment j JOIN annotation_item i ON i.id = j.item_id WHERE j.id = %s
"""
_TAKEN_BACK = f"""
SELECT {columns_of(Judgment, "j")} FROM annotation_judgment j
WHERE j.item_id = %s AND j.rater_id = %s AND j.kind = 'retraction' AND j.counted
  AND NOT EXISTS (SELECT 1 FROM annotation_judgment later WHERE later.supersedes_id = j.id)
"""
_PLACES = f"""
SELECT {columns_of(Slot, "s")}, s.leased_until < clock_timestamp() AS lapsed, j.kind = 'answer' AS answered
FROM annotation_slot s LEFT JOIN annotation_judgment j ON j.id = s.judgment_id
WHERE s.item_id = %s ORDER BY s.number FOR UPDATE OF s
"""
_LET_GO = """
UPDATE annotation_slot SET state = 'free', rater_id = NULL, token = NULL, leased_until = NULL
WHERE item_id = %s AND rater_id = %s AND id <> %s
"""
_FILL = """
UPDATE annotation_slot SET state = 'done', rater_id = %s, judgment_id = %s, token = NULL, leased_until = NULL, done_at = %s
WHERE id = %s
"""
_FORGET = "DELETE FROM annotation_draft WHERE item_id = %s AND rater_id = %s"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rater says. ``answers`` maps question → option, the first being the item's own question.

    ``kind`` is ``answer`` or ``cannot``; ``active_ms`` and ``watched_share`` (0 to 1) are None where the client does
    not know; ``shown`` is what was on the page.
    """

    kind: str = Judgment.Kind.ANSWER
    answers: Mapping[str, str] = field(default_factory=dict)
    reasons: Sequence[str] = ()
    note: str = ""
    active_ms: int | None = None
    watched_share: float | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a judgment: ``counted``, or kept as surplus and why. ``item_state`` is the item's now."""

    id: uuid.UUID
    counted: bool
    surplus_reason: str
    item_state: str
    new: bool

    @property
    def taken(self) -> bool:
        """Whether it stands where it was meant to: the page learns of a gold no more than that."""
        return self.counted or self.surplus_reason in Queue.UNCOUNTED


@transaction.atomic
def judgment_submit(
    *,
    id: uuid.UUID,
    rater: Rater,
    slot_id: int,
    answer: Answer,
    supersedes: uuid.UUID | None = None,
) -> Taken:
    """Keep a judgment. The same ``id`` again changes nothing and is answered alike.

    A lease is not a licence: what counts is whether there is room. Counted if the rater holds the place, or a place on the item is free or its lease ran out; otherwise kept as
    surplus (``full``, ``second_by_same_rater``, ``item_out``, ``queue_closed``); of a ``gold`` or a ``calibration``
    it is kept in its place and never counted. With ``supersedes`` it corrects an
    earlier one of the same rater. Raises ``BadAnswer``, ``NotFound``, ``NotYours``, ``AlreadyReplaced``.
    """
    queue: Any = next(iter(objects_of(Queue, _QUEUE, [slot_id])), None)
    item = _lock(queue.of_item, queue.of_origin) if queue is not None else None
    before = _known(id, rater)  # sent twice at once: the second one waited for the lock
    if before is not None:
        return before
    if queue is None or item is None:
        raise NotFound("That item is not there any more.")
    queue.rubric_version = rubric_version(queue.rubric_version_id)
    kind, question, value, details = _parse(queue, item, answer)
    previous = _previous(supersedes, rater, item)
    reason = ""
    place: Slot | None = None
    if previous is not None:
        reason = previous.surplus_reason if not previous.counted else ""
        place = Slot.objects.filter(item=item, judgment=previous).first()
        if place is None and previous.kind == Judgment.Kind.RETRACTION:
            place, reason = _place(item, rater, queue.overlap)
    elif queue.kind in Queue.UNCOUNTED:
        place, reason = _own_place(item, rater), queue.kind
    elif queue.state == Queue.State.CLOSED:
        reason = "queue_closed"
    elif item.state == Item.State.OUT:
        reason = "item_out"
    else:
        place, reason = _place(item, rater, queue.overlap)
    judgment = Judgment.objects.create(
        id=id,
        corpus_id=queue.corpus_id,
        queue=queue,
        item=item,
        clip_id=item.clip_id,
        pair_id=item.pair_id,
        rater=rater,
        kind=kind,
        question=question,
        answer=value,
        reasons=list(dict.fromkeys(answer.reasons)),
        details=details,
        counted=not reason,
        surplus_reason=reason,
        blind=queue.blind,
        shown=dict(answer.shown),
        supersedes=previous,
        active_ms=answer.active_ms,
        watched_share=answer.watched_share,
    )
    if answer.note.strip():
        JudgmentNote.objects.create(judgment=judgment, text=answer.note.strip()[:_NOTE_LENGTH])
    if place is not None and (not reason or queue.kind in Queue.UNCOUNTED):
        _fill(place, judgment, rater)
        if queue.kind in Queue.UNCOUNTED:
            round_close_if_complete(queue=queue)
        else:
            item_settle(item=item, queue=queue)
        run(_FORGET, [item.pk, rater.pk])
    return Taken(judgment.pk, judgment.counted, reason, item.state, True)


@transaction.atomic
def judgment_retract(*, id: uuid.UUID, rater: Rater, judgment: uuid.UUID) -> Slot | None:
    """Take a judgment back: a retraction supersedes it, and its place is leased to the rater again (returned).

    Raises ``NotFound``, ``NotYours``, ``AlreadyReplaced`` and ``QueueIsClosed``. The same ``id`` again changes nothing.
    """
    given = (
        Judgment.objects.filter(pk=judgment).select_related("queue__rubric_version__rubric", "item").first()
    )
    if given is None:
        raise NotFound("There is no such judgment.")
    if given.rater_id != rater.pk:
        raise NotYours("Only the one who judged can take it back.")
    item = _lock(given.item_id, given.item.origin_id)
    if Judgment.objects.filter(pk=id).exists():
        return Slot.objects.filter(item=item, rater=rater, state=Slot.State.LEASED).first()
    if given.queue.state == Queue.State.CLOSED:
        raise QueueIsClosed("This queue is closed; ask a curator to reopen the question.")
    if Judgment.objects.filter(supersedes=given).exists() or given.kind == Judgment.Kind.RETRACTION:
        raise AlreadyReplaced("It was replaced before. Reload to see what stands now.")
    Judgment.objects.create(
        id=id,
        corpus_id=given.corpus_id,
        queue=given.queue,
        item=item,
        clip_id=given.clip_id,
        pair_id=given.pair_id,
        rater=rater,
        kind=Judgment.Kind.RETRACTION,
        question=given.question,
        counted=given.counted,
        surplus_reason=given.surplus_reason,
        blind=given.blind,
        supersedes=given,
    )
    place = Slot.objects.filter(item=item, judgment=given).first()
    if place is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_slot SET state = 'leased', judgment_id = NULL, done_at = NULL, rater_id = %s,"
            " token = gen_random_uuid(), leased_until = clock_timestamp() + %s * interval '1 second' WHERE id = %s",
            [rater.pk, given.queue.lease_seconds, place.pk],
        )
    if given.queue.kind not in Queue.UNCOUNTED:
        item_settle(item=item, queue=given.queue)
    place.refresh_from_db()
    return place


def draft_save(*, rater: Rater, item_id: int, content: Mapping[str, Any]) -> None:
    """Keep partial work on an item; the latest wins."""
    if not Slot.objects.filter(item_id=item_id, rater=rater).exists():
        raise NotYours("That item is not in your hands any more.")
    Draft.objects.update_or_create(item_id=item_id, rater=rater, defaults={"content": dict(content)})


def _lock(item_id: int, origin_id: int | None) -> Item:
    """The item, locked; a dispute's origin before it, so that everybody takes the two in the same order."""
    if origin_id is not None:
        Item.objects.select_for_update().get(pk=origin_id)
    item: Any = objects_of(Item, _ITEM, [item_id])[0]
    if item.clip_id is not None:
        item.clip = Clip.from_db("default", ["id", "corpus_id"], [item.clip_id, item.of_corpus])
    return item  # type: ignore[no-any-return]


def _known(id: uuid.UUID, rater: Rater) -> Taken | None:
    for whose, counted, reason, state in rows_of(_KNOWN, [id]):
        if whose != rater.pk:
            raise NotYours("That id belongs to somebody else's judgment; make a new one.")
        return Taken(id, counted, reason, state, False)
    return None


def _previous(supersedes: uuid.UUID | None, rater: Rater, item: Item) -> Judgment | None:
    if supersedes is None:
        # After taking it back, the next answer continues the chain: nobody counts twice on an item.
        return next(iter(objects_of(Judgment, _TAKEN_BACK, [item.pk, rater.pk])), None)
    found = Judgment.objects.filter(pk=supersedes, item=item).first()
    if found is None:
        raise NotFound("The judgment to correct is not one of this item.")
    if found.rater_id != rater.pk:
        raise NotYours("Only the one who judged can correct it.")
    if Judgment.objects.filter(supersedes=found).exists():
        raise AlreadyReplaced("It was replaced before. Reload to see what stands now.")
    return found


def _place(item: Item, rater: Rater, overlap: int) -> tuple[Slot | None, str]:
    """The place that a judgment of ``rater`` may fill, or why there is none. The item's row is locked."""
    places: list[Any] = objects_of(Slot, _PLACES, [item.pk])
    if any(place.state == Slot.State.DONE and place.rater_id == rater.pk for place in places):
        return None, "second_by_same_rater"
    # Full, too, where a "cannot judge" had opened places before it was taken back.
    if sum(bool(place.answered) for place in places) >= overlap:
        return None, "full"
    leased = [place for place in places if place.state == Slot.State.LEASED]
    own = [place for place in leased if place.rater_id == rater.pk]
    # One's own lease first, then any place that nobody holds.
    nobodys = [
        place for place in places if place.state == Slot.State.FREE or (place in leased and place.lapsed)
    ]
    return next(((place, "") for place in (*own, *nobodys)), (None, "full"))


def _own_place(item: Item, rater: Rater) -> Slot | None:
    """The place that this rater holds on a gold or an item of a calibration."""
    return Slot.objects.filter(item=item, rater=rater, state=Slot.State.LEASED).first()


def _fill(place: Slot, judgment: Judgment, rater: Rater) -> None:
    if place.rater_id != rater.pk:
        # An own lease on another place of the item would collide with "never the same rater twice".
        run(_LET_GO, [place.item_id, rater.pk, place.pk])
    run(_FILL, [rater.pk, judgment.pk, timezone.now(), place.pk])


def item_questions(queue: Queue, item: Item) -> list[dict[str, Any]]:
    """The questions of the queue's rubric that this item asks."""
    questions = list(queue.rubric_version.questions)
    return [one for one in questions if one["key"] == item.question] if item.question else questions


def _parse(queue: Queue, item: Item, answer: Answer) -> tuple[str, str, str, dict[str, Any]]:
    """``(kind, question, answer, details)`` as stored; raises ``BadAnswer`` for what the rubric does not have."""
    questions = item_questions(queue, item)
    first = questions[0]["key"]
    if answer.active_ms is not None and not 0 <= answer.active_ms <= 86_400_000:
        raise BadAnswer("active time lies between 0 and a day")
    if answer.watched_share is not None and not 0 <= answer.watched_share <= 1:
        raise BadAnswer("the watched share lies between 0 and 1")
    known_reasons = {reason["key"] for question in questions for reason in question.get("reasons", ())}
    if answer.kind == Judgment.Kind.CANNOT:
        known_reasons |= {key for key, _ in CANNOT_REASONS}
    unknown = [reason for reason in answer.reasons if reason not in known_reasons]
    if unknown:
        raise BadAnswer(f"the rubric has no reason {unknown[0]!r}")
    details = {name: value for name, value in answer.details.items() if name != "apart"}
    if "outliers" in details:
        details["outliers"] = _outliers(item, details["outliers"], answer.shown)
        details["apart"] = _apart(details["outliers"], answer.shown)
    if answer.kind == Judgment.Kind.CANNOT:
        return Judgment.Kind.CANNOT, first, CANNOT, details
    if answer.kind != Judgment.Kind.ANSWER:
        raise BadAnswer(f"{answer.kind!r} is no kind of judgment")
    asked = {question["key"]: {one["key"] for one in question["options"]} for question in questions}
    for key, value in answer.answers.items():
        if key not in asked:
            raise BadAnswer(f"this item does not ask {key!r}")
        if value not in asked[key]:
            raise BadAnswer(f"{value!r} is no answer to {key!r}")
    missing = [key for key in asked if key not in answer.answers]
    if missing:
        raise BadAnswer(f"the question {missing[0]!r} has no answer yet")
    more = {key: value for key, value in answer.answers.items() if key != first}
    if more:
        details["answers"] = more
    return Judgment.Kind.ANSWER, first, answer.answers[first], details


def _outliers(item: Item, marked: Any, shown: Mapping[str, Any]) -> list[int]:
    """The clips of a sheet that show somebody else, as ids in their order; they must have been on it."""
    if item.persons_id is None:
        raise BadAnswer("only the clips of an identity sheet can be marked")
    if not isinstance(marked, list) or not all(type(one) is int for one in marked):
        raise BadAnswer("the marked clips must be a list of numbers")
    strange = sorted(set(marked) - set(shown.get("sheet", ())))
    if strange:
        raise BadAnswer(f"clip {strange[0]} was not on the sheet")
    return sorted(set(marked))


def _apart(clips: Sequence[int], shown: Mapping[str, Any]) -> dict[str, int]:
    """The tracks of the marked clips, each with the person whom it was shown as.

    Clips of no track are left out, and so is a row of which every track was marked: nobody would be left whom the rest
    do not belong to.
    """
    tracks = shown.get("tracks", {})
    marked = dict(tracks[str(clip)] for clip in clips if str(clip) in tracks)
    stay = {person for track, person in tracks.values() if track not in marked}
    return {str(track): person for track, person in marked.items() if person in stay}
