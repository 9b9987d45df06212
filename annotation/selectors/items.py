"""One leased item as the review page gets it, and the signed record of what it was shown."""

from __future__ import annotations

import json
import uuid
from functools import lru_cache
from typing import Any

from django.core import signing
from django.urls import reverse

from annotation.models import Item, Judgment, Queue, Rater
from annotation.selectors.scores import builds_of, score_groups, tier_facts
from annotation.selectors.sheets import sheet_of
from annotation.selectors.told import clips_told, scored
from annotation.services.claims import Claimed
from annotation.services.judgments import item_questions
from curation.models import DialoguePair, Policy
from curation.policies.rules import RuleList
from curation.prepared import objects_of
from curation.selectors.policies import policy_rules

_SALT = "annotation.shown"
_MOST_CANDIDATES = 4
_ITEM = """
SELECT i.id, i.queue_id, i.position, i.question, i.clip_id, i.pair_id, i.persons_id, d.initiator_id, d.responder_id,
       (SELECT content FROM annotation_draft WHERE item_id = i.id AND rater_id = %s) AS draft
FROM annotation_item i LEFT JOIN curation_dialoguepair d ON d.id = i.pair_id WHERE i.id = %s
"""


def item_payload(*, queue: Queue, claimed: Claimed, rater: Rater) -> dict[str, Any]:
    """Everything that judging one item needs, JSON only. A blind queue's payload holds no proposal and no score."""
    item: Any = objects_of(Item, _ITEM, [rater.pk, claimed.item_id])[0]
    if item.persons_id:
        tiles = sheet_of(item)
        told = clips_told([one.clip.pk for one in tiles])
        pictures = [
            {**each, "row": one.row, "box": one.box, "track": one.clip.track_id}
            for one, each in zip(tiles, told, strict=True)
        ]
    elif item.pair_id:
        pictures = clips_told([item.initiator_id, item.responder_id])
    else:
        pictures = clips_told([item.clip_id])
    judged, shown = _judged_by(queue, item)
    shown |= {
        "item": item.pk,
        "renditions": [one["media"]["sha256"] if one["media"] else None for one in pictures],
    }
    if item.persons_id:
        shown["sheet"] = [one["id"] for one in pictures]
        shown["tracks"] = {
            str(one.clip.pk): [one.clip.track_id, one.clip.person_id] for one in tiles if one.clip.track_id
        }
    return {
        "slot": claimed.slot_id,
        "item": item.pk,
        "token": str(claimed.token),
        "leased_until": claimed.leased_until.isoformat(),
        "position": item.position,
        "subject": subject_of(item),
        "questions": [one["key"] for one in item_questions(queue, item)],
        "clips": pictures,
        "candidates": _candidates(item.pair_id, item.initiator_id),
        **judged,
        "draft": json.loads(item.draft) if isinstance(item.draft, str) else item.draft,
        "draft_url": reverse("annotation:draft", args=[item.pk]),
        "shown": signing.dumps(shown | {"rater": rater.pk}, salt=_SALT, compress=True),
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
    given = Judgment.objects.standing().filter(pk=key, rater=rater).select_related("slot").first()
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
    return {name: value for name, value in found.items() if name != "rater"}


def was_shown(text: str, item_id: int, rater: Rater) -> bool:
    """Whether the server once showed this item to this rater, whoever holds its places by now."""
    try:
        found = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return False
    # A page that was opened before raters were named in it still counts.
    return bool(found.get("item") == item_id and found.get("rater", rater.pk) == rater.pk)


def _candidates(pair: int | None, initiator: int | None) -> list[dict[str, Any]]:
    """Other responders for the same initiator, nearest first, that a browser can play."""
    if pair is None:
        return []
    others = list(
        DialoguePair.objects.filter(initiator_id=initiator, is_current=True, withdrawn_at=None)
        .filter(responder__withdrawn_at=None, responder__held_at=None, responder__renditions__kind="preview")
        .exclude(pk=pair)
        .order_by("responder__start_s")
        .values_list("pk", "responder_id")[:_MOST_CANDIDATES]
    )
    told = clips_told([responder for _, responder in others])
    return [{"pair": other, "clip": clip} for (other, _), clip in zip(others, told, strict=True)]


def _judged_by(queue: Queue, item: Item) -> tuple[dict[str, Any], dict[str, Any]]:
    """``(what the page shows, what the judgment records)`` of policy, proposal and scores."""
    policy = queue.policy
    if policy is None or queue.blind or item.persons_id:
        return {"proposal": None, "scores": []}, {"blind": queue.blind}
    rules = _rules(policy.pk)
    found = scored(policy, rules, clip_id=item.clip_id, pair_id=item.pair_id)
    groups = score_groups(rules, found)
    page: dict[str, Any] = {"scores": groups, "proposal": None}
    if found.tier is not None:
        page["proposal"] = {**tier_facts(found.tier), "policy": policy.number, "code": found.tier}
    record = {
        "blind": False,
        "policy": policy.pk,
        "proposal": found.tier,
        "failing": found.failing,
        "missing": found.missing,
        "scores": {row["metric"]: row["value"] for group in groups for row in group["rows"]},
        "builds": builds_of(found, rules),
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
