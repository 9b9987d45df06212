"""Half-open intervals ``[start, end)`` in whole microseconds, and the set arithmetic that recipes need.

Whole microseconds, because sums and comparisons of floating seconds would let two runs disagree about an edge.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

Interval = tuple[int, int]

MICROSECONDS = 1_000_000


def to_us(seconds: float) -> int:
    """Seconds as the nearest whole microsecond; raises ``ValueError`` for NaN and infinity."""
    if not math.isfinite(seconds):
        raise ValueError(f"a time must be a finite number of seconds, not {seconds!r}")
    return round(seconds * MICROSECONDS)


def to_s(microseconds: int) -> float:
    """Whole microseconds as seconds."""
    return microseconds / MICROSECONDS


def clip_to(interval: Interval, bounds: Interval) -> Interval | None:
    """The part of ``interval`` inside ``bounds``; ``None`` where nothing is left."""
    start, end = max(interval[0], bounds[0]), min(interval[1], bounds[1])
    return (start, end) if start < end else None


def inside(disjoint: Sequence[Interval], bounds: Interval) -> list[Interval]:
    """The parts of sorted, disjoint intervals that lie inside ``bounds``, found without looking at all of them."""
    first = bisect_right(disjoint, bounds[0], key=lambda interval: interval[1])
    out = []
    for at in range(first, len(disjoint)):
        part = clip_to(disjoint[at], bounds)
        if part is None:
            break
        out.append(part)
    return out


def union(intervals: Iterable[Interval], join_within: int = 0) -> list[Interval]:
    """Sorted disjoint intervals that cover the same time; gaps of at most ``join_within`` µs are closed."""
    merged: list[Interval] = []
    for start, end in sorted(i for i in intervals if i[0] < i[1]):
        if merged and start - merged[-1][1] <= join_within:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def intersect(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """What both cover, sorted and disjoint."""
    a, b = union(left), union(right)
    out: list[Interval] = []
    i = j = 0
    while i < len(a) and j < len(b):
        part = clip_to(a[i], b[j])
        if part:
            out.append(part)
        if a[i][1] <= b[j][1]:
            i += 1
        else:
            j += 1
    return out


def subtract(whole: Iterable[Interval], holes: Iterable[Interval]) -> list[Interval]:
    """What ``whole`` covers and ``holes`` do not, sorted and disjoint."""
    cut = union(holes)
    out: list[Interval] = []
    j = 0
    for start, end in union(whole):
        while j < len(cut) and cut[j][1] <= start:
            j += 1
        at, k = start, j
        while k < len(cut) and cut[k][0] < end:
            if cut[k][0] > at:
                out.append((at, cut[k][0]))
            at = max(at, cut[k][1])
            k += 1
        if at < end:
            out.append((at, end))
    return out


def length(intervals: Iterable[Interval]) -> int:
    """Microseconds covered, overlaps counted once."""
    return sum(end - start for start, end in union(intervals))


def split_evenly(interval: Interval, longest: int | None) -> Iterator[Interval]:
    """``interval`` in the fewest equal parts of at most ``longest`` µs; whole where ``longest`` is ``None``."""
    start, end = interval
    parts = 1 if longest is None else max(1, -(-(end - start) // longest))
    edges = [start + (end - start) * n // parts for n in range(parts + 1)]
    yield from itertools.pairwise(edges)


def split_at_silences(
    interval: Interval, silences: Iterable[Interval], longest: int, shortest: int = 0
) -> list[Interval]:
    """Cut a long ``interval`` in the middle of silences, so that each part is at most ``longest`` µs.

    Of the silences that leave at least a quarter of the part, and ``shortest`` µs, on either side, the longest is
    taken (of equal ones the one nearest to the middle), and the two sides are cut again. Where no silence
    serves, the part is cut evenly. Deterministic; the parts cover ``interval`` exactly.
    """
    start, end = interval
    if end - start <= longest:
        return [interval]
    margin = max((end - start) // 4, shortest)
    usable = intersect(silences, [(start + margin, end - margin)])
    if not usable:
        return list(split_evenly(interval, longest))
    best = max(usable, key=lambda s: (s[1] - s[0], -abs((s[0] + s[1]) - (start + end)), -s[0]))
    middle = (best[0] + best[1]) // 2
    sides = ((start, middle), (middle, end))
    return [part for side in sides for part in split_at_silences(side, silences, longest, shortest)]
