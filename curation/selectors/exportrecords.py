"""What this database wrote down of exports, to hold a manifest against: in a folder alone, one changed throughout fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from curation.models import ExportRecord

_MOST = 5


@dataclass(frozen=True, slots=True)
class Recorded:
    """``record``: the export that was written with this very manifest, or the one of the same list that comes nearest;
    None where this database knows neither. ``differs``: where that one's manifest says something else, at most five
    places and how many more."""

    record: int | None
    differs: tuple[str, ...] = ()


def recorded(facts: Mapping[str, Any], sha256: str) -> Recorded:
    """Look for the manifest ``facts``, whose bytes hash to ``sha256``."""
    same = ExportRecord.objects.filter(manifest_sha256=sha256).order_by("pk").values_list("pk", flat=True)
    if (found := same.first()) is not None:
        return Recorded(found)
    kin = ExportRecord.objects.filter(_kin(facts)).values_list("pk", "manifest")
    compared = [(list(_places(told, facts, "")), -pk) for pk, told in kin.iterator(chunk_size=20)]
    if not compared:
        return Recorded(None)
    places, pk = min(compared, key=lambda each: (len(each[0]), each[1]))
    more = len(places) - _MOST
    return Recorded(-pk, (*places[:_MOST], *([f"{more} more"] if more > 0 else [])))


def _kin(facts: Mapping[str, Any]) -> Q:
    """Records of the same frozen list in the same format."""
    subset, corpus, format = (_part(facts, name) for name in ("subset", "corpus", "format"))
    list_sha256, number = subset.get("list_sha256"), subset.get("id")
    same = Q(subset__list_sha256=list_sha256) if isinstance(list_sha256, str) else Q()
    if type(number) is int and 0 < number < 2**62:
        same |= Q(subset=number, subset__corpus__slug=str(corpus.get("slug")))
    return same & Q(format=str(format.get("name")))


def _part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def _places(told: Any, found: Any, at: str) -> Iterator[str]:
    """Dotted names of what differs, files by their names."""
    if isinstance(told, Mapping) and isinstance(found, Mapping):
        for name in sorted({*told, *found}):
            yield from _places(told.get(name), found.get(name), f"{at}.{name}" if at else name)
    elif at == "files" and isinstance(told, list) and isinstance(found, list):
        yield from _places(
            {each["name"]: each for each in told}, {each["name"]: each for each in found}, "files"
        )
    elif told != found:
        yield at
