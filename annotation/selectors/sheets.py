"""The sheet of an identity question: a few clips of each of two persons, spread over where they are seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from annotation.models import Item
from curation.models import Clip, PersonPair, Track

A_ROW = 6
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Tile:
    """A clip on the sheet: ``row`` 0 or 1 for the first or second person, ``box`` where that person is seen in it.

    ``box`` is [left, top, width, height] as shares of the clip's region; None where no track says.
    """

    clip: Clip
    row: int
    box: list[float] | None


def sheet_of(item: Item, *, a_row: int = A_ROW) -> list[Tile]:
    """At most ``a_row`` clips of each person, the first person's first. Clips that are held or gone are left out."""
    pair = PersonPair.objects.get(queue_items=item)
    return [
        tile
        for row, person in enumerate((pair.first_id, pair.second_id))
        for tile in _row(person, row, a_row)
    ]


def _row(person: int, row: int, most: int) -> list[Tile]:
    clips = (
        Clip.objects.filter(person=person, is_current=True, withdrawn_at=None, held_at=None)
        .filter(renditions__kind="preview")
        .select_related("source")
        .prefetch_related("renditions")
        .order_by("source_id", "start_s", "pk")
    )
    chosen = clips.filter(pk__in=_chosen(clips.values_list("pk", "track_id"), most))
    tracks = list(Track.objects.filter(person=person, mean_box__isnull=False))
    return [Tile(clip, row, _box(clip, tracks)) for clip in chosen]


def _chosen(clips: Iterable[tuple[int, int | None]], most: int) -> list[int]:
    """At most ``most`` clips, of as many tracks as there are: whoever is mixed in is likely to be in a track of theirs."""
    groups: dict[object, list[int]] = {}
    for clip, track in clips:
        groups.setdefault(("clip", clip) if track is None else track, []).append(clip)
    tracks = _spread(list(groups.values()), most)
    places = [1] * len(tracks)
    while sum(places) < most and any(place < len(group) for place, group in zip(places, tracks, strict=True)):
        roomiest = max(range(len(tracks)), key=lambda one: len(tracks[one]) / places[one])
        places[roomiest] += 1
    return [clip for place, group in zip(places, tracks, strict=True) for clip in _spread(group, place)]


def _spread(found: Sequence[_T], most: int) -> list[_T]:
    """The first, the last, and evenly what lies between."""
    if len(found) <= most:
        return list(found)
    if most == 1:
        return [found[0]]
    return [found[round(place * (len(found) - 1) / (most - 1))] for place in range(most)]


def _box(clip: Clip, tracks: Sequence[Track]) -> list[float] | None:
    """Where the person is in the picture: their track that shares most time with the clip, within the clip's region."""
    near = [
        (min(one.end_s, clip.end_s) - max(one.start_s, clip.start_s), one)
        for one in tracks
        if one.source_id == clip.source_id
    ]
    shared, track = max(near, key=lambda each: each[0], default=(0.0, None))
    if track is None or shared <= 0 or not track.mean_box:
        return None
    left, top, wide, high = track.mean_box
    x, y, w, h = clip.region or (0.0, 0.0, 1.0, 1.0)
    return [round(value, 4) for value in ((left - x) / w, (top - y) / h, wide / w, high / h)]
