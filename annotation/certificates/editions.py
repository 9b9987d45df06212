"""Editions of the formulas behind a certificate: by which one a file was made, and what has changed since.

A figure is compared with what this edition gives, never with what another one gave. An edition that a file names makes
nothing right: it only says of a difference that the formulas may be its reason, and where that can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EDITION = 2
"""What this version computes. Raise it with any change of a digit, say in ``_CHANGED`` where, and why in docs/numbers.md."""
_FIRST = 1
_COMPUTED = ("figures", "statement", "spoilers")
# By edition, the places whose digits it changed; of certificates read as a sequence, the second list too.
_CHANGED: Mapping[int, tuple[tuple[str, ...], tuple[str, ...]]] = {
    2: (
        ("figures.corrected", "statement.corrected", "spoilers", "figures.sequence", "figures.further"),
        ("figures.lower_bound", "figures.upper_bound", "statement.sentence"),
    ),
}


def edition_of(document: Mapping[str, Any]) -> int:
    """The edition that the document names; the first where it names none, as no file did then."""
    return int(document.get("edition", _FIRST))


def may_differ(document: Mapping[str, Any], where: str, *, sequence: bool) -> bool:
    """Whether the figure at ``where`` may differ because the document is of another edition.

    Of a later edition nothing is known here, so any figure may. What people said, what was drawn and how often each
    answer came hang on no formula, and the digest on none either.
    """
    edition = edition_of(document)
    if edition > EDITION:
        places = list(_COMPUTED)
    else:
        places = [
            place
            for number in range(max(edition, _FIRST) + 1, EDITION + 1)
            for place in (*_CHANGED[number][0], *(_CHANGED[number][1] if sequence else ()))
        ]
    return any(where == place or where.startswith((f"{place}.", f"{place}[")) for place in places)
