"""The pieces that rubrics are made of, and the keys that the review page keeps for itself.

A question is ``{"key", "text", "kind", "options": [{"key", "label", "hotkey"}], "reasons": [...], "rule"}``. ``rule``
names the metrics whose rules the question judges, or is None. ``kind`` is ``tier`` or ``choice``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Player, undo, cannot judge, report, help, boxes, mute, original quality: the same everywhere, so no rubric may take them.
RESERVED_KEYS = frozenset(
    {"j", "k", "l", ",", ".", "u", "x", "!", "?", " ", "o", "[", "]", "-", "=", "b", "m", "p"}
)
CANNOT = "cannot"
CANNOT_REASONS: tuple[tuple[str, str], ...] = (
    ("language", "I don't know the language"),
    ("unplayable", "It does not play"),
    ("unclear", "The guideline does not say"),
)

Option = dict[str, str]
Question = dict[str, Any]


def option(key: str, label: str, hotkey: str) -> Option:
    """One answer or reason."""
    return {"key": key, "label": label, "hotkey": hotkey}


def question(
    key: str,
    text: str,
    options: Sequence[Option],
    *,
    kind: str = "choice",
    reasons: Sequence[Option] = (),
    metrics: Sequence[str] = (),
) -> Question:
    """One question; ``metrics`` are those whose rules it judges."""
    return {
        "key": key,
        "text": text,
        "kind": kind,
        "options": list(options),
        "reasons": list(reasons),
        "rule": {"metrics": list(metrics)} if metrics else None,
    }


TIERS = (
    option("sft", "sft", "1"),
    option("pretrain", "pretrain", "2"),
    option("reject", "reject", "3"),
)
ACCEPTABLE = (option("acceptable", "acceptable", "1"), option("unacceptable", "unacceptable", "2"))
YES_NO = (option("yes", "yes", "1"), option("no", "no", "2"))

DEFECTS = (
    option("blur", "blurred", "q"),
    option("cut", "cut inside", "w"),
    option("subtitles", "burnt-in subtitles", "e"),
    option("covered_mouth", "mouth covered", "r"),
    option("still", "still picture", "t"),
    option("logo", "logo or banner", "y"),
    option("dubbing", "dubbed", "a"),
    option("synthetic", "synthetic face", "s"),
    option("dark", "bad exposure", "d"),
    option("cross_fade", "cross-fade", "f"),
    option("overlap", "voices overlap", "g"),
    option("music", "music", "h"),
    option("shake", "camera shakes", "z"),
    option("turned", "turned away", "c"),
    option("minor", "a minor", "v"),
    option("sound", "bad sound", "n"),
)
