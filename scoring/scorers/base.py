"""What a scorer is: it measures, and never decides. Listen, then look, then derive.

A source is heard once (:class:`SoundScorer`) and seen once (:class:`PictureScorer`, :class:`FaceScorer`);
what comes out is kept as :class:`~scoring.runner.series.Series`. A clip's numbers are then an aggregation of
series over a :class:`Span`: :meth:`Scorer.aggregate` reads series alone, so that a changed trim needs no
decoding. Scorers hold no state of a source: ``begin`` opens a session that does. Pure: imports no Django.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from curation.media.opener import HERE, Opener

if TYPE_CHECKING:
    from curation.media.sound import SoundBlock
    from scoring.runner.series import Series, SeriesReader

Floats: TypeAlias = npt.NDArray[np.float64]
Pixels: TypeAlias = npt.NDArray[np.uint8]
Colour = Literal["rgb", "grey"]


# --- what a source and a span are -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What probing said about a file. Sizes are as displayed (rotation applied); ``None`` = the file doesn't say."""

    sha256: str
    duration_s: float
    width_px: int | None = None
    height_px: int | None = None
    frame_rate_fps: float | None = None
    bit_rate_bps: float | None = None
    has_picture: bool = True
    has_sound: bool = False
    start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """``[start_s, end_s)`` in the source's presentation time, for one track or (``None``) the whole frame."""

    start_s: float
    end_s: float
    track: int | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s) and self.end_s > self.start_s):
            raise ValueError(f"a span must end after it starts, got [{self.start_s}, {self.end_s})")

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


# --- what comes of measuring ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """Finite numbers by metric name. ``None`` = this scorer ran, but the clip holds nothing to measure
    (no hand seen, say); ``notes`` may say why, by metric name. NaN and infinity are refused here."""

    values: Mapping[str, float | None]
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{name} came out as {value}; a metric is a finite number or None")


@dataclass(frozen=True, slots=True)
class NotRun:
    """Nobody asked this scorer to look at the source yet, or a cascade stopped before it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It cannot measure here: ``reason`` says what is missing and how to get it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It tried and could not: ``reason`` says why. Never "low quality"."""

    reason: str


Outcome: TypeAlias = Measured | NotRun | Unavailable | Failed
StatusWord = Literal["measured", "not_run", "unavailable", "failed"]


@dataclass(frozen=True, slots=True)
class Status:
    """A scorer's state for a source or clip, as the database keeps it."""

    word: StatusWord
    reason: str = ""


def status_of(outcome: Outcome) -> Status:
    match outcome:
        case Measured():
            return Status("measured")
        case NotRun(reason):
            return Status("not_run", reason)
        case Unavailable(reason):
            return Status("unavailable", reason)
        case Failed(reason):
            return Status("failed", reason)


@dataclass(frozen=True, slots=True)
class Build:
    """Exactly what measured: a scorer's name and version, its model's sha256 (``""``: no model), its device."""

    scorer: str
    version: str
    model_sha256: str = ""
    device: str = "cpu"

    @property
    def label(self) -> str:
        """Short and unique, e.g. ``lr_asd 1 (3f9a02c1d4, cpu)``."""
        inside = ", ".join(part for part in (self.model_sha256[:10], self.device) if part)
        return f"{self.scorer} {self.version} ({inside})"


# --- what scorers are given -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wants:
    """The frames that a picture scorer asks for.

    ``rate_hz``: samples a second on the grid k / rate of presentation time (``None``: every frame).
    ``short_side``: pixels of the shorter side, aspect kept (``None``: as decoded); smaller pictures are
    enlarged only if ``enlarge``. ``batch``: frames handed over at once (fewer at the end and never more).
    """

    rate_hz: float | None
    short_side: int | None = None
    colour: Colour = "rgb"
    enlarge: bool = False
    batch: int = 16


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """``n`` frames in presentation order.

    ``times_s`` (n,) float64, ``index`` (n,) int64 number of the frame in the source, ``pixels`` (n, h, w, 3)
    RGB or (n, h, w) grey, uint8; ``scale``: multiply a coordinate (x, y) of ``pixels`` by it to get the
    source's displayed pixels.
    """

    times_s: Floats
    index: npt.NDArray[np.int64]
    pixels: Pixels
    scale: tuple[float, float]

    def __len__(self) -> int:
        return len(self.times_s)


