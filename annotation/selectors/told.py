"""What the review page is told of a clip, read by statements written out: it is asked with every clip that is given out,
and composing such a query anew costs many times what the database takes to answer it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.urls import NoReverseMatch, reverse

from curation.models import Policy, Rendition
from curation.policies.rules import RuleList
from curation.prepared import rows_of

_CLIPS = """
SELECT c.id, coalesce(nullif(c.external_id, ''), so.name), c.start_s, c.end_s, c.language, c.branch,
       so.width, so.height, so.has_sound, r.id, r.kind, r.sha256, r.width, r.height, r.timestamps
FROM curation_clip c JOIN curation_source so ON so.id = c.source_id
LEFT JOIN curation_rendition r ON r.clip_id = c.id
WHERE c.id = ANY(%s)
"""


def clips_told(ids: Sequence[int]) -> list[dict[str, Any]]:
    """Each clip as the page gets it, in the order of ``ids``; ``media`` is None while there is nothing to play."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows_of(_CLIPS, [list(ids)]):
        clip = found.setdefault(row[0], _clip(row))
        pk, kind, sha256, width, height, timestamps = row[9:]
        if kind == Rendition.Kind.PREVIEW:
            clip["media"] = {
                "url": _address(pk),
                "sha256": sha256,
                "kind": kind,
                "width": width,
                "height": height,
                "timestamps": _json(timestamps),
            }
        elif kind in (Rendition.Kind.POSTER, Rendition.Kind.WAVEFORM):
            clip[kind] = _address(pk)
    return [found[pk] for pk in ids]


def media_of(rendition: Rendition) -> dict[str, Any]:
    """What a player needs of a rendition: address, size, the true time of each frame."""
    return {
        "url": _address(rendition.pk),
        "sha256": rendition.sha256,
        "kind": rendition.kind,
        "width": rendition.width,
        "height": rendition.height,
        "timestamps": rendition.timestamps,
    }


def _clip(row: Sequence[Any]) -> dict[str, Any]:
    pk, name, start, end, language, branch, width, height, has_sound = row[:9]
    return {
        "id": pk,
        "name": name,
        "start_s": start,
        "end_s": end,
        "duration_s": round(end - start, 6),
        "language": language,
        "branch": branch,
        "source_width": width,
        "source_height": height,
        "has_sound": has_sound,
        "media": None,
        "poster": None,
        "waveform": None,
    }


def _address(rendition: int) -> str | None:
    for route in ("curation:rendition", "curation:media"):
        try:
            return reverse(route, args=[rendition])
        except NoReverseMatch:
            continue
    return None


@dataclass(frozen=True, slots=True)
class Scored:
    """What was measured of a clip or pair, and what the policy proposes: ``tier`` is None where it has not looked yet."""

    values: Mapping[str, float | None] = field(default_factory=dict)
    statuses: Mapping[str, Any] = field(default_factory=dict)
    tier: int | None = None
    failing: int | None = None
    missing: int | None = None


def scored(policy: Policy, rules: RuleList, *, clip_id: int | None, pair_id: int | None) -> Scored:
    """The scores that ``rules`` read, from the origin that ``policy`` reads, and the proposal beside them."""
    metrics = tuple(rules.metrics)
    rows = rows_of(
        _scores_sql("pair" if pair_id is not None else "clip", metrics),
        {"id": clip_id if pair_id is None else pair_id, "origin": policy.origin, "policy": policy.pk},
    )
    statuses, tier, failing, missing, *values = rows[0]
    return Scored(dict(zip(metrics, values, strict=True)), _json(statuses) or {}, tier, failing, missing)


@cache
def _scores_sql(subject: str, metrics: tuple[str, ...]) -> str:
    cards, proposals = (
        ("curation_pairscorecard", "curation_pairproposal")
        if subject == "pair"
        else ("curation_scorecard", "curation_proposal")
    )
    columns = "".join(f", s.{name}" for name in metrics)
    return (
        f"SELECT v.statuses, p.tier, p.failing, p.missing{columns} FROM (SELECT 1) one"
        f" LEFT JOIN {cards} s ON s.{subject}_id = %(id)s AND s.origin = %(origin)s"
        " LEFT JOIN curation_provenance v ON v.id = s.provenance_id"
        f" LEFT JOIN {proposals} p ON p.policy_id = %(policy)s AND p.{subject}_id = %(id)s"
    )


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str | bytes) else value
