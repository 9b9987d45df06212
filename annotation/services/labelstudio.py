"""Label Studio and a queue: its open items as tasks, and what was annotated there as judgments, each once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from annotation.labelstudio.reading import Fault, Told, told_of
from annotation.labelstudio.tasks import TaskItem, task_of
from annotation.models import Item, Judgment, Queue, Rater, Slot
from annotation.services.judgments import Answer, item_questions, judgment_submit
from annotation.services.raters import rater_for_user
from curation.errors import RushesError
from curation.models import Proposal, Rendition, Scorecard, User
from curation.policies.tiers import Tier
from curation.selectors.policies import policy_rules

_SPACE = uuid.UUID("6f1b5b0e-2b61-4a55-9d0a-5a4f6e7c1d20")
_PIECE = 500


class NotForLabelStudio(RushesError):
    """A queue of a kind that Label Studio cannot hold as single clips."""

    code = "not_for_label_studio"


class UnknownRater(RushesError):
    """An annotator whose login here does not exist."""

    code = "unknown_rater"


class OlderAnnotation(RushesError):
    """An annotation as it stood before it became what was taken."""

    code = "older_annotation"


@dataclass
class TakenBack:
    """What became of the annotations: counts by outcome, and what could not be taken, with the reason."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)


def marker_of(queue: Queue) -> str:
    """What names the queue in its project's description."""
    return f"rushes:{queue.corpus.slug}:{queue.pk}"


def queue_check(queue: Queue) -> None:
    """Raise ``NotForLabelStudio`` for queues of pairs and sheets."""
    if queue.kind not in (Queue.Kind.VERIFY, Queue.Kind.STUDY, Queue.Kind.AUDIT):
        raise NotForLabelStudio(
            f"“{queue.name}” is a queue of {queue.get_kind_display()}: only verify, study and audit queues can go"
        )


def tasks_of(
    queue: Queue, *, video: str, without: set[int] | frozenset[int] = frozenset()
) -> Iterator[dict[str, Any]]:
    """Tasks of the open items, in the drawn order. ``video`` is an address with ``{path}``, ``{sha256}`` or ``{clip}``
    of the clip's preview; items that have none, or whose clip is withdrawn or held, wait. A blind queue shows nothing
    of the policy."""
    queue_check(queue)
    after = -1
    while True:
        items = list(
            Item.objects.filter(
                queue=queue, state=Item.State.OPEN, position__gt=after, clip__withdrawn_at=None
            )
            .filter(clip__held_at=None)
            .select_related("clip")
            .order_by("position")[:_PIECE]
        )
        if not items:
            return
        after = items[-1].position
        clips = [item.clip_id for item in items]
        previews = {
            each.clip_id: each
            for each in Rendition.objects.filter(clip__in=clips, kind="preview").defer("timestamps")
        }
        proposals, scores = _shown(queue, clips)
        for item in items:
            preview = previews.get(item.clip_id or 0)
            if preview is None or item.pk in without or item.clip is None:
                continue
            address = video.format(path=preview.path, sha256=preview.sha256, clip=item.clip_id)
            yield task_of(
                TaskItem(
                    queue.pk,
                    item.pk,
                    item.clip.pk,
                    address,
                    item.clip.start_s,
                    item.clip.end_s,
                    proposals.get(item.clip.pk),
                    scores.get(item.clip.pk, {}),
                )
            )


def left_out(queue: Queue) -> dict[str, int]:
    """How many open items ``tasks_of`` gives no task for, by reason; reasons that hold for none are absent."""
    open_items = Item.objects.filter(queue=queue, state=Item.State.OPEN)
    gone = Q(clip__withdrawn_at__isnull=False) | Q(clip__held_at__isnull=False)
    unseen = open_items.exclude(gone).exclude(clip__renditions__kind=Rendition.Kind.PREVIEW)
    counts = {
        "wait for the preview of their clip, which a worker makes": unseen.count(),
        "show a clip that is held or withdrawn": open_items.filter(gone).count(),
    }
    return {reason: count for reason, count in counts.items() if count}


def annotations_take(
    *,
    queue: Queue,
    tasks: Iterable[Any],
    origin: str,
    raters: Mapping[str, str] | None = None,
    emails: Mapping[str, str] | None = None,
) -> TakenBack:
    """Take every annotation as a judgment: once, however often it is read; one that was changed there corrects.

    ``origin`` names the server or project, so that ids of two do not meet. ``raters`` maps who annotated (e-mail or
    id) to logins here; whoever is not in it gets a login of their own that nobody can sign in with, and a pseudonym.
    ``emails`` resolves the ids of a server. What cannot be taken is listed, the rest goes in.
    """
    queue_check(queue)
    found = TakenBack()
    known: dict[str, Rater] = {}
    for number, task in enumerate(tasks):
        for told in told_of(task, f"task {number}"):
            if isinstance(told, Fault):
                found.faults.append(told)
                continue
            who = (emails or {}).get(told.who, told.who)
            try:
                if who not in known:
                    known[who] = _rater(who, raters or {}, origin)
                found.counts[_take(queue, told, known[who], origin, _by(who, origin))] += 1
            except RushesError as error:
                found.faults.append(Fault(f"task {number}, annotation {told.annotation}", error.sentence))
    return found