Box: TypeAlias = tuple[float, float, float, float]
"""left, top, right, bottom in the source's displayed pixels; may reach outside the frame."""


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """One face in one frame. ``box`` is interpolated between detections; ``steady_box`` is the median of
    its sides over the 13 samples around (fewer at a track's ends). ``score``: the detector's, 0…1, where the
    face was found in this very frame, else ``None`` (bridged)."""

    track: int
    box: Box
    steady_box: Box
    score: float | None


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """One frame of the 25 Hz grid with every face tracked in it; delivered in order, about a second late.

    ``grey`` (h, w) uint8 luma; ``rgb`` (h, w, 3) only on the 5 Hz grid; ``scale`` as in :class:`FrameBatch`
    (pictures of over 1080 lines come scaled down). ``shot`` counts from 0. Frames without a face come too.
    """

    time_s: float
    index: int
    shot: int
    grey: Pixels
    rgb: Pixels | None
    scale: tuple[float, float]
    faces: tuple[TrackedFace, ...]


@dataclass(frozen=True, slots=True)
class SoundWants:
    """The sound that a sound scorer asks for: blocks of ``block_s`` seconds (the last shorter) at ``rate_hz``
    (``None``: the file's own) with ``channels`` (``None``: mono or stereo as the file is)."""

    rate_hz: int | None = 16_000
    channels: int | None = 1
    block_s: float = 30.0


@dataclass(frozen=True, slots=True)
class OpenSource:
    """What every session is begun with: the file, its facts, the series of an earlier listening (``None``: it has
    no sound, or was not listened to), and the cuts, a list that grows while one looks: a cut at t is in it by the
    time that the fourth frame after t is shown. ``media``: what the file is read by; nobody opens it otherwise."""

    path: Path
    facts: SourceFacts
    heard: SeriesReader | None = None
    cuts_s: Sequence[float] = ()
    media: Opener = HERE


# --- the protocols --------------------------------------------------------------------------------------


@runtime_checkable
class Scorer(Protocol):
    """The part that every scorer has."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Goes up with every change that could change a number."""
        ...

    def available(self) -> Unavailable | None:
        """``None`` if it can measure here; cheap, loads no model."""
        ...

    def build(self) -> Build: ...

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        """The clip's numbers from series alone. Pure: same series, same numbers."""
        ...


class Looking(Protocol):
    """A picture scorer at work on one source."""

    def look(self, batch: FrameBatch) -> None: ...

    def finish(self) -> Sequence[Series]: ...


@runtime_checkable
class PictureScorer(Scorer, Protocol):
    """Sees frames of the whole picture."""

    @property
    def wants(self) -> Wants: ...

    def begin(self, source: OpenSource) -> Looking: ...


class LookingAtFaces(Protocol):
    """A face scorer at work on one source."""

    def look(self, frames: Sequence[TrackedFrame]) -> None: ...

    def finish(self) -> Sequence[Series]: ...


@runtime_checkable
class FaceScorer(Scorer, Protocol):
    """Sees the 25 Hz frames with the tracked faces in them; may read what was heard, or the sound itself."""

    def begin_faces(self, source: OpenSource) -> LookingAtFaces: ...


class Listening(Protocol):
    """A sound scorer at work on one source."""

    def hear(self, block: SoundBlock) -> None: ...

    def finish(self) -> Sequence[Series]: ...


@runtime_checkable
class SoundScorer(Scorer, Protocol):
    """Hears a source's sound in blocks, in order, gaps filled with silence, so that memory stays bounded."""

    @property
    def wants_sound(self) -> SoundWants: ...

    def begin_sound(self, source: OpenSource) -> Listening: ...


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, in hex; what a build names its model by."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
