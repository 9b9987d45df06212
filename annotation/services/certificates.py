"""Certificates: an audit of a frozen subset, planned before anybody judges, and what may be claimed once they have."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from annotation.certificates import (
    FIXED,
    SEQUENCE,
    TIER_ACCEPTS,
    Settings,
    Unsupported,
    build,
    list_sha256,
    read,
)
from annotation.errors import BadPlan, CannotCertify
from annotation.models import Draw, DrawItem, Queue
from annotation.selectors.audits import (
    audit_dates,
    audit_design,
    audit_effort,
    audit_items,
    audit_procedure,
    audit_questions,
)
from annotation.services.draws import draw_make
from annotation.services.frames import FrameFilter
from annotation.services.queues import queue_create
from annotation.services.rubrics import rubric_preset
from curation.models import Certificate, Subset, SubsetClip, User
from curation.policies.tiers import Tier
from curation.services.certificates import certificate_record

READINGS = (FIXED, SEQUENCE)


@transaction.atomic
def certification_open(
    *,
    subset: Subset,
    size: int,
    target: float = 0.95,
    reading: str = SEQUENCE,
    name: str = "",
    overlap: int = 2,
    seed: int | None = None,
    needs_preview: bool = True,
    created_by: User | None = None,
) -> Queue:
    """Draw ``size`` clips of a frozen subset at random and open a blind audit of them.

    ``target`` is the wanted share, ``reading`` how the judgments will be read: ``sequence`` may stop as soon as it is
    enough, ``fixed`` waits for all of them and needs fewer. Both are frozen with the draw, because choosing them
    after looking would spend the confidence twice. Raises ``CannotCertify`` and ``BadPlan``.
    """
    _claimable(subset)
    if reading not in READINGS:
        raise BadPlan(f"judgments are read as {' or '.join(READINGS)}, not {reading!r}")
    if not 0 < target < 1:
        raise BadPlan("the wanted share lies between 0 and 1, such as 0.95")
    if overlap < 2:
        raise BadPlan("a certificate needs two blind people an item")
    if subset.clip_count < 2 or size < 2:
        raise BadPlan("a certificate needs a sample of at least two clips")
    draw = draw_make(
        corpus=subset.corpus,
        policy=subset.policy,
        design=Draw.Design.SIMPLE,
        frame=FrameFilter(subset=subset.pk),
        size=min(size, subset.clip_count),
        seed=seed,
    )
    if draw.frame_sha256 != subset.list_sha256:
        raise CannotCertify(
            f"only {draw.frame_count:,} of the subset's {subset.clip_count:,} clips can still be judged; the others were "
            "withdrawn, held or replaced since it was frozen. Freeze it again, and certify that"
        )
    draw.frame = {**draw.frame, "plan": {"target": target, "reading": reading}}
    draw.save(update_fields=["frame"])
    return queue_create(
        corpus=subset.corpus,
        name=name or f"Audit of {subset.name} ({draw.pk})",
        kind=Queue.Kind.AUDIT,
        rubric_version=rubric_preset(slug="tier"),
        draw=draw,
        overlap=overlap,
        blind=True,
        needs_preview=needs_preview,
        created_by=created_by,
    )


def certificate_document(*, queue: Queue, subset: Subset, target: float | None = None) -> dict[str, Any]:
    """The certificate of ``subset`` that the audit gives as it stands; nothing is written.

    ``target`` only where the audit was drawn without a plan: it is then read as a sequence. Raises ``CannotCertify``.
    """
    tiers = _claimable(subset)
    _fits(queue, subset)
    plan = queue.draw.frame.get("plan")
    if plan is not None and target is not None and target != plan["target"]:
        raise CannotCertify(f"this audit was drawn for a wanted share of {plan['target']:g}; that stays")
    settings = Settings(**plan) if plan else Settings(0.95 if target is None else target, SEQUENCE)
    members = dict(SubsetClip.objects.filter(subset=subset).values_list("clip_id", "tier"))
    if list_sha256(members) != subset.list_sha256:
        raise CannotCertify("the subset's list is not the one that was frozen: its hash differs")
    levels = {clip: Tier(tier).word for clip, tier in members.items()}
    items = audit_items(queue, levels=levels)
    procedure, design = audit_procedure(queue), audit_design(queue)
    said = [read(item.record, procedure) for item in items]
    settled = sum(one.answer is not None for one in said)
    first, last = audit_dates(queue)
    policy = subset.policy
    try:
        return build(
            subset={
                "id": subset.pk,
                "corpus": subset.corpus.slug,
                "name": subset.name,
                "clips": subset.clip_count,
                "seconds": subset.total_seconds,
                "tiers": tiers,
                "validated_only": subset.validated_only,
                "filter": subset.filter,
                "list_sha256": subset.list_sha256,
            },
            policy=None
            if policy is None
            else {"number": policy.number, "name": policy.name, "rules_sha256": policy.rules_sha256},
            rubric={
                "slug": queue.rubric_version.rubric.slug,
                "name": queue.rubric_version.rubric.name,
                "version": queue.rubric_version.number,
                "guideline": queue.rubric_version.guideline,
            },
            procedure=procedure,
            draw={
                "queue": queue.pk,
                "design": design.kind,
                "seed": queue.draw.seed,
                "frame": {key: value for key, value in queue.draw.frame.items() if key != "plan"},
                "frame_sha256": queue.draw.frame_sha256,
                "population": design.population,
                "drawn": design.drawn,
                "strata": [{"name": one.name, "N": one.population, "n": one.drawn} for one in design.strata],
            },
            settings=settings,
            effort=audit_effort(queue, disputed=sum(one.disputed for one in said), settled=settled),
            sources=len({item.facts.source for item in items}),
            dates={
                "frozen": subset.frozen_at.isoformat(),
                "drawn": queue.draw.drawn_at.isoformat(),
                "first_judgment": first.isoformat() if first else None,
                "last_judgment": last.isoformat() if last else None,
                "issued": timezone.now().isoformat(),
            },
            records=[item.record for item in items],
        )
    except Unsupported as error:
        raise CannotCertify(str(error)) from error


@transaction.atomic
def certificate_issue(
    *, queue: Queue, subset: Subset, target: float | None = None, by: User | None = None
) -> Certificate:
    """Certify ``subset`` from the audit and keep the certificate. Raises ``CannotCertify``."""
    document = certificate_document(queue=queue, subset=subset, target=target)
    return certificate_record(subset=subset, document=document, by=by)


def _claimable(subset: Subset) -> list[str]:
    """The tiers that the subset claims, best first; raises ``CannotCertify`` for those that nobody claims."""
    codes = SubsetClip.objects.filter(subset=subset).values_list("tier", flat=True).distinct()
    words = [Tier(code).word for code in sorted(codes, reverse=True)]
    strange = [word for word in words if word not in TIER_ACCEPTS]
    if strange:
        raise CannotCertify(
            f"the subset holds clips of the tier {strange[0]}; a certificate says how many of the clips kept as "
            f"{' or '.join(TIER_ACCEPTS)} people would accept"
        )
    return words


def _fits(queue: Queue, subset: Subset) -> None:
    if queue.kind != Queue.Kind.AUDIT or not queue.blind or queue.overlap < 2:
        raise CannotCertify("only a blind audit with two people an item carries a certificate")
    if "tier" not in audit_questions(queue):
        raise CannotCertify("the audit does not ask for the tier, so it cannot say that a tier is right")
    if queue.draw.frame_sha256 != subset.list_sha256:
        raise CannotCertify(
            f"the audit was drawn from another list ({queue.draw.frame_count:,} clips) than the subset holds "
            f"({subset.clip_count:,}): draw an audit of this subset"
        )
    if DrawItem.objects.filter(draw=queue.draw, purpose=DrawItem.Purpose.TUNE).exists():
        raise CannotCertify(
            "part of this audit was set aside for tuning thresholds, and what tunes never certifies: "
            "draw an audit of this subset"
        )
