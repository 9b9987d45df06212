"""What people said of clips beside what a policy proposed: the raw material of every agreement figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db import connection

from curation.models import Policy
from curation.policies.tiers import Tier
from curation.selectors.verdicts import stands

Mode = Literal["all", "blind", "verify"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One counted answer: whose (pseudonym), which tier, given blind or with the proposal in sight."""

    rater: str
    tier: Tier
    blind: bool


@dataclass(frozen=True, slots=True)
class JudgedClip:
    """A clip that people judged, with what ``policy`` says of it. ``answers`` leave the panel's out.

    ``verdict`` is None while nothing is settled; ``failing`` and ``missing`` hold a bit per rule ordinal.
    """

    clip_id: int
    source_id: int
    duration_s: float
    proposed: Tier
    failing: int
    missing: int
    answers: tuple[Answer, ...]
    verdict: Tier | None
    verdict_blind: bool | None
    verdict_method: str


def judged_clips(*, policy: Policy, mode: Mode = "all") -> list[JudgedClip]:
    """Every clip of the policy's corpus with a counted tier answer or a tier verdict, by id.

    Somebody who met a clip in two queues counts once, with the first answer: the second remembers it.

    ``mode`` keeps answers and verdicts that were given blind, or those where the proposal was shown.
    Withdrawn clips are left out. Clips without a proposal under ``policy`` are left out: it never saw them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"corpus": policy.corpus_id, "policy": policy.pk, "blind": _BLIND[mode]})
        rows = cursor.fetchall()
    found = []
    for clip_id, source_id, duration_s, tier, failing, missing, answers, verdict, blind, method in rows:
        first = {one["rater"]: one for one in reversed(answers or ())}
        said = tuple(
            Answer(one["rater"], _TIER_OF[one["answer"]], one["blind"]) for one in reversed(first.values())
        )
        settled = None if verdict is None else _TIER_OF[verdict]
        found.append(
            JudgedClip(
                clip_id,
                source_id,
                duration_s,
                Tier(tier),
                failing,
                missing,
                said,
                settled,
                blind,
                method or "",
            )
        )
    return found


_BLIND: dict[str, bool | None] = {"all": None, "blind": True, "verify": False}
_TIER_OF = {tier.word: tier for tier in (Tier.SFT, Tier.PRETRAIN, Tier.REJECT)}
_TIERS = "('sft', 'pretrain', 'reject')"
_SQL = f"""
WITH answers AS (
    SELECT judgment.clip_id,
           json_agg(json_build_object('rater', rater.pseudonym, 'answer', judgment.answer, 'blind', judgment.blind)
                    ORDER BY judgment.received_at, slot.item_id, slot.number) AS said
    FROM annotation_slot slot
    JOIN annotation_judgment judgment ON judgment.id = slot.judgment_id
    JOIN annotation_rater rater ON rater.id = judgment.rater_id
    JOIN annotation_queue queue ON queue.id = judgment.queue_id
    WHERE judgment.corpus_id = %(corpus)s AND judgment.question = 'tier' AND judgment.kind = 'answer'
      AND judgment.answer IN {_TIERS} AND queue.kind <> 'adjudication'
      AND (%(blind)s::boolean IS NULL OR judgment.blind = %(blind)s)
    GROUP BY judgment.clip_id
), verdicts AS (
    SELECT verdict.clip_id, verdict.answer, verdict.blind, verdict.method
    FROM curation_verdict verdict
    WHERE verdict.corpus_id = %(corpus)s AND verdict.question = 'tier' AND verdict.answer IN {_TIERS}
      AND {stands("verdict")}
      AND (%(blind)s::boolean IS NULL OR verdict.blind = %(blind)s)
)
SELECT clip.id, clip.source_id, clip.end_s - clip.start_s, proposal.tier, proposal.failing, proposal.missing,
       answers.said, verdicts.answer, verdicts.blind, verdicts.method
FROM (SELECT clip_id FROM answers UNION SELECT clip_id FROM verdicts) judged
JOIN curation_clip clip ON clip.id = judged.clip_id
JOIN curation_proposal proposal ON proposal.policy_id = %(policy)s AND proposal.clip_id = clip.id
JOIN curation_source source ON source.id = clip.source_id
LEFT JOIN answers ON answers.clip_id = clip.id
LEFT JOIN verdicts ON verdicts.clip_id = clip.id
WHERE clip.corpus_id = %(corpus)s AND clip.withdrawn_at IS NULL AND source.withdrawn_at IS NULL
ORDER BY clip.id
"""
