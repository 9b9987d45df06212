"""Near-duplicate pictures between the sides of a training split, and of which clips nobody can say.

Reported, not parted: talking heads before the same wall look alike, and joining all that look alike would leave one group.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from django.db import connection

from curation.benchmarks.nearness import NearIndex, candidates
from curation.benchmarks.sides import SIDES
from curation.media.picturehash import FORMULA
from curation.models import Subset
from curation.services.leaks import words_of

MOST_TOLD = 500
# Pairs of hashes that a page's request may look at; about a minute's work. The command line has no such end.
MOST_CANDIDATES = 1e9
_PIECE = 4_000  # clips in an index at a time: a hundred megabytes of tables
_CHUNK = 50_000
_MOMENTS = 5  # hashes a clip, at most

Near = dict[tuple[int, str], tuple[int, int, int]]  # (clip, other side): bits, nearest clip, how many


def sides_compare(subset: Subset, *, near: int, most: float | None = MOST_CANDIDATES) -> dict[str, Any]:
    """What ``near`` bits of 63 or fewer tell apart between sides of the frozen split ``subset``, as plain JSON.

    ``clips``: by side, how many are hashed, not hashed, and without a picture to hash. ``between``: by two sides, how many
    clips of the first are near to some of the second, and the other way round. ``found``: the nearest ``MOST_TOLD``.
    ``reason``: why nothing was compared; "" where all that is hashed was. ``most``: give up beyond so many candidates.
    """
    _gather(subset)
    clips = _counts()
    report: dict[str, Any] = {"near": near, "clips": clips, "between": {}, "found": [], "reason": ""}
    told = {side: clips[side]["hashed"] for side in SIDES if clips[side]["hashed"]}
    if len(told) < 2:
        report["reason"] = "not measured: fewer than two sides hold clips whose pictures were hashed"
        return report
    looked_at = sum(
        candidates(_MOMENTS * told[one], _MOMENTS * told[other], near) for one, other in combinations(told, 2)
    )
    if most is not None and looked_at > most:
        report["reason"] = (
            f"not measured: {sum(told.values())} clips are too many to compare while a page waits; "
            "manage.py benchmark split takes the time"
        )
        return report
    found: Near = {}
    # The smaller side's hashes make the index, the larger side's ask it.
    for one, other in combinations(sorted(told, key=lambda side: (told[side], side)), 2):
        for clip, asked, bits in _near_pairs(one, other, near):
            _keep(found, clip, other, asked, bits)
            _keep(found, asked, one, clip, bits)
    side_of = _sides_of([clip for clip, _ in found])
    for clip, other in found:
        between = report["between"].setdefault(side_of[clip], {})
        between[other] = between.get(other, 0) + 1
    nearest = sorted((bits, clip, other_side) for (clip, other_side), (bits, _, _) in found.items())
    report["found"] = [
        {
            "clip": clip,
            "side": side_of[clip],
            "bits": bits,
            "other": found[clip, other_side][1],
            "other_side": other_side,
            "others": found[clip, other_side][2],
        }
        for bits, clip, other_side in nearest[:MOST_TOLD]
    ]
    return report


def _keep(found: Near, clip: int, side: str, other: int, bits: int) -> None:
    best, nearest, others = found.get((clip, side), (bits, other, 0))
    best, nearest = min((best, nearest), (bits, other))
    found[clip, side] = (best, nearest, others + 1)


def _gather(subset: Subset) -> None:
    """The split's clips with their sides and hashes into the temporary table ``side_picture``."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS side_picture")
        cursor.execute(
            """
            CREATE TEMP TABLE side_picture ON COMMIT DROP AS
            SELECT m.clip_id, m.evidence ->> 'split' AS side,
                   CASE WHEN h.formula = %s THEN h.hashes END AS hashes
            FROM curation_subsetclip m LEFT JOIN curation_picturehash h ON h.clip_id = m.clip_id
            WHERE m.subset_id = %s
            """,
            [FORMULA, subset.pk],
        )
        cursor.execute("CREATE UNIQUE INDEX ON side_picture (side, clip_id)")
        cursor.execute("ANALYZE side_picture")


def _counts() -> dict[str, dict[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT side, count(*) FILTER (WHERE cardinality(hashes) > 0), count(*) FILTER (WHERE hashes IS NULL),
                   count(*) FILTER (WHERE cardinality(hashes) = 0)
            FROM side_picture GROUP BY side
            """
        )
        told = {
            side: {"hashed": hashed, "not_hashed": not_hashed, "no_picture": no_picture}
            for side, hashed, not_hashed, no_picture in cursor.fetchall()
        }
    return {side: told.get(side, {"hashed": 0, "not_hashed": 0, "no_picture": 0}) for side in SIDES}


def _pieces(side: str, size: int) -> Iterator[list[tuple[int, list[int]]]]:
    """Clips of a side with their hashes, so many at a time."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT clip_id, hashes FROM side_picture WHERE side = %s AND clip_id > %s AND cardinality(hashes) > 0 "
                "ORDER BY clip_id LIMIT %s",
                [side, after, size],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield rows


def _near_pairs(one: str, other: str, near: int) -> Iterator[tuple[int, int, int]]:
    """``(clip of one side, clip of the other, least bits)`` of each near pair, once."""
    for rows in _pieces(one, _PIECE):
        ours, words = words_of(rows)
        index = NearIndex(words, near)
        for asked in _pieces(other, _CHUNK):
            theirs, others = words_of(asked)
            least: dict[tuple[int, int], int] = {}
            for mine, its, bits in zip(*index.find(others), strict=True):
                pair = int(ours[mine]), int(theirs[its])
                least[pair] = min(int(bits), least.get(pair, int(bits)))
            yield from ((clip, its, bits) for (clip, its), bits in least.items())


def _sides_of(clips: list[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clip_id, side FROM side_picture WHERE clip_id = ANY(%s)", [clips])
        return dict(cursor.fetchall())
