"""The anchoring gap of an audit: the same list, some clips judged blind, others with the proposal in sight."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.estimation import AnchoringGap, ModeAnswer, Undefined, anchoring_gap
from annotation.models import Draw, Queue
from annotation.selectors.audits import audit_items
from annotation.selectors.estimates import audit_report
from annotation.selectors.losses import Part
from curation.models import Policy

_MOST_AUDITS = 5
NONE = (
    "no clip of this list was given out to verify: open a queue to verify that is drawn at random from the same list, "
    "for other people"
)


def audit_anchoring(queue: Queue, whole: Part) -> AnchoringGap | Undefined:
    """How much more often people agree with the policy when they see what it proposes.

    The audit's draw is the randomisation: what it took is judged blind, what it left may be judged in a queue to verify
    that was drawn at random from exactly the same list under the same policy. One answer an item (the first), from the
    head of each order, by people who judge in one mode only.
    """
    drawn = {item.record.clip for item in whole.items}
    shown: dict[int, ModeAnswer] = {}
    for other in _verifying(queue):
        for item in audit_items(other, levels="sft", blind=False):
            first = next((cast for cast in item.record.votes if cast.answer), None)
            if first is None:
                break  # the head of the order: what is judged first is what is easy
            clip, proposed = item.record.clip, item.facts.proposed
            if clip not in drawn and proposed is not None:
                agrees = first.answer == proposed.word
                shown.setdefault(clip, ModeAnswer(str(clip), first.rater, True, agrees))
    if not shown:
        return Undefined(NONE)
    seeing = {answer.rater for answer in shown.values()}
    blind = []
    for item in whole.items[: whole.found.prefix.n]:
        casts = [cast for cast in item.record.votes if cast.answer and cast.rater not in seeing]
        if casts and item.facts.proposed is not None:
            agrees = casts[0].answer == item.facts.proposed.word
            blind.append(ModeAnswer(str(item.record.clip), casts[0].rater, False, agrees))
    return anchoring_gap([*blind, *shown.values()])


@dataclass(frozen=True, slots=True)
class Anchoring:
    """The gap, and the audit whose blind answers it holds against those with the proposal in sight."""

    queue: Queue
    gap: AnchoringGap


def policy_anchoring(policy: Policy) -> Anchoring | Undefined:
    """The anchoring gap of the policy's latest audit that has one; the reason of the latest where none has."""
    audits = Queue.objects.filter(kind=Queue.Kind.AUDIT, blind=True, draw__policy=policy)
    found: Undefined = Undefined("no audit was drawn under this policy")
    chosen = audits.exclude(draw__design=Draw.Design.ORDERED).select_related(
        "draw__policy", "rubric_version__rubric", "corpus", "policy"
    )
    for queue in chosen.order_by("-pk")[:_MOST_AUDITS]:
        report = audit_report(queue) if _verifying(queue) else Undefined(NONE)
        if isinstance(report, Undefined):
            found = report
            continue
        gap = audit_anchoring(queue, report.whole)
        if not isinstance(gap, Undefined):
            return Anchoring(queue, gap)
        found = gap
    return found


def _verifying(queue: Queue) -> list[Queue]:
    """Queues to verify that were drawn at random from exactly the audit's list, under its policy."""
    found = Queue.objects.filter(
        corpus_id=queue.corpus_id,
        kind=Queue.Kind.VERIFY,
        blind=False,
        draw__frame_sha256=queue.draw.frame_sha256,
        draw__policy=queue.draw.policy,
    )
    return list(found.exclude(draw__design=Draw.Design.ORDERED).select_related("draw", "rubric_version"))
