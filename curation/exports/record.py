"""What an export knows of one clip: plain values, frozen with the subset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ExportPerson:
    """Attributes as imported or given, never inferred; ``origin`` says by whom."""

    label: str = ""
    gender: str = ""
    age_group: str = ""
    ethnicity: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ExportSource:
    """The video that a clip was cut from. ``fps`` is None where the rate is unknown, ``constant_rate`` likewise."""

    sha256: str
    external_id: str
    name: str
    link: str
    language: str
    category: str
    width: int | None
    height: int | None
    fps: float | None
    constant_rate: bool | None
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class ExportVerdict:
    """What people settled on the tier: ``raters`` are pseudonyms, ``judgments`` ids."""

    answer: str
    method: str
    blind: bool
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExportMedia:
    """A file that belongs to a clip, where a format carries media."""

    kind: str
    path: Path
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class ExportClip:
    """One clip of a frozen subset. Times in seconds of presentation time; ``scores`` holds measured values only."""

    position: int
    clip_id: int
    external_id: str
    start_s: float
    end_s: float
    branch: str
    language: str
    region: list[float] | None
    track: int | None
    recipe: str
    source: ExportSource
    person: ExportPerson | None
    tier: str
    proposed: str | None
    failing: tuple[int, ...]
    missing: tuple[int, ...]
    verdict: ExportVerdict | None
    policy: int | None
    origin: str
    scores: Mapping[str, float]
    statuses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    media: tuple[ExportMedia, ...] = ()

    @property
    def key(self) -> str:
        """A name of the clip that is the same on every machine: source content, milliseconds, track."""
        if self.external_id:
            return self.external_id
        track = "" if self.track is None else f"-t{self.track}"
        return f"{self.source.sha256[:16]}-{round(self.start_s * 1000)}-{round(self.end_s * 1000)}{track}"

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def frame_at(self, seconds: float) -> int | None:
        """The frame number at ``seconds``; None where the rate is unknown or varies, so that no number is invented."""
        if self.source.fps is None or self.source.constant_rate is not True:
            return None
        return round(seconds * self.source.fps)
