"""Recipe ``turns``: clips cut at turn ends and silences, 3 to 14 s (as SpeakerVid cuts), talking and listening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from curation.recipes.assemble import Assembly, shots_in_order, tracks_of_shot
from curation.recipes.facts import Derivation, DropReason, Key, Shot, SpanKind, Track, Turn
from curation.recipes.intervals import Interval, clip_to, intersect, subtract, to_us, union
from curation.recipes.intervals import inside as within
from curation.recipes.params import BadParams, RecipeParams


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsParams(RecipeParams):
    """SpeakerVid drops scenes under 3 s and splits those over 14 s.

    ``join_s``: turns of one person that are no further apart than this, with no other voice between them, are
    one clip. ``silence_s``: the shortest silence in which a long turn may be cut. ``listening``: also cut clips
    of people who are visible and silent while another speaks.
    """

    recipe: ClassVar[str] = "turns"
    version: ClassVar[int] = 1

    min_s: float = 3.0
    max_s: float | None = 14.0
    join_s: float = 0.5
    silence_s: float = 0.2
    listening: bool = True

    def __post_init__(self) -> None:
        RecipeParams.__post_init__(self)
        if self.join_s < 0 or self.silence_s < 0:
            raise BadParams("join_s and silence_s must not be negative")


def derive_turns(
    shots: Sequence[Shot],
    tracks: Sequence[Track],
    turns: Sequence[Turn],
    params: TurnsParams | None = None,
    *,
    speech: Sequence[tuple[float, float]] | None = None,
) -> Derivation:
    """Clips of people talking and listening.

    ``speech``: voice activity in seconds; a turn of over ``max_s`` is cut in its silences, and evenly where
    there are none or no voice activity was measured (``None``). Every instant of every track (less the trim)
    lies in a span or a dropped span of that track; time with a voice and nobody in the picture is dropped as
    ``off_screen_voice``. Raises ``ValueError`` for a shot, track or turn that ends before it starts.
    """
    params = params or TurnsParams()
    assembly = Assembly(params)
    ordered = sorted(turns, key=lambda turn: (turn.interval(), str(turn.key)))
    timed = [(turn.interval(), turn) for turn in ordered]
    voices = union(interval for interval, _ in timed)
    spoken = None if speech is None else union((to_us(start), to_us(end)) for start, end in speech)
    for shot in shots_in_order(shots):
        inside = assembly.trim(shot)
        if inside is None:
            continue
        silences = None if spoken is None else _silences(inside, spoken, to_us(params.silence_s))
        near = [one for one in timed if one[0][0] < inside[1] and one[0][1] > inside[0]]
        present = tracks_of_shot(tracks, shot, inside)
        for track, interval in present:
            _cut_track(assembly, shot.key, track, interval, near, silences, params)
        empty = subtract([inside], [interval for _, interval in present])
        heard = within(voices, inside)
        for part in intersect(empty, heard):
            assembly.drop(part, DropReason.OFF_SCREEN_VOICE, shot_key=shot.key)
        for part in subtract(empty, heard):
            assembly.drop(part, DropReason.NO_PERSON, shot_key=shot.key)
    return assembly.done()


def _cut_track(
    assembly: Assembly,
    shot_key: Key,
    track: Track,
    interval: Interval,
    turns: Sequence[tuple[Interval, Turn]],
    silences: Sequence[Interval] | None,
    params: TurnsParams,
) -> None:
    own: list[tuple[Interval, Key]] = []
    others: list[tuple[Interval, Key]] = []
    for span, turn in turns:
        part = clip_to(span, interval)
        if part:
            (own if turn.track_key == track.key else others).append((part, turn.key))
    talking = _joined([part for part, _ in own], [part for part, _ in others], to_us(params.join_s))
    for part in talking:
        assembly.add(
            part,
            SpanKind.TALK,
            track_key=track.key,
            shot_key=shot_key,
            tracks=(track.key,),
            turns=own,
            silences=silences,
        )
    heard = [part for part, _ in others]
    # pauses between the other's words are still listening, unless this person speaks in them
    listening = subtract(union(heard, to_us(params.join_s)), talking) if params.listening else []
    for part in listening:
        assembly.add(
            part,
            SpanKind.LISTEN,
            track_key=track.key,
            shot_key=shot_key,
            tracks=(track.key,),
            turns=others,
            silences=silences,
        )
    for part in subtract([interval], talking + listening):
        assembly.drop(part, DropReason.NOBODY_SPEAKS, track_key=track.key, shot_key=shot_key)


def _joined(own: list[Interval], others: list[Interval], within: int) -> list[Interval]:
    """Own turns, joined over short gaps in which nobody else speaks."""
    joined: list[Interval] = []
    for part in union(own):
        if joined and part[0] - joined[-1][1] <= within:
            gap = (joined[-1][1], part[0])
            if not intersect([gap], others):
                joined[-1] = (joined[-1][0], part[1])
                continue
        joined.append(part)
    return joined


def _silences(inside: Interval, spoken: Sequence[Interval], shortest: int) -> list[Interval]:
    return [gap for gap in subtract([inside], within(spoken, inside)) if gap[1] - gap[0] >= shortest]
