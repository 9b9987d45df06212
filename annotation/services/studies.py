"""Studies of thresholds: per rule, clips drawn at random within a band on each side, one question each, blind, twice."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from annotation.errors import BadPlan
from annotation.models import Draw, Queue, RubricVersion
from annotation.services.permanent import number_sql
from annotation.services.queues import queue_create
from annotation.services.rubrics import rubric_preset
from curation.models import Corpus, Policy, User
from curation.policies.rules import Operator, Rule
from curation.policies.words import rule_words
from curation.selectors.policies import policy_rules

SIDES = ("pass", "fail")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of one threshold: values from ``low`` (included) to ``high`` (excluded where ``open_high``)."""

    ordinal: int
    metric: str
    question: str
    side: str
    low: float
    high: float
    threshold: float
    words: str

    @property
    def stratum(self) -> str:
        """Its name in the draw: rule and side."""
        return f"{self.ordinal} {self.metric} {self.side}"


def study_sides(*, policy: Policy, rubric: RubricVersion, band: float) -> list[Side]:
    """Both sides of every threshold that a question of ``rubric`` judges; ``band`` is a share of the threshold's size.

    Rules with two thresholds and rules that no question judges are left out. A threshold of 0 has no relative band
    and takes ``band`` itself as its width. Raises ``BadPlan`` where nothing is left.
    """
    questions = {
        metric: one["key"]
        for one in rubric.questions
        for metric in (one.get("rule") or {}).get("metrics", ())
    }
    sides: list[Side] = []
    seen: set[tuple[str, float, Operator]] = set()
    for ordinal, rule in enumerate(policy_rules(policy)):
        threshold = _threshold(rule)
        if (
            rule.metric not in questions
            or threshold is None
            or (rule.metric, threshold, rule.operator) in seen
        ):
            continue
        seen.add((rule.metric, threshold, rule.operator))
        width = abs(threshold) * band or band
        above, below = (threshold, threshold + width), (threshold - width, threshold)
        passing, failing = (above, below) if rule.low is not None else (below, above)
        for side, (low, high) in zip(SIDES, (passing, failing), strict=True):
            sides.append(
                Side(
                    ordinal, rule.metric, questions[rule.metric], side, low, high, threshold, rule_words(rule)
                )
            )
    if not sides:
        raise BadPlan("no rule of this policy is judged by a question of this rubric; choose another rubric")
    return sides


def _threshold(rule: Rule) -> float | None:
    if rule.low is not None and rule.high is not None:
        return None
    return rule.low if rule.low is not None else rule.high


def study_count(
    *, corpus: Corpus, policy: Policy, band: float, rubric: str = "talkvid-seven"
) -> list[tuple[Side, int]]:
    """How many clips lie within the band on each side of each threshold, before anything is made."""
    sides = study_sides(policy=policy, rubric=rubric_preset(slug=rubric), band=band)
    return [(side, len(_ids(corpus, policy, side))) for side in sides]


@transaction.atomic
def study_create(
    *,
    corpus: Corpus,
    policy: Policy,
    name: str,
    per_side: int = 50,
    band: float = 0.15,
    rubric: str = "talkvid-seven",
    overlap: int = 2,
    seed: int | None = None,
    who: dict[str, Any] | None = None,
    needs_preview: bool = True,
    created_by: User | None = None,
) -> Queue:
    """TalkVid's protocol as a queue: ``per_side`` clips on each side of each threshold. Raises ``BadPlan``.

    The same clip may be asked about in two dimensions, never twice in one. What a side has too few of is taken whole.
    """
    if per_side < 1 or not 0 < band <= 1:
        raise BadPlan("a study takes at least one clip a side, from a band between 0 and 1 of the threshold")
    version = rubric_preset(slug=rubric)
    sides = study_sides(policy=policy, rubric=version, band=band)
    draw = Draw.objects.create(
        corpus=corpus,
        policy=policy,
        design=Draw.Design.STRATIFIED,
        seed=secrets.randbelow(2**53) if seed is None else seed,
        frame={"subject": "clip", "band": band, "per_side": per_side, "rubric": rubric},
        frame_count=0,
        frame_sha256="",
    )
    digest = hashlib.sha256()
    strata: list[dict[str, Any]] = []
    for side in sides:
        ids = _ids(corpus, policy, side)
        digest.update(f"{side.stratum}\n".encode() + "".join(f"{one}\n" for one in ids).encode())
        drawn = _draw_side(draw, side, ids, per_side)
        strata.append(
            {"name": side.stratum, "label": f"{side.words}: {side.side}", "N": len(ids), "n": drawn}
        )
    draw.strata = strata
    draw.frame_count = sum(stratum["N"] for stratum in strata)
    draw.frame_sha256 = digest.hexdigest()
    draw.save(update_fields=["strata", "frame_count", "frame_sha256"])
    if not any(stratum["n"] for stratum in strata):
        raise BadPlan("no scored clip lies within the band of any threshold: widen the band")
    queue = queue_create(
        corpus=corpus,
        name=name,
        kind=Queue.Kind.STUDY,
        rubric_version=version,
        draw=draw,
        overlap=overlap,
        blind=True,
        who=who,
        needs_preview=needs_preview,
        created_by=created_by,
    )
    _bind(queue, sides)
    return queue


