"""Turns: who speaks when, replaced whole whenever they are measured or imported anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from curation import recipes
from curation.models import Source, Turn


@dataclass(frozen=True, slots=True)
class NewTurn:
    """One turn, ``[start_s, end_s)``. ``off_screen``: a voice that nobody in the picture speaks with; where
    nothing told who speaks, ``track_number`` is None and ``off_screen`` False. ``origin``: what measured it."""

    start_s: float
    end_s: float
    track_number: int | None
    off_screen: bool
    talk_share: float | None
    origin: str
    speaker: str = ""


@transaction.atomic
def turns_replace(*, source: Source, turns: Sequence[NewTurn], imported: bool = False) -> bool:
    """Make ``turns`` the measured (or the imported) ones of ``source``; the other kind stays. Returns whether
    anything changed; the same again changes nothing, so that ids stay."""
    Source.objects.select_for_update().get(pk=source.pk)
    present = (
        source.turns.filter(origin__startswith="import:")
        if imported
        else source.turns.exclude(origin__startswith="import:")
    )
    tracks = dict(source.tracks.values_list("number", "pk"))
    fresh = [
        Turn(
            source=source,
            track_id=None if turn.track_number is None else tracks[turn.track_number],
            start_s=turn.start_s,
            end_s=turn.end_s,
            speaker=turn.speaker,
            off_screen=turn.off_screen,
            talk_share=turn.talk_share,
            origin=f"import:{turn.origin}" if imported else turn.origin,
        )
        for turn in turns
    ]
    if [_content(turn) for turn in present.order_by("start_s", "end_s", "pk")] == sorted(
        map(_content, fresh), key=_by_time
    ):
        return False
    present.delete()
    Turn.objects.bulk_create(sorted(fresh, key=lambda turn: (turn.start_s, turn.end_s)))
    return True


@transaction.atomic
def voice_keep(*, source: Source, spans: Sequence[tuple[float, float]]) -> None:
    """Keep where a voice is heard (seconds, by start) with the source's facts: recipes cut long turns in silences."""
    row = Source.objects.select_for_update().get(pk=source.pk)
    row.facts = {**row.facts, "voice": [[round(start, 3), round(end, 3)] for start, end in spans]}
    row.save(update_fields=["facts"])
    source.facts = row.facts


def kept_voice(source: Source) -> list[tuple[float, float]] | None:
    """What :func:`voice_keep` kept; None where nobody listened."""
    spans = source.facts.get("voice")
    return None if spans is None else [(start, end) for start, end in spans]


def told_turns(source: Source) -> list[recipes.Turn]:
    """The measured turns of which is known whether somebody in the picture speaks, as recipes and pairing read them.

    A voice of which nothing told who speaks is left out: it is not thereby off screen. Tracks of one person are one
    voice, where persons are known.
    """
    told = source.turns.exclude(origin__startswith="import:").filter(
        Q(track__isnull=False) | Q(off_screen=True)
    )
    return [
        recipes.Turn(
            turn.pk,
            turn.start_s,
            turn.end_s,
            track_key=turn.track_id,
            speaker=turn.track.person_id if turn.track else None,
            talk_share=turn.talk_share,
        )
        for turn in told.select_related("track")
    ]


def _content(turn: Turn) -> tuple[float, float, int | None, str, bool, str]:
    return (turn.start_s, turn.end_s, turn.track_id, turn.speaker, turn.off_screen, turn.origin)


def _by_time(content: tuple[float, float, int | None, str, bool, str]) -> tuple[float, float]:
    return content[0], content[1]
