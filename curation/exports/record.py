"""What an export knows of one clip: plain values, frozen with the subset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
class ExportDraw:
    """Where a clip stands in a benchmark or a training split; all None in any other list.

    ``split``: benchmark, train, validation or test; ``stratum``: what it was drawn for; ``pair``: number of its dialogue
    pair in the benchmark, ``pair_role``: initiator or responder.
    """

    split: str | None = None
    stratum: str | None = None
    pair: int | None = None
    pair_role: str | None = None


NOT_DRAWN = ExportDraw()


@dataclass(frozen=True, slots=True)
class ExportMedia:
    """A clip's file, where a format carries media. ``picture`` and ``sound`` say how each was made: ``copied`` or
    ``encoded`` (``sound`` None: there is none); ``start_s`` is where its first picture stands in the source."""

    path: Path
    sha256: str
    content_type: str
    picture: str
    sound: str | None
    start_s: float
    frames: int
    width: int
    height: int


class Statuses:
    """What measured a clip's scores, or why nothing did: shared by all clips that were measured alike.

    ``builds``: scorer → build id; ``not_measured``: scorer → state and reason; ``told`` and ``untold`` the same in a cell
    each, without reasons, None where there is nothing.
    """

    __slots__ = ("build_ids", "builds", "not_measured", "told", "untold")

    def __init__(self, statuses: Mapping[str, Mapping[str, Any]]) -> None:
        told = sorted(statuses.items())
        self.builds: dict[str, Any] = {
            scorer: status["build"]
            for scorer, status in told
            if status.get("state") == "measured" and status.get("build")
        }
        self.not_measured: dict[str, Any] = {
            scorer: {"state": status.get("state"), "reason": status.get("reason") or None}
            for scorer, status in told
            if status.get("state") != "measured"
        }
        self.told = " ".join(f"{scorer}={build}" for scorer, build in self.builds.items()) or None
        self.untold = " ".join(f"{name}={each['state']}" for name, each in self.not_measured.items()) or None
        self.build_ids = frozenset(status["build"] for _, status in told if status.get("build"))


NO_STATUSES = Statuses({})


@dataclass(slots=True)
class ExportClip:
    """One clip of a frozen subset. Times in seconds of presentation time; ``scores`` holds measured values only.

    Nobody changes one; it is not frozen because that takes a tenth of an export's time.
    """

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
    drawn: ExportDraw = NOT_DRAWN
    statuses: Statuses = NO_STATUSES
    media: ExportMedia | None = None
    # Rows of the tables that go along (``curation.exports.tables``), and why a table has none of this clip.
    along: Mapping[str, Sequence[tuple[Any, ...]]] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)

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
