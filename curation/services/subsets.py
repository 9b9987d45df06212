"""Subsets: filter + tiers + validated only or proposed too, frozen as a list with the evidence of each clip."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from curation.errors import RushesError
from curation.models import Corpus, FreezeJob, Subset, SubsetClip
from curation.selectors.clipfilter import BadFilter, ClipFilter
from curation.selectors.policies import default_origin
from curation.selectors.selection import selection_sql
from curation.services.audit import audit_write

_STEP = 20_000  # clips between two reports of how far it is


class EmptySubset(RushesError):
    """The selection holds no clip, so there is nothing to freeze."""

    code = "empty_subset"


@dataclass(frozen=True, slots=True)
class Picked:
    """Only these clips of a selection: ``sql`` gives ``(clip_id, more)``, and ``more`` (jsonb) goes into their evidence.

    ``note`` is kept with the subset's filter: why these.
    """

    sql: str
    values: list[Any]
    note: Mapping[str, Any] = field(default_factory=dict)


def subset_named(name: str) -> str:
    """The name of a subset, trimmed. Raises ``BadFilter`` if there is none."""
    if not (trimmed := name.strip()[:120]):
        raise BadFilter("name: a subset needs one, so that its exports can be told apart")
    return trimmed


@transaction.atomic
def subset_freeze(
    *,
    corpus: Corpus,
    name: str,
    tiers: Sequence[str],
    validated_only: bool = True,
    chosen: ClipFilter | None = None,
    picked: Picked | None = None,
    by: Any = None,
    job: FreezeJob | None = None,
    tell: Callable[[int], None] | None = None,
) -> Subset:
    """Freeze the clips whose tier is one of ``tiers``: a verdict's where one stands, else (unless ``validated_only``)
    the active policy's proposal. ``chosen`` and ``picked`` narrow further. Held and withdrawn clips stay out.

    Counts are those of the rows written. With ``tell`` the corpus is gone through in steps, each told with how many clips
    were looked at so far: for one moment in all of them, the transaction must read as of its beginning. ``job`` is whose
    work this is. Raises ``BadFilter``, ``EmptySubset`` and what ``tell`` raises; then nothing is kept.
    """
    chosen = chosen or ClipFilter()
    name = subset_named(name)
    policy = corpus.active_policy
    subset = Subset.objects.create(
        corpus=corpus,
        name=name,
        filter={
            "tiers": list(tiers),
            **({"filter": chosen.as_dict()} if not chosen.is_empty else {}),
            **(picked.note if picked else {}),
        },
        validated_only=validated_only,
        policy=policy,
        clip_count=0,
        total_seconds=0,
        list_sha256="",
        frozen_by=by,
        job=job,
    )
    list_ = _List(subset)
    for span, looked in _steps(corpus) if tell else ((None, 0),):
        selection, values = selection_sql(corpus, tiers, validated_only, chosen, span)
        list_.take(selection, values, picked)
        if tell:
            tell(looked)
    subset.clip_count, subset.total_seconds, subset.list_sha256 = (
        list_.count,
        list_.seconds,
        list_.digest.hexdigest(),
    )
    if not subset.clip_count:
        raise EmptySubset(
            "no clip is in this selection"
            + (": nothing of these tiers has been settled by people yet" if validated_only else "")
        )
    subset.save(update_fields=["clip_count", "total_seconds", "list_sha256"])
    audit_write(
        actor=by,
        action="subset.freeze",
        object=subset,
        detail={"corpus": corpus.slug, "clips": subset.clip_count, "list_sha256": subset.list_sha256},
    )
    return subset


# What an export writes that could change later. jsonb prints a real with the fewest digits that give it back.
_EVIDENCE = """
    jsonb_build_object(
        'scores', coalesce(jsonb_strip_nulls(to_jsonb(s) - ARRAY['id', 'clip_id', 'origin', 'provenance_id', 'scored_at']), '{}'),
        'origin', s.origin,
        'provenance', s.provenance_id,
        'proposed', q.tier, 'failing', q.failing, 'missing', q.missing,
        'clip', jsonb_build_object('external_id', c.external_id, 'branch', c.branch, 'language', c.language,
                                   'region', c.region),
        'source', jsonb_build_object('external_id', o.external_id, 'name', o.name, 'link', o.link,
                                     'language', o.language, 'category', o.category, 'width', o.width,
                                     'height', o.height, 'fps', o.fps, 'variable_rate', o.variable_rate,
                                     'duration_s', o.duration_s),
        'person', CASE WHEN n.id IS NULL THEN NULL ELSE jsonb_build_object(
            'label', coalesce(k.label, n.label), 'gender', n.gender, 'age_group', n.age_group,
            'ethnicity', n.ethnicity, 'origin', n.attributes_origin) END
    )
""".replace("%", "%%")


def _steps(corpus: Corpus) -> Iterator[tuple[tuple[int, int], int]]:
    """(from behind this id, to this one) over all clips of ``corpus``, each with how many clips lie up to its end."""
    with connection.cursor() as cursor:
        # Now, not all at the end: references of millions of rows take minutes to look at.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    after, looked = 0, 0
    while ids := list(corpus.clips.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_STEP]):
        looked += len(ids)
        yield (after, ids[-1]), looked
        after = ids[-1]


class _List:
    """The rows of a subset as they are written: what was chosen, after what is there already."""

    def __init__(self, subset: Subset) -> None:
        self.subset, self.count, self.seconds, self.digest = subset, 0, 0.0, hashlib.sha256()

    def take(self, selection: str, values: Sequence[Any], picked: Picked | None) -> None:
        """Add what ``selection`` gives, in order of the clips' ids, with its evidence."""
        policy = self.subset.policy
        joined = f"JOIN ({picked.sql}) picked ON picked.clip_id = chosen.clip_id" if picked else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO curation_subsetclip (subset_id, position, clip_id, tier, verdict_id, evidence)
                SELECT %s, %s + row_number() OVER (ORDER BY chosen.clip_id) - 1, chosen.clip_id, chosen.tier,
                       chosen.verdict_id, {_EVIDENCE} {"|| picked.more" if picked else ""}
                FROM ({selection}) chosen
                {joined}
                JOIN curation_clip c ON c.id = chosen.clip_id
                JOIN curation_source o ON o.id = c.source_id
                LEFT JOIN curation_person n ON n.id = c.person_id
                LEFT JOIN curation_person k ON k.id = n.same_as_id
                LEFT JOIN curation_scorecard s ON s.clip_id = c.id AND s.origin = %s
                LEFT JOIN curation_proposal q ON q.clip_id = c.id AND q.policy_id = %s
                """,
                [
                    self.subset.pk,
                    self.count,
                    *values,
                    *(picked.values if picked else []),
                    policy.origin if policy else default_origin(self.subset.corpus),
                    policy.pk if policy else None,
                ],
            )
        self._sum_up()

    def _sum_up(self) -> None:
        """Count, seconds and the hash of the ids, one a line, of what was added; read in pieces."""
        members = SubsetClip.objects.filter(subset=self.subset, position__gte=self.count).order_by("position")
        told = members.values_list("clip_id", "clip__start_s", "clip__end_s")
        for clip_id, start, end in told.iterator(chunk_size=5000):
            self.digest.update(f"{clip_id}\n".encode())
            self.count += 1
            self.seconds += end - start
