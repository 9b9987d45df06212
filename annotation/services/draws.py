"""Draws: choosing items from a frame, with probabilities and an order that are frozen when they are chosen."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from annotation.errors import BadPlan
from annotation.models import Draw
from annotation.services.frames import FrameFilter, FrameQuery, frame_query
from annotation.services.permanent import number_sql
from annotation.services.poisson_draws import DEFAULT_FLOOR, floor_of, poisson_fill
from curation.models import Corpus, Policy
from curation.policies.tiers import Tier

_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Counted:
    """A frame's size: how many, how long together, and how many by proposed tier."""

    count: int
    seconds: float
    by_tier: dict[str, int]


def frame_count(*, corpus: Corpus, policy: Policy | None, subject: str, frame: FrameFilter) -> Counted:
    """What a plan means before anything is made."""
    query = frame_query(corpus=corpus, policy=policy, subject=subject, frame=frame)
    length = (
        "(SELECT sum(c.end_s - c.start_s) FROM curation_clip c WHERE c.id IN (t.initiator_id, t.responder_id))"
        if subject == "pair"
        else "t.end_s - t.start_s"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.tier, count(*), coalesce(sum({length}), 0) FROM {query.text} GROUP BY p.tier",
            query.parameters,
        )
        rows = cursor.fetchall()
    rows.sort(key=lambda row: -1 if row[0] is None else row[0], reverse=True)  # the best tier first
    by_tier = {Tier(tier).word if tier is not None else "none": count for tier, count, _ in rows}
    return Counted(sum(row[1] for row in rows), float(sum(row[2] for row in rows)), by_tier)


@transaction.atomic
def draw_make(
    *,
    corpus: Corpus,
    policy: Policy | None,
    design: str = Draw.Design.CENSUS,
    frame: FrameFilter | None = None,
    subject: str = "clip",
    size: int | None = None,
    per_stratum: int | None = None,
    seed: int | None = None,
    split: bool = False,
    priority: Mapping[int, float] | None = None,
    floor: float | None = None,
    floor_share: float = DEFAULT_FLOOR,
    apart_from: Draw | None = None,
) -> Draw:
    """Draw clips or pairs and freeze what was drawn.

    ``census`` takes everything in random order; ``simple`` ``size`` of the frame; ``stratified`` ``per_stratum`` (or a
    share of ``size`` in proportion) within each proposed tier; ``ordered`` the first ``size`` by id, without
    probabilities; ``poisson`` ``size`` with chances in proportion to ``priority`` (id → weight), none below ``floor``,
    by default ``floor_share`` (0 to 1] of an even draw's chance.
    ``split`` assigns each item to tuning or certifying by its source, so that one never serves both.
    ``apart_from`` leaves out what that draw of the same list took; the chances are those among the rest.
    The order is by the permanent random numbers of seed and id: the same for the same seed, so that two draws of one
    seed have as much in common as their chances allow. Raises ``BadPlan``.
    """
    frame = frame or FrameFilter()
    if design not in Draw.Design.values:
        raise BadPlan(f"{design!r} is no design; there are {', '.join(Draw.Design.values)}")
    if design == Draw.Design.POISSON and (not size or priority is None):
        raise BadPlan("a sequential Poisson draw needs its size, and what comes first with which weight")
    if design == Draw.Design.SIMPLE and not size:
        raise BadPlan("a simple random draw needs its size")
    if design == Draw.Design.STRATIFIED and not (size or per_stratum):
        raise BadPlan("a stratified draw needs a size, or a number for each stratum")
    if size is not None and size < 1:
        raise BadPlan("a draw takes at least one item")
    if seed is not None and not -(2**63) <= seed < 2**63:
        raise BadPlan("a seed is a whole number from −2⁶³ to 2⁶³ − 1")
    query = frame_query(corpus=corpus, policy=policy, subject=subject, frame=frame)
    count, digest = _hash_frame(query)
    if not count:
        raise BadPlan(
            "nothing in this corpus fits: loosen the filter, or wait until clips are scored and proposed"
        )
    if apart_from is not None:
        if apart_from.frame_sha256 != digest:
            raise BadPlan("the list has changed since the other draw was taken from it")
        query = _without(query, apart_from)
        if not _hash_frame(query)[0]:
            raise BadPlan("the other draw took everything there is: make it smaller, nothing is left")
    draw = Draw.objects.create(
        corpus=corpus,
        policy=policy,
        design=design,
        seed=secrets.randbelow(2**53) if seed is None else seed,
        frame={**frame.as_dict(), "subject": subject},
        frame_count=count,
        frame_sha256=digest,
    )
    if design == Draw.Design.POISSON:
        assert size is not None and priority is not None  # refused above
        draw.strata = poisson_fill(
            draw=draw,
            query=query,
            size=size,
            priority=priority,
            floor=floor_of(size, count, floor_share) if floor is None else floor,
            split=split,
        )
    else:
        draw.strata = _fill(draw, query, size, per_stratum, split)
    draw.save(update_fields=["strata"])
    return draw


