"""Byte ranges of HTTP (RFC 9110, section 14), so that a browser can seek: pure decisions, no request, no response.

answer = decide(size, etag=etag, range_header=…, if_range=…, if_none_match=…)
answer.status, answer.first, answer.length, answer.headers
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_SPEC = re.compile(r"^\s*(\d{0,18})\s*-\s*(\d{0,18})\s*$", re.ASCII)
# More parts than this in one header is no player's wish.
MAX_PARTS = 16
BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: `status` 200, 206, 304 or 416; `length` bytes from `first`; the headers that say so."""

    status: int
    first: int
    length: int
    headers: dict[str, str] = field(default_factory=dict)


def strong_etag(sha256: str) -> str:
    """A strong entity tag from a file's fingerprint."""
    return f'"{sha256[:32]}"'


def decide(
    size: int,
    *,
    etag: str,
    range_header: str | None = None,
    if_range: str | None = None,
    if_none_match: str | None = None,
) -> Answer:
    """Decide on a GET of `size` bytes known by the strong `etag`.

    One satisfiable range: 206. None that can be satisfied: 416. No range, one in another unit, a malformed one, or
    one whose If-Range names another version or a date: 200 with everything. Several ranges: 206 with the first that
    can be satisfied, which a server may do and every player takes. If-None-Match that holds `etag`: 304.
    """
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    if if_none_match is not None and _matches(if_none_match, etag):
        return Answer(304, 0, 0, headers)
    everything = Answer(200, 0, size, headers | {"Content-Length": str(size)})
    if range_header is None or (if_range is not None and if_range.strip() != etag):
        return everything
    spans = parse_ranges(range_header, size)
    if spans is None:
        return everything
    if not spans:
        return Answer(416, 0, 0, headers | {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
    first, last = spans[0]
    length = last - first + 1
    return Answer(
        206,
        first,
        length,
        headers | {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": str(length)},
    )


def parse_ranges(header: str, size: int) -> list[tuple[int, int]] | None:
    """The satisfiable (first, last) byte spans, both included, in the order asked; None if the header is to be ignored
    (another unit, malformed, too many parts)."""
    unit, separator, rest = header.partition("=")
    if not separator or unit.strip().lower() != "bytes":
        return None
    parts = [part for part in rest.split(",") if part.strip()]
    if not parts or len(parts) > MAX_PARTS:
        return None
    spans: list[tuple[int, int]] = []
    for part in parts:
        found = _SPEC.match(part)
        if found is None or found.group(1) == found.group(2) == "":
            return None
        first_text, last_text = found.groups()
        if first_text == "":
            wanted = int(last_text)
            first, last = max(0, size - wanted), size - 1
            satisfiable = wanted > 0 and size > 0
        else:
            first, last = int(first_text), int(last_text) if last_text else size - 1
            if last_text and last < first:
                return None
            satisfiable = first < size
            last = min(last, size - 1)
        if satisfiable:
            spans.append((first, last))
    return spans


def _matches(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def read_span(path: Path, first: int, length: int) -> Iterator[bytes]:
    """The bytes of an answer in blocks of at most 64 KiB; ends early only if the file was cut short meanwhile."""
    with path.open("rb") as reader:
        reader.seek(first)
        left = length
        while left > 0:
            block = reader.read(min(BLOCK, left))
            if not block:
                return
            left -= len(block)
            yield block
