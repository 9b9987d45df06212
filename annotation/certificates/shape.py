"""What a certificate's fields are: a value of the wrong kind is told by its place, and so is a field that none has.

Figures are computed from a file that somebody hands over, so nothing is computed before this has been asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

WHOLE, SEED, NUMBER = "a whole number", "a whole number of 64 bits", "a number"
TEXT, FLAG, ANY = "a text", "true or false", "anything"
STRANGE = "no certificate has such a field"
# No list is as long, and beyond it sums of counts leave 64 bits.
_MOST = 10**12


class Maybe:
    """The value, or null."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind


class Each:
    """A list of such values, or with ``named`` an object of them under any names."""

    def __init__(self, kind: Any, *, named: bool = False) -> None:
        self.kind, self.named = kind, named


_CAST = {
    "judgment": TEXT,
    "rater": TEXT,
    "answer": Maybe(TEXT),
    "reasons": Each(TEXT),
    "seen": FLAG,
    "watched": Maybe(NUMBER),
}
_ITEM = {
    "item": WHOLE,
    "position": WHOLE,
    "clip": WHOLE,
    "seconds": NUMBER,
    "level": TEXT,
    "stratum": TEXT,
    "probability": Maybe(NUMBER),
    "number": Maybe(NUMBER),
    "out": FLAG,
    "votes": Each(_CAST),
    "panel": Maybe(_CAST),
}
_SHAPE: Mapping[str, Any] = {
    "format": TEXT,
    "edition": WHOLE,
    "subset": {
        "id": WHOLE,
        "corpus": TEXT,
        "name": TEXT,
        "clips": WHOLE,
        "seconds": Maybe(NUMBER),
        "tiers": Each(TEXT),
        "validated_only": FLAG,
        "filter": ANY,
        "list_sha256": TEXT,
    },
    "policy": Maybe({"number": WHOLE, "name": TEXT, "rules_sha256": TEXT}),
    "rubric": {"slug": TEXT, "name": TEXT, "version": WHOLE, "guideline": TEXT},
    "procedure": {
        "question": TEXT,
        "overlap": WHOLE,
        "accepts": Each(Each(TEXT), named=True),
        "panel_share": NUMBER,
        "panel_seed": TEXT,
        "most_declined": WHOLE,
    },
    "draw": {
        "queue": WHOLE,
        "design": TEXT,
        "seed": SEED,
        "frame": ANY,
        "frame_sha256": TEXT,
        "population": WHOLE,
        "drawn": WHOLE,
        "strata": Each({"name": TEXT, "N": WHOLE, "n": WHOLE}),
        "next": Maybe({"number": Maybe(NUMBER), "probability": Maybe(NUMBER)}),
        "beyond": WHOLE,
    },
    "settings": {"target": NUMBER, "reading": TEXT, "confidence": NUMBER},
    "effort": {
        "seconds": NUMBER,
        "overlap": WHOLE,
        "dispute_share": NUMBER,
        "panel_share": NUMBER,
        "panel_votes": WHOLE,
    },
    "sources": WHOLE,
    "dates": Each(Maybe(TEXT), named=True),
    "items": Each(_ITEM),
    "outcomes": Each(TEXT),
    "sha256": TEXT,
    # What follows from the rest is recomputed and compared value by value.
    "counts": Each(ANY, named=True),
    "figures": Each(ANY, named=True),
    "raters": Each(WHOLE, named=True),
    "statement": Each(TEXT, named=True),
    "spoilers": Each(Each(TEXT, named=True)),
}


def misfits(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """``(place, sentence)`` of every value of the wrong kind, and with ``STRANGE`` of every field that none has.

    Missing fields are not looked for here.
    """
    return _walk("", document, _SHAPE)


def _walk(place: str, value: Any, kind: Any) -> Iterator[tuple[str, str]]:
    if isinstance(kind, Maybe):
        if value is not None:
            yield from _walk(place, value, kind.kind)
    elif isinstance(kind, Each) and not kind.named:
        if not isinstance(value, list):
            yield place, "a list is wanted"
            return
        for number, one in enumerate(value):
            yield from _walk(f"{place}[{number}]", one, kind.kind)
    elif isinstance(kind, Mapping | Each):
        if not isinstance(value, Mapping):
            yield place, "an object is wanted"
            return
        for key, one in value.items():
            inner = f"{place}.{key}" if place else key
            if isinstance(kind, Each):
                yield from _walk(inner, one, kind.kind)
            elif key in kind:
                yield from _walk(inner, one, kind[key])
            else:
                yield inner, STRANGE
    elif not _fits(value, kind):
        yield place, f"{kind} is wanted"


def _fits(value: Any, kind: str) -> bool:
    if kind == ANY:
        return True
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == TEXT:
        # Half of a surrogate pair fits in no file of text, a zero byte in no database.
        return isinstance(value, str) and not any("\ud800" <= x <= "\udfff" or x == "\0" for x in value)
    if isinstance(value, bool) or not isinstance(value, (int, float) if kind == NUMBER else int):
        return False
    most = 2**63 if kind == SEED else _MOST
    return -most <= value < most
