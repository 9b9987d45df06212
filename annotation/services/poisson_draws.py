"""Draws with unequal probabilities: priority enters as a chance with a floor, never as a bare order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from annotation.errors import BadPlan
from annotation.estimation.values import InputError
from annotation.models import Draw, DrawItem
from annotation.sampling import sequential_poisson
from annotation.services.frames import FrameQuery

DEFAULT_FLOOR = 0.2
_CHUNK = 5_000


def poisson_fill(
    *,
    draw: Draw,
    query: FrameQuery,
    size: int,
    priority: Mapping[int, float],
    floor: float | None,
    split: bool,
) -> list[dict[str, Any]]:
    """Draw ``size`` of the frame by sequential Poisson sampling, with the chances kept beside each item.

    ``priority`` maps ids of the frame to sizes of at least 0; what it does not name is at the floor. ``floor`` is the
    least target probability, by default a fifth of what a simple random draw would give. Raises ``BadPlan``.
    """
    purpose = "get_bit(decode(md5('purpose:' || so.sha256), 'hex'), 0)" if split else "NULL::int"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT framed.id, {purpose} FROM (SELECT t.id, t.source_id FROM {query.text}) framed"
            " JOIN curation_source so ON so.id = framed.source_id",
            query.parameters,
        )
        bits = dict(cursor.fetchall())
    size = min(size, len(bits))
    least = DEFAULT_FLOOR * size / len(bits) if floor is None else floor
    try:
        found = sequential_poisson(
            {str(pk): float(priority.get(pk, 0.0)) for pk in bits}, size, seed=str(draw.seed), floor=least
        )
    except InputError as error:
        raise BadPlan(str(error)) from None
    column = "pair_id" if query.subject == "pair" else "clip_id"
    DrawItem.objects.bulk_create(
        (
            DrawItem(
                draw=draw,
                position=position,
                inclusion_probability=one.probability,
                permanent_number=one.number,
                purpose=_PURPOSES[bits[int(one.item)]],
                **{column: int(one.item)},
            )
            for position, one in enumerate(found.items(), start=1)
        ),
        batch_size=_CHUNK,
    )
    return [{"name": "", "N": len(bits), "n": size, "floor": least}]


_PURPOSES = {None: DrawItem.Purpose.WORK, 0: DrawItem.Purpose.TUNE, 1: DrawItem.Purpose.CERTIFY}
