"""An audit's figures for its page: whole list, what the policy keeps, what it leaves out, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotation.certificates import (
    TIER_RANKS,
    Design,
    Further,
    Stratum,
    figures,
    further,
)
from annotation.estimation import Undefined
from annotation.models import Queue
from annotation.selectors.audits import (
    AuditItem,
    audit_design,
    audit_effort,
    audit_items,
    audit_procedure,
    audit_questions,
)
from annotation.selectors.frames import frame_now
from annotation.selectors.losses import KEPT, LEFT_OUT, WHOLE, Lost, Part, losses
from curation.models import Subset
from curation.policies.tiers import Tier, tier_from_word


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything that an audit's page shows of ``level``. ``kept`` and ``lost`` are None for an audit of a subset."""

    queue: Queue
    level: str
    target: float
    sequence: bool
    planned: bool
    subset: Subset | None
    whole: Part
    kept: Part | None
    left: Part | None
    lost: Lost | None
    further: Further | Undefined

    @property
    def main(self) -> Part:
        """What the page leads with: what the policy keeps, or the whole list of a subset."""
        return self.whole if self.kept is None else self.kept


def audit_subset(queue: Queue) -> Subset | None:
    """The frozen subset that the queue was drawn from, if it was."""
    pk = queue.draw.frame.get("subset")
    return None if pk is None else Subset.objects.filter(pk=pk).first()


def audit_report(queue: Queue, *, level: str = "sft", target: float | None = None) -> AuditReport | Undefined:
    """Every figure of an audit. Not defined, with the reason, for a queue whose judgments enter no estimate."""
    reason = _unfit(queue)
    if reason:
        return Undefined(reason)
    plan = queue.draw.frame.get("plan") or {}
    subset = audit_subset(queue)
    wanted = float(plan.get("target", 0.95 if target is None else target))
    sequence = plan.get("reading", "sequence") == "sequence"
    levels = _levels(subset) if subset else level
    items = audit_items(queue, levels=levels)
    whole = _part(queue, WHOLE, items, audit_design(queue), wanted)
    kept = left = lost = None
    if subset is None and queue.draw.policy_id is not None:
        kept, left = split_by_proposal(queue, whole, level, wanted)
        kept_flags = tuple(keeps(proposed_of(item, queue), level) for item in whole.items)
        lost = losses(whole, kept, left, kept_flags, _left_seconds(queue, level))
    lead = kept or whole
    settled, disputed = lead.found.counts.prefix, lead.found.counts.disputed
    effort = audit_effort(queue, disputed=disputed, settled=settled)
    return AuditReport(
        queue=queue,
        level=level,
        target=wanted,
        sequence=sequence,
        planned=bool(plan),
        subset=subset,
        whole=whole,
        kept=kept,
        left=left,
        lost=lost,
        further=further(lead.found, lead.design, wanted, sequence=sequence, effort=effort),
    )


def proposed_of(item: AuditItem, queue: Queue) -> Tier | None:
    """What the policy proposed when it was drawn: a stratified draw keeps it as the stratum's name."""
    if queue.draw.design == "stratified" and item.record.stratum.isdigit():
        return Tier(int(item.record.stratum))
    return item.facts.proposed


def keeps(proposed: Tier | None, level: str) -> bool:
    """Whether a clip proposed so is kept at ``level``: that tier or a better one."""
    return proposed is not None and int(proposed) >= int(tier_from_word(level))


def split_by_proposal(queue: Queue, whole: Part, level: str, target: float) -> tuple[Part, Part]:
    """What the policy keeps at ``level`` or better, and all else (undecided and not proposed too)."""
    parts = []
    for key, wanted in ((KEPT, True), (LEFT_OUT, False)):
        items = [item for item in whole.items if keeps(proposed_of(item, queue), level) == wanted]
        parts.append(_part(queue, key, items, _design_of_part(whole.design, items, level, wanted), target))
    return parts[0], parts[1]


def _design_of_part(design: Design, items: Sequence[AuditItem], level: str, wanted: bool) -> Design:
    if design.kind == "stratified" and all(one.name.isdigit() or one.name == "none" for one in design.strata):
        strata = tuple(
            one
            for one in design.strata
            if keeps(Tier(int(one.name)) if one.name.isdigit() else None, level) == wanted
        )
        whole = sum(one.population for one in strata)
        return (
            Design("stratified", whole, len(items), strata)
            if strata
            else Design("stratified", 0, 0, (Stratum("", 0, 0),))
        )
    if design.kind == "poisson":
        return Design("poisson", None, len(items))
    return Design("simple", None, len(items))


def _left_seconds(queue: Queue, level: str) -> float | Undefined:
    frame = frame_now(queue)
    if isinstance(frame, Undefined):
        return frame
    return sum(amount.seconds for tier, amount in frame.by_tier.items() if not keeps(tier, level))


def _part(queue: Queue, key: str, items: Sequence[AuditItem], design: Design, target: float) -> Part:
    found = figures([item.record for item in items], audit_procedure(queue), design, target=target)
    return Part(key, tuple(items), design, found)


def _levels(subset: Subset) -> Mapping[int, str]:
    rows = subset.members.values_list("clip_id", "tier")
    return {clip: Tier(tier).word if Tier(tier).word in TIER_RANKS else "sft" for clip, tier in rows}


def _unfit(queue: Queue) -> str:
    if queue.kind != Queue.Kind.AUDIT or not queue.blind:
        return "only a blind audit says what people would accept: judgments given with the proposal in sight never enter"
    if "tier" not in audit_questions(queue):
        return "this audit does not ask for the tier"
    if queue.draw.design == "ordered":
        return "its clips were not drawn at random, so they say nothing of the others"
    if queue.draw.frame.get("subject", "clip") != "clip":
        return "it is about pairs, and these figures are about clips"
    return ""
