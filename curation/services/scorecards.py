"""Scorecards: writing what was measured of a clip, with status and build per scorer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils import timezone

from curation.errors import RushesError
from curation.metrics import clip_metrics
from curation.models import MEASURED, Provenance, Scorecard, ScorerBuild
from curation.services.proposals import proposals_refresh

STATES = frozenset({"measured", "not_run", "unavailable", "failed"})
CLIP_METRICS: tuple[str, ...] = tuple(spec.name for spec in clip_metrics())


class BadScorecard(RushesError):
    """A metric or status that the catalogue does not know."""

    code = "bad_scorecard"


@dataclass(frozen=True, slots=True)
class ScorerStatus:
    """What became of one scorer on one clip; ``build_id`` is None where nothing ran.

    ``notes`` say by metric why a scorer that ran has no number for it; wordings are few, so that clips share them.
    """

    state: str
    build_id: int | None = None
    reason: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewScorecard:
    """One clip's numbers (None: not measured) and statuses by scorer."""

    clip_id: int
    values: Mapping[str, float | None]
    statuses: Mapping[str, ScorerStatus]


@lru_cache(maxsize=256)
def build_id(scorer: str, version: str, model_sha256: str = "", device: str = "cpu") -> int:
    """The id of a scorer's build, made when first seen."""
    build, _ = ScorerBuild.objects.get_or_create(
        scorer=scorer, version=version, model_sha256=model_sha256, device=device
    )
    return build.pk


def provenance_get_or_create(*, statuses: Mapping[str, ScorerStatus]) -> Provenance:
    """The shared row that says how a scorecard came to be; equal statuses share one."""
    plain: dict[str, Any] = {}
    for scorer, status in sorted(statuses.items()):
        if status.state not in STATES:
            raise BadScorecard(
                f"{status.state!r} is no status of a scorer; there are {', '.join(sorted(STATES))}"
            )
        plain[scorer] = {"state": status.state, "build": status.build_id, "reason": status.reason}
        if status.notes:
            plain[scorer]["notes"] = dict(sorted(status.notes.items()))
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    provenance, _ = Provenance.objects.get_or_create(digest=digest, defaults={"statuses": plain})
    return provenance


@transaction.atomic
def scorecards_write(*, cards: Sequence[NewScorecard], origin: str = MEASURED) -> int:
    """Write or replace the scorecards of ``origin`` for these clips and decide them anew, all or none.

    Returns how many.

    Raises ``BadScorecard`` for a metric that the catalogue does not have.
    """
    now = timezone.now()
    rows = []
    shared: dict[str, Provenance] = {}  # a thousand clips of a source are mostly measured alike
    for card in cards:
        unknown = set(card.values) - set(CLIP_METRICS)
        if unknown:
            raise BadScorecard(f"clip {card.clip_id}: no clip metric is called {', '.join(sorted(unknown))}")
        values = {name: card.values.get(name) for name in CLIP_METRICS}
        alike = repr(card.statuses)
        if alike not in shared:
            shared[alike] = provenance_get_or_create(statuses=card.statuses)
        rows.append(
            Scorecard(
                clip_id=card.clip_id,
                origin=origin,
                provenance=shared[alike],
                scored_at=now,
                **values,
            )
        )
    Scorecard.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["clip", "origin"],
        update_fields=["provenance", "scored_at", *CLIP_METRICS],
        batch_size=500,
    )
    # In the same transaction, so that no reader meets new scores beside a proposal made from old ones.
    proposals_refresh(clip_ids=[row.clip_id for row in rows])
    return len(rows)
