"""Recipe ``joint``: stretches in which everyone is visible together (as MIT selects), whole frame."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from curation.recipes.assemble import Assembly, shots_in_order, tracks_of_shot
from curation.recipes.facts import Derivation, DropReason, Key, Shot, SpanKind, Track
from curation.recipes.intervals import Interval, clip_to, intersect, to_us, union
from curation.recipes.params import BadParams, RecipeParams


@dataclass(frozen=True, slots=True, kw_only=True)
class JointParams(RecipeParams):
    """MIT takes two to four people, together for more than 125 frames at 25 a second.

    ``bridge_s``: a person lost for no longer than this (a missed detection) counts as still there.
    """

    recipe: ClassVar[str] = "joint"
    version: ClassVar[int] = 1

    min_s: float = 5.0
    max_s: float | None = 30.0
    min_people: int = 2
    max_people: int = 4
    bridge_s: float = 0.2

    def __post_init__(self) -> None:
        RecipeParams.__post_init__(self)
        if not 1 <= self.min_people <= self.max_people:
            raise BadParams(
                f"min_people ({self.min_people}) must be at least 1 and at most max_people ({self.max_people})"
            )
        if self.bridge_s < 0:
            raise BadParams(f"bridge_s must not be negative, not {self.bridge_s}")


def derive_joint(
    shots: Sequence[Shot], tracks: Sequence[Track], params: JointParams | None = None
) -> Derivation:
    """Whole-frame clips in which the same people are visible from the first frame to the last.

    A shot is cut wherever somebody comes or goes; every instant of it (less the trim) lies in a span or a
    dropped span. Raises ``ValueError`` for a shot or track that ends before it starts.
    """
    params = params or JointParams()
    assembly = Assembly(params)
    bridge = to_us(params.bridge_s)
    for shot in shots_in_order(shots):
        inside = assembly.trim(shot)
        if inside is None:
            continue
        presence = {
            track.key: _visible(track, part, bridge) for track, part in tracks_of_shot(tracks, shot, inside)
        }
        for interval, people in _stretches(inside, presence):
            if not people:
                assembly.drop(interval, DropReason.NO_PERSON, shot_key=shot.key)
            elif len(people) < params.min_people:
                detail = f"{len(people)} visible, fewer than {params.min_people}"
                assembly.drop(interval, DropReason.TOO_FEW_PEOPLE, shot_key=shot.key, detail=detail)
            elif len(people) > params.max_people:
                detail = f"{len(people)} visible, more than {params.max_people}"
                assembly.drop(interval, DropReason.TOO_MANY_PEOPLE, shot_key=shot.key, detail=detail)
            else:
                assembly.add(interval, SpanKind.JOINT, shot_key=shot.key, tracks=people)
    return assembly.done()


def _visible(track: Track, part: Interval, bridge: int) -> list[Interval]:
    if not track.visible:
        return [part]
    seen = [(to_us(start), to_us(end)) for start, end in track.visible]
    return intersect(union(seen, bridge), [part])


def _stretches(
    inside: Interval, presence: dict[Key, list[Interval]]
) -> list[tuple[Interval, tuple[Key, ...]]]:
    """``inside`` cut wherever the set of visible people changes, with that set."""
    edges = sorted({*inside, *(edge for seen in presence.values() for i in seen for edge in i)})
    out: list[tuple[Interval, tuple[Key, ...]]] = []
    for interval in itertools.pairwise(edges):
        people = tuple(
            sorted(
                (key for key, seen in presence.items() if any(clip_to(interval, i) for i in seen)), key=str
            )
        )
        if out and out[-1][1] == people:
            out[-1] = ((out[-1][0][0], interval[1]), people)
        else:
            out.append((interval, people))
    return out
