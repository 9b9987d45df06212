"""One leased item as the review page gets it, and the signed record of what it was shown."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from django.core import signing
from django.db.models import OuterRef, Subquery
from django.urls import NoReverseMatch, reverse

from annotation.models import Draft, Item, Judgment, Queue, Rater
from annotation.selectors.scores import builds_of, proposal_of, score_groups, scorecard_of, tier_facts
from annotation.selectors.sheets import sheet_of
from annotation.services.claims import Claimed
from annotation.services.judgments import item_questions
from curation.models import Clip, DialoguePair, Policy, Rendition
from curation.policies.rules import RuleList
from curation.selectors.policies import policy_rules

_SALT = "annotation.shown"
_MOST_CANDIDATES = 4
# The columns that the page is told, of tables that have many more.
_READ = (
    *("queue_id", "position", "question", "clip_id", "pair_id", "persons_id"),
    *(f"clip__{name}" for name in ("external_id", "start_s", "end_s", "language", "branch")),
    *(f"clip__source__{name}" for name in ("name", "width", "height", "has_sound")),
    *(f"pair__{name}" for name in ("initiator_id", "responder_id")),
)


def item_payload(*, queue: Queue, claimed: Claimed, rater: Rater) -> dict[str, Any]:
    """Everything that judging one item needs, JSON only. A blind queue's payload holds no proposal and no score."""
    drafts = Draft.objects.filter(item=OuterRef("pk"), rater=rater).values("content")
    item = (
        Item.objects.select_related("clip__source", "pair")
        .only(*_READ)
        .annotate(draft_content=Subquery(drafts))
        .get(pk=claimed.item_id)
    )
    if item.persons_id:
        pictures = [{**_clip(one.clip), "row": one.row, "box": one.box} for one in sheet_of(item)]
    else:
        pictures = [_clip(clip) for clip in _clips(item)]
    judged, shown = _judged_by(queue, item)
    shown |= {
        "item": item.pk,
        "renditions": [one["media"]["sha256"] if one["media"] else None for one in pictures],
    }
    if item.persons_id:
        shown["sheet"] = [one["id"] for one in pictures]
    return {
        "slot": claimed.slot_id,
        "item": item.pk,
        "token": str(claimed.token),
        "leased_until": claimed.leased_until.isoformat(),
        "position": item.position,
        "subject": subject_of(item),
        "questions": [one["key"] for one in item_questions(queue, item)],
        "clips": pictures,
        "candidates": _candidates(item),
        **judged,
        "draft": item.draft_content,
        "draft_url": reverse("annotation:draft", args=[item.pk]),
        "shown": signing.dumps(shown, salt=_SALT, compress=True),
        "original_url": reverse("annotation:original", args=[item.pk]) if item.clip_id else None,
        "context_url": reverse("annotation:item_context", args=[item.pk]),
    }


def subject_of(item: Item) -> str:
    """What an item is about: ``clip``, ``pair`` or ``persons``."""
    return "persons" if item.persons_id else "pair" if item.pair_id else "clip"


def judgment_payload(*, rater: Rater, judgment: str) -> dict[str, Any] | None:
    """The item of an own judgment, to correct it; None where it is not one's own, was replaced, or no place has it."""
    try:
        key = uuid.UUID(judgment)
    except ValueError:
        return None
    given = (
        Judgment.objects.filter(pk=key, rater=rater, superseded_by__isnull=True)
        .select_related("slot")
        .first()
    )
    if given is None or not hasattr(given, "slot"):
        return None
    queue = Queue.objects.select_related("rubric_version", "policy").get(
        pk=given.queue.golds_of_id or given.queue_id
    )
    claimed = Claimed(given.slot.pk, given.item_id, uuid.UUID(int=0), given.received_at)
    payload = item_payload(queue=queue, claimed=claimed, rater=rater)
    return {**payload, "supersedes": str(given.pk), "draft": {"answers": {}, "reasons": given.reasons}}


def shown_read(text: str, item_id: int) -> dict[str, Any]:
    """What the page was given, if it is the server's own word; otherwise a record that says it is not."""
    try:
        found = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return {"unknown": "the page did not return what it was shown"}
    if found.get("item") != item_id:
        return {"unknown": "the page returned what it was shown of another item"}
    return dict(found)


def _clips(item: Item) -> list[Clip]:
    if item.pair is not None:
        found = Clip.objects.select_related("source").in_bulk(
            [item.pair.initiator_id, item.pair.responder_id]
        )
        return [found[item.pair.initiator_id], found[item.pair.responder_id]]
    assert item.clip is not None
    return [item.clip]


