"""Listening: a person is visible and silent while another speaks, in the picture or off it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from curation.recipes.facts import Key, Turn
from curation.recipes.intervals import Interval, clip_to, length


class ListenKind(StrEnum):
    """Where the speaker is whom a visible, silent person hears (SpeakerVid's two kinds)."""

    CO_PRESENT = "co_present"
    OFF_SCREEN = "off_screen"


def listen_kind(interval: Interval, track_key: Key, turns: Sequence[Turn]) -> ListenKind | None:
    """How the person of ``track_key`` listens during ``interval`` (µs), or ``None`` where they do not.

    They listen if others are heard longer than they themselves speak. Where speakers in the picture and off it
    are both heard, the one heard longer decides.
    """
    own: list[Interval] = []
    seen: list[Interval] = []
    unseen: list[Interval] = []
    for turn in turns:
        part = clip_to(turn.interval(), interval)
        if part is None:
            continue
        (own if turn.track_key == track_key else unseen if turn.track_key is None else seen).append(part)
    if length(seen + unseen) <= length(own):
        return None
    return ListenKind.CO_PRESENT if length(seen) >= length(unseen) else ListenKind.OFF_SCREEN
