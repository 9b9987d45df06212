"""RTTM: who speaks when, as diarisation tools and reference annotations write it. Pure reading, no file access."""

from __future__ import annotations

import math
from dataclasses import dataclass

LONGEST_LINE = 2000
LONGEST_RECORDING_S = 1e7  # over a hundred days; beyond, seconds lose their fractions


@dataclass(frozen=True, slots=True)
class RttmTurn:
    """One SPEAKER line. ``file``: the recording that it names; ``line``: its number in the text, from 1."""

    file: str
    start_s: float
    end_s: float
    speaker: str
    line: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was left out, by its number from 1, with the reason."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rttm:
    """What a text held: turns by time, and the lines that could not be read."""

    turns: tuple[RttmTurn, ...]
    bad: tuple[BadLine, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The recordings named, in the order of their first turn."""
        return tuple(dict.fromkeys(turn.file for turn in self.turns))


def read_rttm(text: str) -> Rttm:
    """Read RTTM; good lines go in, bad ones are listed.

    Lines of other types than SPEAKER (speaker info, lexemes), comments (``;;``) and empty lines are passed over.
    """
    turns: list[RttmTurn] = []
    bad: list[BadLine] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith((";;", "#")):
            continue
        found = _turn(line, number)
        if isinstance(found, RttmTurn):
            turns.append(found)
        elif found:
            bad.append(BadLine(number, found))
    return Rttm(tuple(sorted(turns, key=lambda t: (t.file, t.start_s, t.end_s, t.line))), tuple(bad))


def _turn(line: str, number: int) -> RttmTurn | str:
    """A turn, why there is none, or an empty reason for a line of another type."""
    if len(line) > LONGEST_LINE:
        return f"longer than {LONGEST_LINE} characters"
    fields = line.split()
    if fields[0] != "SPEAKER":
        known = {
            "SPKR-INFO",
            "LEXEME",
            "NON-LEX",
            "NON-SPEECH",
            "SEGMENT",
            "NOSCORE",
            "NO_RT_METADATA",
            "A/P",
        }
        known |= {"SU", "EDIT", "FILLER", "IP", "CB"}
        return "" if fields[0] in known else f"starts with {fields[0][:40]!r}, not with SPEAKER"
    if len(fields) < 8:
        return f"has {len(fields)} fields; a SPEAKER line has at least 8"
    file, start, length, speaker = fields[1], fields[3], fields[4], fields[7]
    try:
        start_s, length_s = float(start), float(length)
    except ValueError:
        return f"start {start[:40]!r} and length {length[:40]!r} must be seconds"
    if not (math.isfinite(start_s) and math.isfinite(length_s)):
        return f"start {start[:40]!r} and length {length[:40]!r} must be finite"
    if start_s < 0:
        return f"starts at {start_s:g} s, before the recording"
    if length_s <= 0:
        return f"lasts {length_s:g} s; a turn lasts longer than 0"
    if speaker == "<NA>":
        return "names no speaker"
    end_s = round(start_s + length_s, 6)
    if end_s > LONGEST_RECORDING_S:
        return f"ends at {end_s:g} s, which no recording reaches"
    if end_s <= start_s:
        return f"lasts {length_s:g} s, less than a microsecond"
    return RttmTurn(file, start_s, end_s, speaker, number)
