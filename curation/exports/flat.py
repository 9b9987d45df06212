"""One flat row a clip, for tables: CSV and Parquet. Columns are fixed by the metric catalogue, so never by the data."""

from __future__ import annotations

from typing import Any

from curation.exports.record import ExportClip, ExportPerson
from curation.exports.tables import SCORES

_NOBODY = ExportPerson()


def flat_values(clip: ExportClip) -> tuple[Any, ...]:
    """The values of ``CLIPS``'s columns in their order; None is unknown or not measured."""
    person, source, verdict = clip.person or _NOBODY, clip.source, clip.verdict
    return (
        clip.key,
        clip.clip_id,
        clip.tier,
        clip.proposed,
        clip.policy if clip.proposed is not None else None,
        verdict.answer if verdict else None,
        verdict.method if verdict else None,
        verdict.blind if verdict else None,
        len(verdict.evidence.get("raters", ())) if verdict else None,
        " ".join(verdict.evidence.get("raters", ())) or None if verdict else None,
        source.sha256,
        source.name,
        source.link or None,
        source.category or None,
        clip.start_s,
        clip.end_s,
        clip.duration_s,
        source.width,
        source.height,
        source.fps,
        clip.branch or None,
        clip.language or source.language or None,
        clip.track,
        None if clip.region is None else " ".join(f"{value:.6g}" for value in clip.region),
        clip.recipe,
        person.label or None,
        person.gender or None,
        person.age_group or None,
        person.ethnicity or None,
        person.origin or None,
        clip.origin,
        clip.drawn.split,
        clip.drawn.stratum,
        clip.drawn.pair,
        clip.drawn.pair_role,
        clip.statuses.told,
        clip.statuses.untold,
        *map(clip.scores.get, SCORES),
    )
