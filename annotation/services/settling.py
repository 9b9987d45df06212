"""Settling: when an item's places are filled, its answers become verdicts, or the item goes to the panel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import connection

from annotation.consensus import Basis, Settlement, Vote, panel_due, settle
from annotation.models import Item, Judgment, Queue, Rater
from annotation.rubrics.parts import CANNOT
from annotation.services.adjudication import dispute_close, dispute_open
from curation.models import Verdict
from curation.prepared import columns_of, objects_of
from curation.services.identities import person_verdict_record, person_verdict_reopen
from curation.services.tracksplits import MIXED
from curation.services.verdicts import verdict_record, verdict_reopen

_COUNTED = f"""
SELECT {columns_of(Judgment, "j")}, r.pseudonym AS of_pseudonym
FROM annotation_slot s JOIN annotation_judgment j ON j.id = s.judgment_id JOIN annotation_rater r ON r.id = j.rater_id
WHERE s.item_id = %s ORDER BY s.number
"""
MOST_DECLINED = 2
PANEL_SHARE = 0.1


def counted_judgments(item: Item) -> list[Judgment]:
    """The judgments that count for an item, latest of each chain, in the order of their places."""
    found = objects_of(Judgment, _COUNTED, [item.pk])
    for one in found:
        one.rater = Rater.from_db("default", ["id", "pseudonym"], [one.rater_id, one.of_pseudonym])  # type: ignore[attr-defined]
    return found


def answers_of(judgment: Judgment) -> dict[str, str | None]:
    """Question → answer of one judgment, further questions included; None where it could not be judged."""
    if judgment.kind == Judgment.Kind.CANNOT:
        return {judgment.question: None}
    return {judgment.question: judgment.answer, **judgment.details.get("answers", {})}


def item_settle(*, item: Item, queue: Queue) -> str:
    """Bring the item's state and its verdicts in line with the judgments that count now. Returns the state.

    Must run in the transaction that changed them, with the item's row locked.
    """
    if item.origin_id:
        origin = Item.objects.select_for_update().get(pk=item.origin_id)
        own = counted_judgments(item)
        state = _settle(origin, Queue.objects.get(pk=origin.queue_id), panel=own[0] if own else None)
        done = Item.State.SETTLED if state != Item.State.DISPUTED else Item.State.DISPUTED
        return _state(item, done if own else Item.State.OPEN)
    return _settle(item, queue, panel=None)


def _settle(item: Item, queue: Queue, *, panel: Judgment | None) -> str:
    """Settle an item of an ordinary queue, with the panel's judgment on it if there is one."""
    judgments = counted_judgments(item)
    found = {key: _one(item, queue, key, judgments, panel) for key in _questions(item, judgments)}
    bases = {one.basis for one in found.values()}
    if not found or Basis.WAITING_FOR_VOTES in bases:
        _reopen(item, judgments)
        _ask_one_more(item, queue, judgments)
        return _state(item, Item.State.OPEN)
    if bases & {Basis.WAITING_FOR_THIRD, Basis.WAITING_FOR_PANEL}:
        _withdraw_verdicts(item, judgments)
        dispute_open(item=item, queue=queue)
        return _state(item, Item.State.DISPUTED)
    if Basis.CANNOT_JUDGE in bases:
        _reopen(item, judgments)
        return _state(item, Item.State.OUT)
    for key, one in found.items():
        behind = [*judgments, *([panel] if panel else [])]
        _record(
            item,
            key,
            answer=str(one.answer),
            method=_method(one.basis, queue.overlap),
            blind=all(judgment.blind for judgment in behind),
            evidence=_evidence(item, queue, key, one, behind),
        )
    if panel is None:
        dispute_close(item=item)
    return _state(item, Item.State.SETTLED)


def _record(item: Item, question: str, **settled: Any) -> None:
    """What people settled, where it belongs: on a clip, a dialogue pair, or two persons."""
    if item.persons is not None:
        person_verdict_record(pair=item.persons, **settled)
    else:
        verdict_record(clip=item.clip, pair=item.pair, question=question, **settled)