def _candidates(item: Item) -> list[dict[str, Any]]:
    """Other responders for the same initiator, nearest first, that a browser can play."""
    if item.pair is None:
        return []
    others = (
        DialoguePair.objects.filter(initiator_id=item.pair.initiator_id, is_current=True, withdrawn_at=None)
        .filter(responder__withdrawn_at=None, responder__held_at=None, responder__renditions__kind="preview")
        .exclude(pk=item.pair.pk)
        .select_related("responder__source")
        .order_by("responder__start_s")[:_MOST_CANDIDATES]
    )
    return [{"pair": other.pk, "clip": _clip(other.responder)} for other in others]


def _clip(clip: Clip) -> dict[str, Any]:
    renditions = {one.kind: one for one in clip.renditions.all()}
    preview = renditions.get(Rendition.Kind.PREVIEW)
    return {
        "id": clip.pk,
        "name": clip.external_id or clip.source.name,
        "start_s": clip.start_s,
        "end_s": clip.end_s,
        "duration_s": round(clip.duration_s, 6),
        "language": clip.language,
        "branch": clip.branch,
        "source_width": clip.source.width,
        "source_height": clip.source.height,
        "has_sound": clip.source.has_sound,
        "media": _media(preview),
        "poster": _address(renditions.get(Rendition.Kind.POSTER)),
        "waveform": _address(renditions.get(Rendition.Kind.WAVEFORM)),
    }


def _media(preview: Rendition | None) -> dict[str, Any] | None:
    return None if preview is None else media_of(preview)


def media_of(preview: Rendition) -> dict[str, Any]:
    """What a player needs of a rendition: address, size, the true time of each frame."""
    return {
        "url": _address(preview),
        "sha256": preview.sha256,
        "kind": preview.kind,
        "width": preview.width,
        "height": preview.height,
        "timestamps": preview.timestamps,
    }


def _address(rendition: Rendition | None) -> str | None:
    if rendition is None:
        return None
    for route in ("curation:rendition", "curation:media"):
        try:
            return reverse(route, args=[rendition.pk])
        except NoReverseMatch:
            continue
    return None


def _judged_by(queue: Queue, item: Item) -> tuple[dict[str, Any], dict[str, Any]]:
    """``(what the page shows, what the judgment records)`` of policy, proposal and scores."""
    policy = queue.policy
    if policy is None or queue.blind or item.persons_id:
        return {"proposal": None, "scores": []}, {"blind": queue.blind}
    rules = _rules(policy.pk)
    card = scorecard_of(policy, clip_id=item.clip_id, pair_id=item.pair_id, metrics=rules.metrics)
    proposal = proposal_of(policy, clip_id=item.clip_id, pair_id=item.pair_id)
    groups = score_groups(rules, card)
    page: dict[str, Any] = {"scores": groups, "proposal": None}
    if proposal is not None:
        page["proposal"] = {**tier_facts(proposal.tier), "policy": policy.number, "code": proposal.tier}
    record = {
        "blind": False,
        "policy": policy.pk,
        "proposal": proposal.tier if proposal is not None else None,
        "failing": proposal.failing if proposal is not None else None,
        "missing": proposal.missing if proposal is not None else None,
        "scores": {row["metric"]: row["value"] for group in groups for row in group["rows"]},
        "builds": builds_of(card, rules),
    }
    return page, record


@lru_cache(maxsize=64)
def _rules(policy_id: int) -> RuleList:
    """A policy never changes, so its rules may be kept; one that is not resolved yet is not."""
    return policy_rules(Policy.objects.get(pk=policy_id))


def votes_of(item: Item, rater: Rater) -> dict[str, Any] | None:
    """What the others said of a dispute, once this rater has voted; None before, so that the vote stays blind."""
    if item.origin is None:
        return None
    voted = Judgment.objects.filter(item=item, rater=rater, counted=True).exists()
    if not voted:
        return None
    votes = (
        Judgment.objects.filter(slot__item=item.origin)
        .order_by("slot__number")
        .select_related("rater", "note")
    )
    return {
        "votes": [
            {
                "rater": chr(ord("A") + place),
                "answer": vote.answer,
                "kind": vote.kind,
                "reasons": vote.reasons,
                "note": vote.note.text if hasattr(vote, "note") else "",
            }
            for place, vote in enumerate(votes)
        ]
    }
