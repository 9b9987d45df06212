"""The review page and what its scripts ask for: claim, judge, take back, draft, report."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from annotation.errors import NotYours
from annotation.models import Item, Judgment, Queue, Rater, Slot
from annotation.rubrics.parts import CANNOT_REASONS
from annotation.selectors.context import context_of
from annotation.selectors.items import item_payload, judgment_payload, shown_read, votes_of, was_shown
from annotation.selectors.queues import own_progress, queue_about, queue_to_claim
from annotation.selectors.rounds import examples_of
from annotation.selectors.told import media_of
from annotation.services.claims import Claimed, slot_claim, slot_release, slot_renew
from annotation.services.judgments import Answer, draft_save, judgment_retract, judgment_submit
from annotation.services.raters import rater_for_user
from annotation.services.reports import PROBLEMS, report_problem
from annotation.views.parsing import (
    BadRequest,
    body_of,
    integer_of,
    integers_of,
    json_view,
    number_of,
    text_of,
    uuid_of,
)
from curation.errors import NotFound
from curation.models import Clip
from curation.prepared import rows_of
from curation.services.originals import original_make
from curation.views.common import remember

_PAGES = {Queue.Kind.PAIRS: "annotation/pairs.html", Queue.Kind.IDENTITY: "annotation/identity.html"}
_PLACE = """
SELECT s.item_id, i.origin_id, s.rater_id FROM annotation_slot s JOIN annotation_item i ON i.id = s.item_id WHERE s.id = %s
"""


def _rater(request: HttpRequest) -> Rater:
    return rater_for_user(user=request.user)  # type: ignore[arg-type]


def _queue(pk: int) -> Queue:
    return get_object_or_404(
        Queue.objects.select_related("corpus", "policy", "rubric_version__rubric", "origin", "draw").exclude(
            kind=Queue.Kind.GOLD
        ),
        pk=pk,
    )


def work(request: HttpRequest, pk: int) -> HttpResponse:
    """The page itself; everything that changes from item to item comes by script."""
    queue = _queue(pk)
    remember(request, queue.corpus)
    rater = _rater(request)
    about = queue_about(queue)
    correct = request.GET.get("correct")
    page = {
        "correct": judgment_payload(rater=rater, judgment=correct) if correct else None,
        "queue": {
            "id": queue.pk,
            "name": queue.name,
            "kind": queue.kind,
            "about": about,
            "blind": queue.blind,
        },
        "questions": queue.rubric_version.questions,
        "cannot": [{"key": key, "label": label} for key, label in CANNOT_REASONS],
        "problems": [{"key": key, "label": label} for key, label in PROBLEMS],
        "lease_seconds": queue.lease_seconds,
        "progress": own_progress(queue, rater),
        "user": request.user.get_username(),
        "rater": rater.pseudonym,
        "urls": {
            "claim": reverse("annotation:claim", args=[queue.pk]),
            "leases": reverse("annotation:leases"),
            "judgments": reverse("annotation:judgments"),
            "report": reverse("annotation:report"),
            "progress": reverse("annotation:progress", args=[queue.pk]),
            "login": reverse("login"),
            "queues": reverse("annotation:queues"),
            "me": reverse("annotation:me"),
        },
    }
    template = _PAGES.get(Queue.Kind(about), "annotation/work.html")
    version = queue.rubric_version
    context = {
        "queue": queue,
        "about": about,
        "corpus": queue.corpus,
        "page": page,
        "examples": examples_of(version.examples, version.questions),
    }
    return render(request, template, context)


@json_view
def claim(request: HttpRequest, pk: int) -> dict[str, Any]:
    """``{"state": "item", "item": …}``, or ``leased`` (until when), ``done``, ``paused``, ``closed``."""
    body = body_of(request)
    rater, queue = _rater(request), queue_to_claim(pk)
    if queue is None:
        raise Http404
    found = slot_claim(queue=queue, rater=rater, have=integers_of(body.get("have"), "have"), fresh=True)
    if isinstance(found, Claimed):
        return {"state": "item", "item": item_payload(queue=queue, claimed=found, rater=rater)}
    until = found.until.isoformat() if found.until else None
    return {"state": found.state, "until": until, "leased": found.leased}


@json_view
def leases(request: HttpRequest) -> dict[str, Any]:
    """Renew the leases under ``renew``, give back those under ``release``."""
    body, rater = body_of(request), _rater(request)
    released = slot_release(rater=rater, slots=integers_of(body.get("release"), "release"))
    renewed = slot_renew(rater=rater, slots=integers_of(body.get("renew"), "renew"))
    return {"renewed": {slot: until.isoformat() for slot, until in renewed.items()}, "released": released}


@json_view
def judgments(request: HttpRequest) -> dict[str, Any]:
    """Take one judgment; the same id again is answered alike."""
    body, rater = body_of(request), _rater(request)
    slot = integer_of(body.get("slot"), "slot")
    found = rows_of(_PLACE, [slot])
    if not found:
        raise NotFound("That item is not there any more.")
    item_id, origin_id, holder = found[0]
    if holder != rater.pk and not _was_given(rater, item_id, text_of(body.get("shown"), "shown", 100_000)):
        raise NotYours("That item was never given to you.")
    previous = body.get("supersedes")
    taken = judgment_submit(
        id=uuid_of(body.get("id"), "id"),
        rater=rater,
        slot_id=slot,
        answer=_answer(body, item_id),
        supersedes=uuid_of(previous, "supersedes") if previous else None,
    )
    answer: dict[str, Any] = {
        "id": str(taken.id),
        "state": "counted" if taken.taken else "surplus",
        "reason": "" if taken.taken else taken.surplus_reason,
        "item_state": taken.item_state,
    }
    if origin_id is not None:
        answer["others"] = votes_of(Item.objects.select_related("origin").get(pk=item_id), rater)
    return answer


def _was_given(rater: Rater, item: int, shown: str) -> bool:
    """A lease may have lapsed, and then the judgment still counts if there is room; but nobody picks their own items."""
    return (
        was_shown(shown, item, rater)
        or Slot.objects.filter(item=item, rater=rater).exists()
        or Judgment.objects.filter(item=item, rater=rater).exists()
    )


def _answer(body: dict[str, Any], item_id: int) -> Answer:
    answers, reasons = body.get("answers") or {}, body.get("reasons") or []
    details = body.get("details") or {}
    if not isinstance(answers, dict) or not all(isinstance(one, str) for one in answers.values()):
        raise BadRequest("answers must map questions to answers")
    if not isinstance(reasons, list) or not all(isinstance(one, str) for one in reasons) or len(reasons) > 40:
        raise BadRequest("reasons must be a list of words")
    if not isinstance(details, dict) or len(str(details)) > 20_000:
        raise BadRequest("details must be a small object")
    active = number_of(body.get("active_ms"), "active_ms")
    return Answer(
        kind=text_of(body.get("kind"), "kind", 12) or Judgment.Kind.ANSWER,
        answers=answers,
        reasons=reasons,
        note=text_of(body.get("note"), "note"),
        active_ms=None if active is None else round(active),
        watched_share=number_of(body.get("watched_share"), "watched_share"),
        shown=shown_read(text_of(body.get("shown"), "shown", 100_000), item_id),
        details={key: value for key, value in details.items() if key != "answers"},
    )


@json_view
def retract(request: HttpRequest, judgment: Any) -> dict[str, Any]:
    """Take a judgment back; its item comes back leased to the same rater."""
    body, rater = body_of(request), _rater(request)
    place = judgment_retract(id=uuid_of(body.get("id"), "id"), rater=rater, judgment=judgment)
    if place is None or place.token is None or place.leased_until is None:
        return {"state": "taken_back", "item": None}
    claimed = Claimed(place.pk, place.item_id, place.token, place.leased_until)
    return {
        "state": "taken_back",
        "item": item_payload(
            queue=_queue(place.queue.golds_of_id or place.queue_id), claimed=claimed, rater=rater
        ),
    }


@json_view
def draft(request: HttpRequest, item: int) -> dict[str, Any]:
    """Keep partial work."""
    content = body_of(request)
    draft_save(rater=_rater(request), item_id=item, content=content)
    return {"state": "kept"}


@json_view
def report(request: HttpRequest) -> dict[str, Any]:
    """Report a problem: the clip is held until a curator looks."""
    body, rater = body_of(request), _rater(request)
    clip = Clip.objects.filter(pk=integer_of(body.get("clip"), "clip")).first()
    if clip is None or not Slot.objects.filter(rater=rater).filter(_about(clip)).exists():
        raise NotFound("That clip is not one that you were given.")
    report_problem(
        rater=rater,
        clip=clip,
        problem=text_of(body.get("problem"), "problem", 40),
        note=text_of(body.get("note"), "note"),
    )
    return {"state": "held"}


def _about(clip: Clip) -> Q:
    about = Q(item__clip=clip) | Q(item__pair__initiator=clip) | Q(item__pair__responder=clip)
    if clip.person_id is None:
        return about
    return about | Q(item__persons__first=clip.person_id) | Q(item__persons__second=clip.person_id)


@json_view
def progress(request: HttpRequest, pk: int) -> dict[str, Any]:
    """The top line's numbers."""
    return own_progress(_queue(pk), _rater(request))


@json_view
def item_context(request: HttpRequest, item: int) -> dict[str, Any]:
    """What is known around the item: what was said, who spoke when. Only to somebody who holds or judged it."""
    found = Item.objects.select_related("clip", "pair", "queue__policy").filter(pk=item).first()
    if found is None or not Slot.objects.filter(item=found, rater=_rater(request)).exists():
        raise NotFound("That item is not in your hands.")
    return context_of(found)


@json_view
def original(request: HttpRequest, item: int) -> dict[str, Any]:
    """The item's clip in original quality, made if need be. Only to somebody who holds or judged it."""
    found = Item.objects.select_related("clip__source").filter(pk=item, clip__withdrawn_at=None).first()
    if (
        found is None
        or found.clip is None
        or not Slot.objects.filter(item=found, rater=_rater(request)).exists()
    ):
        raise NotFound("That item is not in your hands.")
    return {"media": media_of(original_make(clip=found.clip))}
