"""Training splits: train, validation and test of one frozen list, no person and no source on two sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from curation.benchmarks.plan import plan_from_dict
from curation.benchmarks.sides import HELD_OUT, SIDES, SourceFacts, SplitPlan, assign, groups
from curation.errors import RushesError
from curation.models import Benchmark, Corpus, FreezeJob, SplitSource, Subset, TrainingSplit
from curation.selectors.benchmarks import persons_shown, source_persons, sources_showing
from curation.selectors.clipfilter import ClipFilter
from curation.selectors.selection import selection_sql
from curation.services.audit import audit_write
from curation.services.benchmarks import NothingDrawn, named
from curation.services.leaks import near_sources, training_gather_clips
from curation.services.sidepictures import MOST_CANDIDATES, sides_compare
from curation.services.subsets import Picked, subset_freeze


class NotApart(RushesError):
    """A person or a source came to be on two sides while the split was made; nothing was kept."""

    code = "not_apart"


@transaction.atomic
def split_make(
    *,
    corpus: Corpus,
    name: str,
    plan: SplitPlan,
    seed: str,
    chosen: ClipFilter | None = None,
    benchmark: Benchmark | None = None,
    most: float | None = MOST_CANDIDATES,
    by: Any = None,
    job: FreezeJob | None = None,
    tell: Callable[[int], None] | None = None,
) -> TrainingSplit:
    """Split what a subset of ``plan`` and ``chosen`` would hold by ``seed``, freeze it with the side of each clip.

    With ``benchmark``, sources that share a person or a near-duplicate picture with it, and its own, are held out: on no side,
    and not in the list. Sides are checked in the database before anything is kept; near-duplicate pictures between them are
    reported (``most``: as for ``sides_compare``). ``job`` and ``tell`` are as for ``subset_freeze``. Raises ``NothingDrawn``, ``NotApart``, ``NoName``, ``BadFilter`` and
    ``EmptySubset``.
    """
    name, seed, chosen = named(name, seed), seed.strip(), chosen or ClipFilter()
    selection, values = selection_sql(corpus, plan.tiers, plan.validated_only, chosen)
    if not plan.unknown_persons:
        selection = f"SELECT s.* FROM ({selection}) s JOIN curation_clip c ON c.id = s.clip_id WHERE c.person_id IS NOT NULL"
    facts, left_out = _sources(selection, values)
    held = _held_out(benchmark, selection, values) & {one.source for one in facts}
    split = [one for one in facts if one.source not in held]
    if not split:
        raise NothingDrawn(
            "no clip is left to split: " + ("all of it is held out" if held else "none is in it")
        )
    ids = [one.source for one in split]
    group_of = groups(ids, source_persons(ids))
    side_of = assign(split, group_of, plan, seed=seed)
    subset = subset_freeze(
        corpus=corpus,
        name=name,
        tiers=plan.tiers,
        validated_only=plan.validated_only,
        chosen=chosen,
        picked=_picked(plan, seed, side_of, benchmark),
        by=by,
        job=job,
        tell=tell,
    )
    sides = _sides(subset)
    made = TrainingSplit.objects.create(
        corpus=corpus,
        subset=subset,
        benchmark=benchmark,
        name=subset.name,
        seed=seed,
        plan=plan.as_dict(),
        report={
            "sides": sides,
            "groups": len(set(group_of.values())),
            "largest_group": max(_group_sizes(split, group_of)),
            "held_out": _amount(facts, held) if benchmark else {},
            "person_not_known": left_out,
            "empty": [side for side in SIDES if plan.shares[side] > 0 and not sides[side]["clips"]],
            "pictures": sides_compare(subset, near=plan.near, most=most),
        },
        made_by=by,
    )
    SplitSource.objects.bulk_create(
        (
            SplitSource(
                split=made,
                source_id=one.source,
                side=side_of.get(one.source, HELD_OUT),
                group=group_of.get(one.source, one.source),
            )
            for one in facts
        ),
        batch_size=2000,
    )
    audit_write(
        actor=by,
        action="split.make",
        object=made,
        detail={"corpus": corpus.slug, "subset": subset.pk, "clips": subset.clip_count},
    )
    return made


def _sources(selection: str, values: list[Any]) -> tuple[list[SourceFacts], int]:
    """Every source of the selection, and how many clips in all show somebody whom nobody has named."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT o.id, o.sha256, count(*), count(*) FILTER (WHERE c.person_id IS NULL)
            FROM ({selection}) s JOIN curation_clip c ON c.id = s.clip_id JOIN curation_source o ON o.id = c.source_id
            GROUP BY o.id, o.sha256
            """,
            values,
        )
        rows = cursor.fetchall()
    return [SourceFacts(source, key, clips) for source, key, clips, _ in rows], sum(row[3] for row in rows)


def _held_out(benchmark: Benchmark | None, selection: str, values: list[Any]) -> set[int]:
    """Sources that must not be trained on if ``benchmark`` is to stay unseen."""
    if benchmark is None:
        return set()
    clips = list(benchmark.subset.members.order_by("position").values_list("clip_id", flat=True))
    own = set(benchmark.subset.members.values_list("clip__source_id", flat=True))
    persons = persons_shown(clips)
    training_gather_clips(f"SELECT clip_id FROM ({selection}) s", values, without=clips)
    near = near_sources(clips, near=plan_from_dict(benchmark.plan).near)
    return own | sources_showing(persons) | near


def _picked(plan: SplitPlan, seed: str, side_of: dict[int, str], benchmark: Benchmark | None) -> Picked:
    known = "AND c.person_id IS NOT NULL" if not plan.unknown_persons else ""
    note = {"seed": seed, "plan": plan.as_dict(), "holds_out": benchmark.pk if benchmark else None}
    return Picked(
        f"""
        SELECT c.id AS clip_id, jsonb_build_object('split', each.side) AS more
        FROM unnest(%s::bigint[], %s::text[]) AS each (source_id, side)
        JOIN curation_clip c ON c.source_id = each.source_id {known}
        """,
        [list(side_of), list(side_of.values())],
        {"split": note},
    )


def _sides(subset: Subset) -> dict[str, dict[str, Any]]:
    """What is on each side, counted from the frozen rows; raises ``NotApart`` where a person or source is on two."""
    rows = (
        "SELECT m.clip_id, m.evidence ->> 'split' AS side FROM curation_subsetclip m WHERE m.subset_id = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT m.side, count(*), sum(c.end_s - c.start_s), count(DISTINCT c.source_id),
                   count(DISTINCT coalesce(n.same_as_id, n.id))
            FROM ({rows}) m JOIN curation_clip c ON c.id = m.clip_id LEFT JOIN curation_person n ON n.id = c.person_id
            GROUP BY m.side
            """,
            [subset.pk],
        )
        told = {
            side: {
                "clips": clips,
                "seconds": round(float(seconds), 3),
                "sources": sources,
                "persons": persons,
            }
            for side, clips, seconds, sources, persons in cursor.fetchall()
        }
        cursor.execute(
            f"""
            WITH m AS MATERIALIZED ({rows})
            SELECT (SELECT count(*) FROM (SELECT c.source_id FROM m JOIN curation_clip c ON c.id = m.clip_id
                    GROUP BY c.source_id HAVING count(DISTINCT m.side) > 1) s),
                   (SELECT count(*) FROM (
                    SELECT coalesce(n.same_as_id, n.id) FROM m JOIN curation_clip c ON c.id = m.clip_id
                    JOIN curation_person n ON n.id = c.person_id
                    GROUP BY 1 HAVING count(DISTINCT m.side) > 1) p)
            """,
            [subset.pk],
        )
        sources, persons = cursor.fetchone()
    if sources or persons:
        raise NotApart(
            f"{sources} sources and {persons} persons came to be on two sides while the split was made; make it again"
        )
    nothing = {"clips": 0, "seconds": 0.0, "sources": 0, "persons": 0}
    return {side: told.get(side, nothing) for side in SIDES}


def _group_sizes(facts: list[SourceFacts], group_of: dict[int, int]) -> list[int]:
    sizes: dict[int, int] = {}
    for one in facts:
        sizes[group_of[one.source]] = sizes.get(group_of[one.source], 0) + one.clips
    return list(sizes.values())


def _amount(facts: list[SourceFacts], held: set[int]) -> dict[str, int]:
    return {"sources": len(held), "clips": sum(one.clips for one in facts if one.source in held)}
