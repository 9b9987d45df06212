"""The clips of a frozen subset as exports write them: streamed by position, a piece in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import F, Q

from curation.exports.record import ExportClip, ExportMedia, ExportPerson, ExportSource, ExportVerdict
from curation.models import ExportJob, ExportRecord, Provenance, Rendition, Subset, SubsetClip
from curation.policies.compiled import bits_of
from curation.policies.tiers import Tier
from curation.storage import stored

_CHUNK = 500
# A source or a person that has left is in no later export, whatever was frozen before.
STILL_HERE = (
    Q(clip__withdrawn_at=None)
    & Q(clip__source__withdrawn_at=None)
    & (Q(clip__person=None) | Q(clip__person__withdrawn_at=None))
)


def export_clips(subset: Subset, *, with_media: bool = False, after: int = -1) -> Iterator[ExportClip]:
    """Members in order from the one after position ``after``, without those withdrawn since; scores and attributes as
    they stood when frozen."""
    statuses: dict[int, Mapping[str, Any]] = {}
    policy = subset.policy.number if subset.policy else None
    while True:
        members = list(
            SubsetClip.objects.filter(STILL_HERE, subset=subset, position__gt=after)
            .select_related("clip__source", "clip__track", "clip__recipe", "verdict")
            .order_by("position")[:_CHUNK]
        )
        if not members:
            return
        wanted = {m.evidence.get("provenance") for m in members} - set(statuses) - {None}
        if wanted:
            if len(statuses) > 10_000:
                statuses.clear()
            statuses.update(Provenance.objects.filter(pk__in=wanted).values_list("pk", "statuses"))
        media = _media([m.clip_id for m in members]) if with_media else {}
        for member in members:
            provenance = member.evidence.get("provenance")
            if provenance is not None and provenance not in statuses:
                statuses[provenance] = Provenance.objects.get(pk=provenance).statuses
            yield _record(member, policy, statuses.get(provenance or 0, {}), media.get(member.clip_id, ()))
        after = members[-1].position


def exportable_count(subset: Subset) -> int:
    """How many clips an export of ``subset`` would hold today: the frozen ones that nobody withdrew since."""
    return SubsetClip.objects.filter(STILL_HERE, subset=subset).count()


def _record(
    member: SubsetClip, policy: int | None, statuses: Mapping[str, Any], media: tuple[ExportMedia, ...]
) -> ExportClip:
    kept, clip = member.evidence, member.clip
    source, person, verdict = kept["source"], kept.get("person"), member.verdict
    variable = source["variable_rate"]
    return ExportClip(
        position=member.position,
        clip_id=clip.pk,
        external_id=kept["clip"]["external_id"],
        start_s=clip.start_s,
        end_s=clip.end_s,
        branch=kept["clip"]["branch"],
        language=kept["clip"]["language"],
        region=kept["clip"]["region"],
        track=clip.track.number if clip.track else None,
        recipe=str(clip.recipe),
        source=ExportSource(
            sha256=clip.source.sha256,
            external_id=source["external_id"],
            name=source["name"],
            link=source["link"],
            language=source["language"],
            category=source["category"],
            width=source["width"],
            height=source["height"],
            fps=source["fps"],
            constant_rate=None if variable is None else not variable,
            duration_s=source["duration_s"],
        ),
        person=ExportPerson(**person) if person else None,
        tier=Tier(member.tier).word,
        proposed=None if kept.get("proposed") is None else Tier(kept["proposed"]).word,
        failing=bits_of(kept.get("failing") or 0),
        missing=bits_of(kept.get("missing") or 0),
        verdict=ExportVerdict(verdict.answer, verdict.method, verdict.blind, verdict.evidence)
        if verdict
        else None,
        policy=policy,
        origin=kept.get("origin") or "",
        scores=kept["scores"],
        statuses=statuses,
        media=media,
    )


def _media(clip_ids: list[int]) -> dict[int, tuple[ExportMedia, ...]]:
    found: dict[int, tuple[ExportMedia, ...]] = {}
    kinds = [Rendition.Kind.PREVIEW, Rendition.Kind.ORIGINAL]
    # "original" sorts before "preview": the better picture comes first.
    for each in Rendition.objects.filter(clip_id__in=clip_ids, kind__in=kinds).order_by("clip_id", "kind"):
        made = ExportMedia(each.kind, stored("renditions", each.path), each.sha256, each.content_type)
        found[each.clip_id] = (*found.get(each.clip_id, ()), made)
    return found


def subsets_of(corpus: Any) -> list[Subset]:
    """Frozen subsets, newest first, with their jobs and records at hand."""
    return list(
        Subset.objects.filter(corpus=corpus)
        .select_related("policy", "frozen_by")
        .prefetch_related("export_records")
        .order_by("-id")[:200]
    )


def jobs_of(subset: Subset) -> list[ExportJob]:
    """Jobs of a subset, newest first."""
    return list(subset.export_jobs.select_related("requested_by").order_by("-id")[:50])


def records_of(subset: Subset) -> list[ExportRecord]:
    """Exports that were written, newest first."""
    return list(
        subset.export_records.select_related("exported_by")
        .annotate(job_total=F("job__total"))
        .order_by("-id")
    )