def _ids(corpus: Corpus, policy: Policy, side: Side) -> list[int]:
    # Passing counts the threshold itself: "at least" and "at most" both include it.
    includes_low = (side.side == "pass") == (side.low == side.threshold)
    low, high = (">=", "<") if includes_low else (">", "<=")
    if side.side == "fail":
        low, high = (">=", "<") if side.high == side.threshold else (">", "<=")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id FROM curation_clip c JOIN curation_scorecard s ON s.clip_id = c.id AND s.origin = %s"
            f" WHERE c.corpus_id = %s AND c.is_current AND c.withdrawn_at IS NULL AND c.held_at IS NULL"
            f" AND s.{side.metric} {low} %s::real AND s.{side.metric} {high} %s::real ORDER BY c.id",
            [policy.origin, corpus.pk, side.low, side.high],
        )
        return [row[0] for row in cursor.fetchall()]


def _draw_side(draw: Draw, side: Side, ids: list[int], per_side: int) -> int:
    # Each side has numbers of its own: a clip may be drawn on several.
    number = number_sql("(%(seed)s::text || ' ' || %(stratum)s::text)", "c.id::text")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO annotation_drawitem
                (draw_id, position, clip_id, stratum, inclusion_probability, permanent_number, purpose)
            SELECT %(draw)s,
                   (SELECT coalesce(max(position), 0) FROM annotation_drawitem WHERE draw_id = %(draw)s)
                       + row_number() OVER (ORDER BY key),
                   id, %(stratum)s, least(%(most)s, %(n)s)::float8 / %(n)s,
                   key,
                   CASE WHEN get_bit(decode(md5('purpose:' || sha256), 'hex'), 0) = 0 THEN 'tune' ELSE 'certify' END
            FROM (SELECT c.id, so.sha256, {number} AS key
                  FROM curation_clip c JOIN curation_source so ON so.id = c.source_id
                  WHERE c.id = ANY(%(ids)s) ORDER BY key LIMIT %(most)s) drawn
            """,
            {
                "draw": draw.pk,
                "stratum": side.stratum,
                "most": per_side,
                "n": max(1, len(ids)),
                "seed": str(draw.seed),
                "ids": ids,
            },
        )
        return int(cursor.rowcount)


def _bind(queue: Queue, sides: list[Side]) -> None:
    """Bind each item to its question, and shuffle rules and sides together: an order would give the side away."""
    with connection.cursor() as cursor:
        for side in sides:
            cursor.execute(
                "UPDATE annotation_item i SET question = %s, context = jsonb_build_object('ordinal', %s::int, 'metric',"
                " %s::text, 'side', %s::text, 'threshold', %s::float8) FROM annotation_drawitem d"
                " WHERE d.id = i.draw_item_id AND i.queue_id = %s AND d.stratum = %s",
                [side.question, side.ordinal, side.metric, side.side, side.threshold, queue.pk, side.stratum],
            )
        cursor.execute("UPDATE annotation_item SET position = -position WHERE queue_id = %s", [queue.pk])
        cursor.execute(
            "UPDATE annotation_item i SET position = o.place FROM (SELECT id, row_number() OVER"
            " (ORDER BY md5(%s || ':' || id)) AS place FROM annotation_item WHERE queue_id = %s) o WHERE o.id = i.id",
            [str(queue.draw.seed), queue.pk],
        )
        cursor.execute(
            "UPDATE annotation_slot s SET position = i.position FROM annotation_item i"
            " WHERE i.id = s.item_id AND s.queue_id = %s",
            [queue.pk],
        )
