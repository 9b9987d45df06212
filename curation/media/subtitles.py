"""Subtitles beside a video, WebVTT and SubRip: read tolerantly, cleaned, never taken for something that was heard.

Cleaned means: tags, karaoke times, cue settings, speaker marks and entities are taken out of the text; cues that
only describe a sound (``[Music]``, ``(applause)``, ``♪``) are left out; the rolling lines of automatic captions, which
repeat what was shown before, are folded into what each cue adds.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Format = Literal["vtt", "srt"]

LARGEST_BYTES = 20_000_000
LONGEST_CUE_S = 60.0
SUFFIXES = (".vtt", ".srt")

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s+(.*))?$")
_TAG = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
_SOUND = re.compile(r"[\[(（【][^\])）】\n]{0,80}[\])）】]")
_NOTES = re.compile(r"[♪♫♬#]+")
_SPEAKER = re.compile(r"^(?:>>+|-|–)\s*(?=\S)")
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Cue:
    """Cleaned words on screen in ``[start_s, end_s)``; ``line``: where the cue begins in the file, from 1."""

    start_s: float
    end_s: float
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class BadCue:
    """A cue that was left out because it cannot be read, by its line from 1, with the reason."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Subtitles:
    """What a file held. ``language``: from its name or header, empty where neither says."""

    format: Format
    cues: tuple[Cue, ...]
    bad: tuple[BadCue, ...]
    language: str = ""


class SubtitlesError(ValueError):
    """The file cannot be read at all; the message says which and why."""


def beside(video: Path) -> list[Path]:
    """Subtitle files beside ``video``: its own name with ``.vtt`` or ``.srt``, a language between them or not.

    ``talk.mp4`` → ``talk.srt``, ``talk.en.vtt``; those without a language first, then by name.
    """
    stem = video.stem
    if not video.parent.is_dir():
        return []
    found = []
    for path in video.parent.iterdir():
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        if path.stem == stem or (path.stem.startswith(stem + ".") and language_of(path)):
            found.append(path)
    return sorted(found, key=lambda path: (path.stem != stem, path.name))


def language_of(path: Path) -> str:
    """The language code in a name such as ``talk.en.vtt`` or ``talk.pt-BR.srt``; empty where there is none."""
    parts = path.stem.rsplit(".", 1)
    if len(parts) == 2 and re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2}", parts[1]):
        return parts[1].replace("_", "-")
    return ""


def read_subtitles(path: Path) -> Subtitles:
    """Read and clean a file; raises ``SubtitlesError`` where it is missing, too large, or no subtitles at all."""
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise SubtitlesError(f"{path.name} has {size} bytes; subtitles are read up to {LARGEST_BYTES}")
        raw = path.read_bytes()
    except OSError as error:
        raise SubtitlesError(f"{path.name} cannot be read: {error.strerror or error}") from error
    try:
        found = parse_subtitles(_text(raw), "vtt" if path.suffix.lower() == ".vtt" else "srt")
    except SubtitlesError as error:
        raise SubtitlesError(f"{path.name}: {error}") from None
    return Subtitles(found.format, found.cues, found.bad, language_of(path) or found.language)


def parse_subtitles(text: str, expected: Format = "srt") -> Subtitles:
    """Cues of a text, cleaned, by start; good ones go in, bad ones are listed.

    The text's own header decides between VTT and SRT, then ``expected``. Raises ``SubtitlesError`` for a text
    that is not empty and holds no cue line at all.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    is_vtt = bool(lines) and lines[0].startswith("WEBVTT")
    language = ""
    if is_vtt:
        named = next((one for one in lines[1:12] if one.lower().startswith("language:")), "")
        language = named.partition(":")[2].strip()[:12]
    raw: list[Cue] = []
    bad: list[BadCue] = []
    for line, head, body in _blocks(lines):
        times = _times(head)
        if isinstance(times, str):
            bad.append(BadCue(line, times))
            continue
        raw.append(Cue(*times, "\n".join(body), line))
    if not raw and not bad and any(one.strip() for one in lines) and not is_vtt:
        raise SubtitlesError("holds no line like 00:00:01,000 --> 00:00:02,000, so it is no subtitle file")
    return Subtitles("vtt" if is_vtt else expected, tuple(_folded(raw)), tuple(bad), language)


def clean_line(line: str) -> str:
    """The words of one line; empty where it only describes a sound or sets a position."""
    text = html.unescape(_TAG.sub("", line))
    text = _INVISIBLE.sub("", _TAG.sub("", text))
    text = _NOTES.sub(" ", _SOUND.sub(" ", text))
    text = _SPEAKER.sub("", _SPACE.sub(" ", text).strip())
    return text.strip() if any(letter.isalnum() for letter in text) else ""


def _text(raw: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _blocks(lines: list[str]) -> Iterator[tuple[int, str, list[str]]]:
    """(line from 1, the line with times, the text lines) of each cue; comments and styles are passed over."""
    starts = [n for n, line in enumerate(lines) if "-->" in line]
    for k, n in enumerate(starts):
        last = starts[k + 1] if k + 1 < len(starts) else len(lines)
        body = []
        for line in lines[n + 1 : last]:
            if not line.strip():
                break
            body.append(line)
        else:
            # no empty line before the next cue: its number or name is not part of this text
            if k + 1 < len(starts) and body and body[-1].strip().isdigit():
                body.pop()
        yield n + 1, lines[n], body


def _times(head: str) -> tuple[float, float] | str:
    found = _TIMES.match(head)
    if not found:
        return f"times cannot be read: {head.strip()[:60]!r}"
    start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:8])
    if end <= start:
        return f"ends at {end:g} s, not after its start at {start:g} s"
    return start, end


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


def _folded(raw: list[Cue]) -> Iterator[Cue]:
    """Cleaned cues by start; lines still on screen from the cues before are not said again."""
    shown: list[str] = []
    until = float("-inf")
    last: Cue | None = None
    for cue in sorted(raw, key=lambda one: (one.start_s, one.end_s, one.line)):
        lines = [text for line in cue.text.split("\n") if (text := clean_line(line))]
        if cue.start_s > until + 0.5:
            shown = []
        fresh = _without_repeats(shown, lines)
        if lines:
            shown = lines if fresh else shown
            until = max(until, cue.end_s)
        end_s = min(cue.end_s, cue.start_s + LONGEST_CUE_S)
        if fresh:
            if last is not None:
                yield last
            last = Cue(cue.start_s, end_s, " ".join(fresh), cue.line)
        elif lines and last is not None and cue.start_s <= last.end_s + 0.5:
            # the same words held on: one cue that lasts
            last = Cue(
                last.start_s, min(max(last.end_s, end_s), last.start_s + LONGEST_CUE_S), last.text, last.line
            )
    if last is not None:
        yield last


def _without_repeats(shown: list[str], lines: list[str]) -> list[str]:
    """``lines`` less the ones at their start that were the last ones on screen, in order."""
    for count in range(min(len(shown), len(lines)), 0, -1):
        if shown[-count:] == lines[:count]:
            return lines[count:]
    return lines
