"""Recipe ``shots``: a clip per person and shot, or per shot, of at least five seconds (as TalkVid cuts)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from curation.recipes.assemble import Assembly, shots_in_order, tracks_of_shot
from curation.recipes.facts import Derivation, DropReason, Shot, SpanKind, Track
from curation.recipes.intervals import subtract
from curation.recipes.params import BadParams, RecipeParams

SCOPES = ("track", "frame")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotsParams(RecipeParams):
    """``scope``: ``track`` cuts a clip for each person in a shot, ``frame`` one for the whole frame of a shot."""

    recipe: ClassVar[str] = "shots"
    version: ClassVar[int] = 1

    scope: str = "track"

    def __post_init__(self) -> None:
        RecipeParams.__post_init__(self)
        if self.scope not in SCOPES:
            raise BadParams(f"scope must be one of {', '.join(SCOPES)}, not {self.scope!r}")


def derive_shots(
    shots: Sequence[Shot], tracks: Sequence[Track], params: ShotsParams | None = None
) -> Derivation:
    """Clips from shots and the people in them.

    Every instant of every shot (less the trim) lies in a span or in a dropped span. A track's clip runs from
    where the person comes into the shot to where they leave it; a stretch with nobody in it is dropped as
    ``no_person`` in ``track`` scope and is part of the clip in ``frame`` scope.
    Raises ``ValueError`` for a shot or track that ends before it starts.
    """
    params = params or ShotsParams()
    assembly = Assembly(params)
    for shot in shots_in_order(shots):
        inside = assembly.trim(shot)
        if inside is None:
            continue
        present = tracks_of_shot(tracks, shot, inside)
        if params.scope == "frame":
            keys = tuple(track.key for track, _ in present)
            assembly.add(inside, SpanKind.SHOT, shot_key=shot.key, tracks=keys)
            continue
        for track, interval in present:
            assembly.add(interval, SpanKind.SHOT, track_key=track.key, shot_key=shot.key, tracks=(track.key,))
        for empty in subtract([inside], [interval for _, interval in present]):
            assembly.drop(empty, DropReason.NO_PERSON, shot_key=shot.key)
    return assembly.done()
