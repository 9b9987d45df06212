"""One flat row a clip, for tables: CSV and Parquet. Columns are fixed by the metric catalogue, so never by the data."""

from __future__ import annotations

from typing import Any

from curation.exports.record import ExportClip, ExportPerson
from curation.metrics import clip_metrics

# (name, kind): kinds are text, whole, number, flag.
FACTS: tuple[tuple[str, str], ...] = (
    ("id", "text"),
    ("clip", "whole"),
    ("tier", "text"),
    ("proposed_tier", "text"),
    ("policy", "whole"),
    ("verdict", "text"),
    ("verdict_method", "text"),
    ("verdict_blind", "flag"),
    ("verdict_raters", "whole"),
    ("source_sha256", "text"),
    ("source_name", "text"),
    ("source_link", "text"),
    ("source_category", "text"),
    ("start_s", "number"),
    ("end_s", "number"),
    ("duration_s_exact", "number"),
    ("width", "whole"),
    ("height", "whole"),
    ("fps", "number"),
    ("branch", "text"),
    ("language", "text"),
    ("track", "whole"),
    ("region", "text"),
    ("recipe", "text"),
    ("person", "text"),
    ("gender", "text"),
    ("age_group", "text"),
    ("ethnicity", "text"),
    ("attributes_origin", "text"),
    ("origin", "text"),
)
SCORES: tuple[str, ...] = tuple(spec.name for spec in clip_metrics())
COLUMNS: tuple[str, ...] = (*(name for name, _ in FACTS), *SCORES)


def flat_row(clip: ExportClip) -> dict[str, Any]:
    """Every column of ``COLUMNS``; None is unknown or not measured."""
    person = clip.person or ExportPerson()
    region = None if clip.region is None else " ".join(f"{value:.6g}" for value in clip.region)
    facts: dict[str, Any] = {
        "id": clip.key,
        "clip": clip.clip_id,
        "tier": clip.tier,
        "proposed_tier": clip.proposed,
        "policy": clip.policy if clip.proposed is not None else None,
        "verdict": clip.verdict.answer if clip.verdict else None,
        "verdict_method": clip.verdict.method if clip.verdict else None,
        "verdict_blind": clip.verdict.blind if clip.verdict else None,
        "verdict_raters": len(clip.verdict.evidence.get("raters", [])) if clip.verdict else None,
        "source_sha256": clip.source.sha256,
        "source_name": clip.source.name,
        "source_link": clip.source.link or None,
        "source_category": clip.source.category or None,
        "start_s": clip.start_s,
        "end_s": clip.end_s,
        "duration_s_exact": clip.duration_s,
        "width": clip.source.width,
        "height": clip.source.height,
        "fps": clip.source.fps,
        "branch": clip.branch or None,
        "language": clip.language or clip.source.language or None,
        "track": clip.track,
        "region": region,
        "recipe": clip.recipe,
        "person": person.label or None,
        "gender": person.gender or None,
        "age_group": person.age_group or None,
        "ethnicity": person.ethnicity or None,
        "attributes_origin": person.origin or None,
        "origin": clip.origin,
    }
    return {**facts, **{name: clip.scores.get(name) for name in SCORES}}
