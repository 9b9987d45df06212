"""Draws with unequal probabilities: priority enters as a chance with a floor, never as a bare order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.errors import BadPlan
from annotation.estimation.values import InputError
from annotation.models import Draw, DrawItem
from annotation.sampling import target_array
from annotation.services.frames import FrameQuery
from annotation.services.permanent import number_sql

DEFAULT_FLOOR = 0.2
# Each clip of the list is weighed in memory, a few hundred bytes of it.
MOST_WEIGHED = 2_000_000
_CHUNK = 5_000
_PURPOSES = {-1: DrawItem.Purpose.WORK, 0: DrawItem.Purpose.TUNE, 1: DrawItem.Purpose.CERTIFY}


@dataclass(frozen=True, slots=True)
class Chances:
    """What a priority means before anything is drawn: the least and the largest target chance (0 to 1), how many clips
    are at the floor, and how many of the ``size`` drawn are expected among those above it.
    """

    size: int
    floor: float
    least: float
    most: float
    at_floor: int
    expected_above: float


def floor_of(size: int, count: int, floor_share: float = DEFAULT_FLOOR) -> float:
    """The least chance: a share (0 to 1] of what a simple random draw of ``size`` from ``count`` would give."""
    return floor_share * min(size, count) / count


def chances_of(*, size: int, priority: Mapping[int, float], count: int, floor: float) -> Chances:
    """Chances of a list of ``count``, of which ``priority`` names some. Raises ``BadPlan``."""
    if count > MOST_WEIGHED:
        raise _too_many(count)
    size = min(size, count)
    weights = np.zeros(count)
    named = np.fromiter(priority.values(), float, len(priority))[:count]
    weights[: len(named)] = named
    targets = _targets(weights, size, floor)
    above = targets > floor * (1 + 1e-9)
    return Chances(
        size,
        floor,
        float(targets.min()),
        float(targets.max()),
        int(count - above.sum()),
        float(targets[above].sum()),
    )


def poisson_fill(
    *,
    draw: Draw,
    query: FrameQuery,
    size: int,
    priority: Mapping[int, float],
    floor: float,
    split: bool,
) -> list[dict[str, Any]]:
    """Draw ``size`` of the frame by sequential Poisson sampling, with the chances kept beside each item.

    ``priority`` maps ids of the frame to sizes of at least 0; what it does not name is at the floor. ``floor`` is the
    least target probability. Raises ``BadPlan``.
    """
    if draw.frame_count > MOST_WEIGHED:
        raise _too_many(draw.frame_count)
    ids, numbers, bits = _frame(draw, query, split)
    size = min(size, len(ids))
    weights = np.fromiter((priority.get(pk, 0.0) for pk in ids.tolist()), float, len(ids))
    targets = _targets(weights, size, floor)
    ranks = numbers / targets
    order = np.lexsort((ids, ranks))
    following = float(ranks[order[size]]) if size < len(ids) else math.inf
    column = "pair_id" if query.subject == "pair" else "clip_id"
    DrawItem.objects.bulk_create(
        (
            DrawItem(
                draw=draw,
                position=position,
                inclusion_probability=min(1.0, float(targets[row]) * following),
                permanent_number=float(numbers[row]),
                purpose=_PURPOSES[int(bits[row])],
                **{column: int(ids[row])},
            )
            for position, row in enumerate(order[:size], start=1)
        ),
        batch_size=_CHUNK,
    )
    return [{"name": "", "N": len(ids), "n": size, "floor": floor}]


def _frame(
    draw: Draw, query: FrameQuery, split: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Id, permanent random number and purpose (-1: work) of everything in the frame, a piece in memory at a time."""
    purpose = "get_bit(decode(md5('purpose:' || so.sha256), 'hex'), 0)" if split else "-1"
    parts: list[NDArray[Any]] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT framed.id, {number_sql('%s::text', 'framed.id::text')}, {purpose}"
            f" FROM (SELECT t.id, t.source_id FROM {query.text}) framed"
            " JOIN curation_source so ON so.id = framed.source_id",
            [str(draw.seed), str(draw.seed), *query.parameters],
        )
        while rows := cursor.fetchmany(100_000):
            parts.append(np.array(rows, [("id", "i8"), ("number", "f8"), ("bit", "i8")]))
    found = np.concatenate(parts)
    return found["id"], found["number"], found["bit"]


def _targets(weights: NDArray[np.float64], size: int, floor: float) -> NDArray[np.float64]:
    try:
        return target_array(weights, size, floor=floor)
    except InputError as error:
        raise BadPlan(str(error)) from None


def _too_many(count: int) -> BadPlan:
    return BadPlan(
        f"a draw by priority weighs each clip, and {count:,} are more than {MOST_WEIGHED:,}: narrow the list, by tier say"
    )