def _without(query: FrameQuery, taken: Draw) -> FrameQuery:
    """What another draw of the frame left."""
    column = "pair_id" if query.subject == "pair" else "clip_id"
    text = f"{query.text} AND NOT EXISTS (SELECT 1 FROM annotation_drawitem o WHERE o.draw_id = %s AND o.{column} = t.id)"
    return FrameQuery(text, [*query.parameters, taken.pk], query.subject)


def _hash_frame(query: FrameQuery) -> tuple[int, str]:
    """How many, and the sha256 of the ids in order, one a line."""
    digest, count = hashlib.sha256(), 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), coalesce(string_agg(t.id::text, E'\\n' ORDER BY t.id), '') FROM {query.text}",
            query.parameters,
        )
        count, text = cursor.fetchone()
    digest.update(f"{text}\n".encode() if count else b"")
    return count, digest.hexdigest()


def _fill(
    draw: Draw, query: FrameQuery, size: int | None, per_stratum: int | None, split: bool
) -> list[dict[str, Any]]:
    column = "pair_id" if query.subject == "pair" else "clip_id"
    stratified = draw.design == Draw.Design.STRATIFIED
    stratum = "coalesce(p.tier::text, 'none')" if stratified else "''"
    if stratified:
        # In proportion, never fewer than one: an empty stratum could not be estimated.
        keep = (
            "least(f.n, %(per)s)"
            if per_stratum
            else "least(f.n, greatest(1, round(%(size)s * f.n::float8 / f.total)))"
        )
    else:
        keep = "f.n" if size is None else "least(f.n, %(size)s)"
    order = "t.id" if draw.design == Draw.Design.ORDERED else number_sql("%(seed)s::text", "t.id::text")
    probability = "NULL" if draw.design == Draw.Design.ORDERED else f"({keep})::float8 / f.n"
    purpose = (
        "CASE WHEN get_bit(decode(md5('purpose:' || f.sha256), 'hex'), 0) = 0 THEN 'tune' ELSE 'certify' END"
        if split
        else "'work'"
    )
    named = {"seed": str(draw.seed), "size": size, "per": per_stratum, "draw": draw.pk}
    text, parameters = _named(query)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH framed AS (
                SELECT t.id, t.source_id, {stratum} AS stratum, {order} AS key,
                       {number_sql("%(seed)s::text", "t.id::text")} AS number
                FROM {text}
            ), ranked AS (
                SELECT f.*, so.sha256,
                       row_number() OVER (PARTITION BY stratum ORDER BY key, f.id) AS place,
                       count(*) OVER (PARTITION BY stratum) AS n, count(*) OVER () AS total
                FROM framed f JOIN curation_source so ON so.id = f.source_id
            )
            INSERT INTO annotation_drawitem
                (draw_id, position, {column}, stratum, inclusion_probability, permanent_number, purpose)
            SELECT %(draw)s, row_number() OVER (ORDER BY f.key, f.id), f.id, f.stratum, {probability}, f.number, {purpose}
            FROM ranked f WHERE f.place <= {keep}
            """,
            {**named, **parameters},
        )
        cursor.execute(
            f"""
            SELECT f.stratum, f.n, (SELECT count(*) FROM annotation_drawitem d
                                    WHERE d.draw_id = %(draw)s AND d.stratum = f.stratum)
            FROM (SELECT {stratum} AS stratum, count(*) AS n FROM {text} GROUP BY 1) f ORDER BY 1
            """,
            {**named, **parameters},
        )
        return [{"name": name, "N": population, "n": drawn} for name, population, drawn in cursor.fetchall()]


def _named(query: FrameQuery) -> tuple[str, dict[str, Any]]:
    """The same text with named places, so that it can stand beside other named parameters."""
    parts = query.text.split("%s")
    names = [f"f{i}" for i in range(len(query.parameters))]
    text = parts[0] + "".join(f"%({name})s{rest}" for name, rest in zip(names, parts[1:], strict=True))
    return text, dict(zip(names, query.parameters, strict=True))
