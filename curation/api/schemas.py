"""What the API answers with. NULL is 'not measured' or 'not known', never a stand-in number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema


class Problem(Schema):
    """Any error: a stable code and a sentence for people."""

    error: str
    message: str


class TierAmount(Schema):
    """Clips and seconds by what the policy proposes and what people settled."""

    tier: str
    proposed_clips: int
    proposed_seconds: float
    settled_clips: int
    settled_seconds: float


class CorpusOut(Schema):
    """A corpus."""

    id: int
    slug: str
    name: str
    synthetic: bool
    active_policy: int | None = Field(description="number of the policy in force")


class CorpusDetail(CorpusOut):
    """A corpus with what it holds; ``age_s``: the numbers are of so long ago, NULL: of now."""

    clips: int
    seconds: float
    tiers: list[TierAmount]
    age_s: float | None


class VerdictOut(Schema):
    """What people settled on the tier."""

    answer: str
    method: str
    blind: bool
    settled_at: datetime


class ClipOut(Schema):
    """A clip: [start_s, end_s) of its source in presentation time."""

    id: int
    source: int
    source_name: str
    start_s: float
    end_s: float
    region: list[float] | None
    branch: str | None
    language: str | None
    person: int | None
    proposed: str | None
    failing_rules: list[int]
    unknown_rules: list[int]
    verdict: VerdictOut | None


class ScorecardOut(Schema):
    """A clip's scores of one origin; what is not in ``scores`` was not measured, ``not_measured`` says why."""

    clip: int
    origin: str
    scored_at: datetime
    scores: dict[str, float]
    not_measured: dict[str, dict[str, str | None]]


class RuleOut(Schema):
    """One rule, as policies are written to JSON."""

    ordinal: int
    tier: str
    metric: str
    operator: str
    low: float | None
    high: float | None
    percentile: float | None
    words: str


class PolicyOut(Schema):
    """One version of a corpus's rules."""

    number: int
    name: str
    subject: str
    origin: str
    preset: str
    active: bool
    created_at: datetime
    rules: list[RuleOut]


class SubsetOut(Schema):
    """A frozen list of clips."""

    id: int
    corpus: str
    name: str
    filter: dict[str, Any]
    validated_only: bool
    policy: int | None
    clips: int
    seconds: float
    list_sha256: str
    frozen_at: datetime


class ExportOut(Schema):
    """An export that was written, with its manifest."""

    id: int
    subset: int
    format: str
    destination: str
    manifest_sha256: str
    manifest: dict[str, Any]
    written_at: datetime


class JobOut(Schema):
    """A piece of work: where it stands and what went wrong."""

    id: int
    kind: str
    state: str
    done: int | None
    total: int | None
    counts: dict[str, int] | None
    error: str
    created_at: datetime
    finished_at: datetime | None
    export: int | None = Field(None, description="id of the export that came of it")


class ExportIn(Schema):
    """An export to be written."""

    format: str
    to: str | None = Field(
        None, description="s3://bucket/prefix among the allowed buckets; else where settings say"
    )


class IngestIn(Schema):
    """Footage to be taken in."""

    address: str = Field(description="s3://bucket/prefix, or a folder within MEDIA_ROOTS")
    min_seconds: float = Field(3.0, gt=0, le=3600)
    max_seconds: float = Field(30.0, gt=0, le=3600)


class CertificateOut(Schema):
    """A statement of quality about a subset, as it was issued."""

    id: int
    subset: int
    document_sha256: str
    document: dict[str, Any]
    issued_at: datetime


def paged(item: type[Schema]) -> type[Schema]:
    """The schema of one page of ``item``."""
    annotations = {"items": list[item], "next": int | None}  # type: ignore[valid-type]
    return type(
        f"{item.__name__}Page",
        (Schema,),
        {"__annotations__": annotations, "__doc__": f"A page of {item.__name__}."},
    )
