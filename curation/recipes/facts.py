"""What recipes read (shots, tracks, turns) and what they return (spans and dropped spans). Times in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from curation.recipes.intervals import Interval, to_s, to_us

Key = int | str


def _checked(what: str, key: object, start_s: float, end_s: float) -> Interval:
    start, end = to_us(start_s), to_us(end_s)
    if start >= end:
        raise ValueError(f"{what} {key!r} ends at {end_s} s, not after its start at {start_s} s")
    return start, end


@dataclass(frozen=True, slots=True)
class Shot:
    """The picture between two cuts, ``[start_s, end_s)``; shots of one source do not overlap."""

    key: Key
    start_s: float
    end_s: float

    def interval(self) -> Interval:
        """Whole microseconds; raises ``ValueError`` where the end is not after the start."""
        return _checked("shot", self.key, self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class Track:
    """One person's box through a shot.

    ``visible`` lists the spans in which the person is really in the picture; empty means from start to end.
    ``person`` is the identity within the source where it is known.
    """

    key: Key
    start_s: float
    end_s: float
    shot_key: Key | None = None
    person: Key | None = None
    visible: tuple[tuple[float, float], ...] = ()

    def interval(self) -> Interval:
        """Whole microseconds; raises ``ValueError`` where the end is not after the start."""
        return _checked("track", self.key, self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class Turn:
    """A span in which one person speaks.

    ``track_key`` is ``None`` where the speaker is not in the picture (off-screen voice); ``speaker`` then names
    the voice where it is known. ``talk_share`` is the share of the turn's frames in which the track is labelled
    as talking (0–1), ``None`` where nobody measured it.
    """

    key: Key
    start_s: float
    end_s: float
    track_key: Key | None = None
    speaker: Key | None = None
    talk_share: float | None = None

    def interval(self) -> Interval:
        """Whole microseconds; raises ``ValueError`` where the end is not after the start."""
        return _checked("turn", self.key, self.start_s, self.end_s)

    @property
    def voice(self) -> str:
        """Who speaks, for telling two speakers apart: the named speaker, else the track, else ``off-screen``."""
        if self.speaker is not None:
            return f"speaker:{self.speaker}"
        return "off-screen" if self.track_key is None else f"track:{self.track_key}"


class SpanKind(StrEnum):
    """What a span was cut for."""

    SHOT = "shot"
    TALK = "talk"
    LISTEN = "listen"
    JOINT = "joint"


class DropReason(StrEnum):
    """Why a stretch of the source became no clip."""

    TOO_SHORT = "too_short"
    NO_PERSON = "no_person"
    TOO_FEW_PEOPLE = "too_few_people"
    TOO_MANY_PEOPLE = "too_many_people"
    NOBODY_SPEAKS = "nobody_speaks"
    OFF_SCREEN_VOICE = "off_screen_voice"
    TRIMMED = "trimmed"


@dataclass(frozen=True, slots=True)
class Stretch:
    """``[start_us, end_us)`` of a source, in whole microseconds; also in seconds."""

    start_us: int
    end_us: int

    @property
    def start_s(self) -> float:
        return to_s(self.start_us)

    @property
    def end_s(self) -> float:
        return to_s(self.end_us)

    @property
    def duration_s(self) -> float:
        return to_s(self.end_us - self.start_us)


@dataclass(frozen=True, slots=True)
class Span(Stretch):
    """One clip to be: ``[start_s, end_s)`` of a source, one track or (``track_key`` ``None``) the whole frame.

    ``tracks`` are the people whom the clip is about; ``turns`` the turns it was cut from, in order.
    """

    kind: SpanKind
    track_key: Key | None = None
    shot_key: Key | None = None
    tracks: tuple[Key, ...] = ()
    turns: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class DroppedSpan(Stretch):
    """A stretch that became no clip, with the reason as a code and the detail in words."""

    reason: DropReason
    track_key: Key | None = None
    shot_key: Key | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """What a recipe made of a source: clips to be and dropped spans, both by time, then by track."""

    recipe: str
    version: int
    fingerprint: str
    spans: tuple[Span, ...]
    dropped: tuple[DroppedSpan, ...]


def by_time(item: Span | DroppedSpan) -> tuple[int, int, str, str]:
    """The order in which spans are listed: start, end, track, then kind or reason."""
    label = item.kind if isinstance(item, Span) else item.reason
    return (item.start_us, item.end_us, str(item.track_key), str(label))