def _one(
    item: Item, queue: Queue, key: str, judgments: Sequence[Judgment], panel: Judgment | None
) -> Settlement:
    """One question by the reference procedure. The panel votes blind first; what it says after seeing overrides."""
    votes = [Vote(one.rater.pseudonym, answers_of(one).get(key)) for one in judgments]
    # Agreed items of an audit go to the panel too, a random tenth of them: agreed can be wrong.
    checked = queue.kind == Queue.Kind.AUDIT and panel_due(
        str(item.pk), seed=str(queue.pk), share=PANEL_SHARE
    )
    word = answers_of(panel).get(key) if panel is not None else None
    if panel is None:
        return settle(votes, overlap=queue.overlap, panel_asked=checked, most_declined=MOST_DECLINED)
    if panel.details.get("seen") or (checked and not settle(votes, overlap=queue.overlap).disputed):
        return settle(
            votes,
            overlap=queue.overlap,
            panel=word,
            panel_asked=word is None,
            most_declined=MOST_DECLINED,
        )
    third = Vote(panel.rater.pseudonym, word)
    return settle([*votes, third], overlap=queue.overlap, most_declined=MOST_DECLINED)


def _method(basis: Basis, overlap: int) -> str:
    if basis is Basis.AGREED:
        return "single" if overlap == 1 else "agreed"
    return "panel" if basis is Basis.PANEL else "majority"


def _questions(item: Item, judgments: Sequence[Judgment]) -> list[str]:
    keys = dict.fromkeys(key for one in judgments for key in answers_of(one))
    return list(keys) or ([item.question] if item.question else [])


def _evidence(
    item: Item, queue: Queue, key: str, found: Settlement, judgments: Sequence[Judgment]
) -> dict[str, Any]:
    answers = [answers_of(one).get(key) or CANNOT for one in judgments]
    marked = {
        one.rater.pseudonym: one.details["outliers"] for one in judgments if one.details.get("outliers")
    }
    apart = _apart(key, found, judgments)
    return {
        **({"outliers": marked} if marked else {}),
        **({"apart": apart} if apart else {}),
        "item": item.pk,
        "queue": queue.pk,
        "rule": found.basis.value,
        "disputed": found.disputed,
        "rubric": {"slug": queue.rubric_version.rubric.slug, "version": queue.rubric_version.number},
        "judgments": [str(one.pk) for one in judgments],
        "raters": [one.rater.pseudonym for one in judgments],
        "answers": answers,
    }


def _apart(key: str, found: Settlement, judgments: Sequence[Judgment]) -> dict[str, int]:
    """The tracks that do not belong, with the person whom they were shown as: those that more than half of the people
    marked who gave the answer that stands. Where the panel decided, its marks alone."""
    if found.answer != MIXED:
        return {}
    agreeing = [one for one in judgments if answers_of(one).get(key) == MIXED]
    if found.basis is Basis.PANEL:
        agreeing = agreeing[-1:]
    marked = Counter(pair for one in agreeing for pair in one.details.get("apart", {}).items())
    return {track: person for (track, person), people in sorted(marked.items()) if 2 * people > len(agreeing)}


def _reopen(item: Item, judgments: Sequence[Judgment]) -> None:
    """Nothing is settled any more: say so where a verdict of this item stands."""
    if item.state == Item.State.OPEN:
        return
    _withdraw_verdicts(item, judgments)
    dispute_close(item=item)


def _withdraw_verdicts(item: Item, judgments: Sequence[Judgment]) -> None:
    if item.state == Item.State.OPEN:
        return
    if item.persons is not None:
        person_verdict_reopen(
            pair=item.persons,
            evidence={"item": item.pk, "judgments": [str(one.pk) for one in judgments]},
        )
        return
    subject = {"clip_id": item.clip_id} if item.clip_id else {"pair_id": item.pair_id}
    standing = Verdict.objects.standing().filter(**subject, evidence__item=item.pk)
    for key in standing.values_list("question", flat=True):
        verdict_reopen(
            clip=item.clip,
            pair=item.pair,
            question=key,
            evidence={"item": item.pk, "judgments": [str(one.pk) for one in judgments]},
        )


def _ask_one_more(item: Item, queue: Queue, judgments: Sequence[Judgment]) -> None:
    """One place more for each person who could not judge, so that ``overlap`` people who can still will."""
    declined = sum(one.kind == Judgment.Kind.CANNOT for one in judgments)
    wanted = queue.overlap + declined
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotation_slot (queue_id, item_id, number, position, state, attempts)"
            " SELECT %s, %s, n, %s, 'free', 0 FROM generate_series(1, %s) n ON CONFLICT (item_id, number) DO NOTHING",
            [queue.pk, item.pk, item.position, wanted],
        )


def _state(item: Item, state: str) -> str:
    if item.state != state:
        item.state = state
        item.save(update_fields=["state"])
    return state
