"""What a discussion, or an example of a rubric, shows of an item: its clips, playable, whatever the item is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.models import Item, Judgment
from curation.models import Clip, DialoguePair, Rendition

MOST_OF_A_SHEET = 6
_SIDES = ("A", "B")


@dataclass(frozen=True, slots=True)
class Picture:
    """A clip with its preview and poster (ids of renditions, None while there is none).

    ``side`` is A or B in a pair and on a sheet, else blank; ``marked`` says how many took it for somebody else.
    """

    clip: Clip
    side: str
    preview: int | None
    poster: int | None
    marked: int = 0


def pictures_of(
    items: Sequence[Item], judgments: Mapping[int, Iterable[Judgment]]
) -> dict[int, list[Picture]]:
    """Item → its pictures. Of an identity sheet the clips that its raters saw; a clip that was withdrawn is left out."""
    wanted = {item.pk: _of_item(item, judgments.get(item.pk, ())) for item in items}
    found = _loaded([clip for one in wanted.values() for clip, _ in one])
    marks = {
        item.pk: Counter(
            clip for one in judgments.get(item.pk, ()) for clip in one.details.get("outliers", ())
        )
        for item in items
    }
    return {
        pk: [_picture(found[clip], side, marks[pk][clip]) for clip, side in one if clip in found]
        for pk, one in wanted.items()
    }


def pictures_of_examples(examples: Sequence[Mapping[str, Any]]) -> list[list[Picture]]:
    """The pictures of each example of a rubric, in the order given."""
    pairs = DialoguePair.objects.in_bulk([one["pair"] for one in examples if one.get("pair")])
    wanted = [_of_example(one, pairs) for one in examples]
    found = _loaded([clip for one in wanted for clip, _ in one])
    return [[_picture(found[clip], side) for clip, side in one if clip in found] for one in wanted]


def _of_item(item: Item, judgments: Iterable[Judgment]) -> list[tuple[int, str]]:
    if item.pair is not None:
        return [(item.pair.initiator_id, "A"), (item.pair.responder_id, "B")]
    if item.persons is not None:
        seen = dict.fromkeys(clip for one in judgments for clip in one.shown.get("sheet", ()))
        persons = dict(
            Clip.objects.filter(pk__in=[*seen][: 2 * MOST_OF_A_SHEET]).values_list("pk", "person_id")
        )
        return [
            (clip, "A" if persons[clip] == item.persons.first_id else "B") for clip in seen if clip in persons
        ]
    return [(item.clip_id, "")] if item.clip_id else []


def _of_example(one: Mapping[str, Any], pairs: Mapping[int, DialoguePair]) -> list[tuple[int, str]]:
    if one.get("clip"):
        return [(one["clip"], "")]
    if one.get("pair") in pairs:
        pair = pairs[one["pair"]]
        return [(pair.initiator_id, "A"), (pair.responder_id, "B")]
    rows = one.get("sheet") or ((), ())
    return [(clip, side) for row, side in zip(rows, _SIDES, strict=False) for clip in row]


def _loaded(ids: Sequence[int]) -> dict[int, tuple[Clip, dict[str, int]]]:
    clips = Clip.objects.filter(withdrawn_at=None).select_related("source").in_bulk(set(ids))
    kinds = (Rendition.Kind.PREVIEW, Rendition.Kind.POSTER)
    made: dict[int, dict[str, int]] = {pk: {} for pk in clips}
    for clip, kind, pk in Rendition.objects.filter(clip__in=list(clips), kind__in=kinds).values_list(
        "clip_id", "kind", "pk"
    ):
        if clip is not None:
            made[clip][kind] = pk
    return {pk: (clip, made[pk]) for pk, clip in clips.items()}


def _picture(found: tuple[Clip, dict[str, int]], side: str, marked: int = 0) -> Picture:
    clip, made = found
    return Picture(clip, side, made.get(Rendition.Kind.PREVIEW), made.get(Rendition.Kind.POSTER), marked)