def _take(queue: Queue, told: Told, rater: Rater, origin: str, by: str) -> str:
    slot = Slot.objects.select_related("item").filter(item=told.item, queue=queue).order_by("number").first()
    if slot is None:
        raise NotForLabelStudio(f"item {told.item} is not one of this queue's")
    # A study asks each item one question; the project shows the controls of all.
    asked = {question["key"] for question in item_questions(queue, slot.item)}
    standing = (
        Judgment.objects.filter(item=told.item, rater=rater, superseded_by=None)
        .order_by("-received_at")
        .first()
    )
    before = _before(standing, told, by)
    id, known = _id(told, origin, by)
    updated = None if told.updated is None else told.updated.isoformat()
    if before is not None and standing is not None and standing.pk != id:
        if known and not _later(told, before):
            return "known"
        if _later(before, told):
            raise OlderAnnotation("was changed there after this was written; what was taken since stays")
        if known:  # it was this, then another, and is this again
            id = uuid.uuid5(_SPACE, f"{id}/{standing.pk}")
    elif known:
        return "known"
    answer = Answer(
        kind=Judgment.Kind.CANNOT if told.cannot else Judgment.Kind.ANSWER,
        answers={key: value for key, value in told.answers.items() if key in asked},
        reasons=told.reasons,
        active_ms=None if told.seconds is None else round(1000 * told.seconds),
        shown={"in": "label studio"},
        details={
            "label_studio": {"origin": origin, "annotation": told.annotation, "by": by, "updated": updated}
        },
    )
    taken = judgment_submit(
        id=id,
        rater=rater,
        slot_id=slot.pk,
        answer=answer,
        supersedes=standing.pk if standing is not None and before is not None else None,
    )
    if not taken.counted:
        return "surplus"
    return "corrected" if before is not None else "new"


def _id(told: Told, origin: str, by: str) -> tuple[uuid.UUID, bool]:
    """The id of the judgment that an annotation makes, and whether it is here. Exports of two servers number their
    annotations alike: an id that somebody else's annotation has makes way to one with item and person in it."""
    content = f"{sorted(told.answers.items())}{told.reasons}{told.cannot}"
    id = uuid.uuid5(_SPACE, f"{origin}/{told.annotation}/{content}")
    held = Judgment.objects.filter(pk=id).first()
    if held is None:
        return id, False
    if held.item_id == told.item and held.details.get("label_studio", {}).get("by", by) == by:
        return id, True
    id = uuid.uuid5(_SPACE, f"{origin}/{told.annotation}/{content}/{told.item}/{by}")
    return id, Judgment.objects.filter(pk=id).exists()


def _before(standing: Judgment | None, told: Told, by: str) -> Told | None:
    """What the annotation was when ``standing`` was made of it; None if that was made of none or of another."""
    kept = {} if standing is None else standing.details.get("label_studio", {})
    if kept.get("annotation") != told.annotation or kept.get("by", by) != by:
        return None
    updated = kept.get("updated")
    return replace(told, updated=None if updated is None else datetime.fromisoformat(updated))


def _later(one: Told, other: Told) -> bool:
    return one.updated is not None and other.updated is not None and one.updated > other.updated


def _rater(who: str, raters: Mapping[str, str], origin: str) -> Rater:
    if who in raters:
        user = User.objects.filter(username=raters[who]).first()
        if user is None:
            raise UnknownRater(f"{who} is to be {raters[who]!r}, and nobody here has that login")
        return rater_for_user(user=user)
    name = f"label-studio-{_by(who, origin)}"
    user, created = User.objects.get_or_create(
        username=name, defaults={"email": who if "@" in who else "", "is_active": False}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return rater_for_user(user=user)


def _by(who: str, origin: str) -> str:
    """Somebody there, without saying who."""
    return uuid.uuid5(_SPACE, f"{origin}/{who}").hex[:12]


def _shown(
    queue: Queue, clips: list[Any]
) -> tuple[dict[int, tuple[str, str, str]], dict[int, dict[str, float]]]:
    """Proposals and the scores that the policy's rules read; nothing in a blind queue."""
    policy = queue.policy
    if queue.blind or policy is None:
        return {}, {}
    key = queue.rubric_version.questions[0]["key"]
    proposals = {}
    if key == "tier":
        for row in Proposal.objects.filter(policy_id=policy.pk, clip_id__in=clips):
            tier = Tier(row.tier)
            if tier is not Tier.UNDECIDED:
                proposals[row.clip_id] = (key, tier.word, f"policy {policy.number}")
    names = policy_rules(policy).metrics
    scores = {
        row["clip_id"]: {name: row[name] for name in names if row[name] is not None}
        for row in Scorecard.objects.filter(clip__in=clips, origin=policy.origin).values("clip_id", *names)
    }
    return proposals, scores
