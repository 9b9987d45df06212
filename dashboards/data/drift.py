"""Has the filter's error rate moved? Settled clips in the order of their verdicts, watched by a CUSUM."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from annotation.estimation import CusumDesign, Drift, Observation, Undefined, cusum, watch_design
from curation.models import Corpus
from curation.policies.tiers import Tier
from curation.selectors.verdicts import stands

BASELINE_ITEMS = 100
FALSE_ALARM = 0.05
_HORIZON_STEP = 500
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A settled clip in the order of the watch: week, what measured it, and whether policy and people differ."""

    clip: int
    period: str
    build: str
    differs: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class DriftView:
    """``baseline_errors`` of ``baseline_n`` were counted first; the watch began after them, with ``watched`` clips."""

    baseline_errors: int
    baseline_n: int
    drift: Drift
    watched: tuple[Watched, ...]


def drift_of(corpus: Corpus, cut: Tier = Tier.SFT) -> DriftView | Undefined:
    """The chart of the active policy against people, worse only; not defined while too little is settled.

    Only verdicts given blind count: a proposal in sight draws people to it. The first ``BASELINE_ITEMS`` give the rate
    to compare with; the watch looks for twice that, and ``FALSE_ALARM`` bounds the chance of a false alarm over the
    items so far, rounded up, the doubt about the first rate included.
    """
    if corpus.active_policy_id is None:
        return Undefined("no policy is active in this corpus")
    rows = _observations(corpus, cut)
    if len(rows) < 2 * BASELINE_ITEMS:
        return Undefined(
            f"{len(rows)} clips are settled blind; the first {BASELINE_ITEMS} give the rate to compare with, and as many "
            "must follow"
        )
    first, rest = rows[:BASELINE_ITEMS], rows[BASELINE_ITEMS:]
    errors = sum(row.differs for row in first)
    horizon = -(-len(rest) // _HORIZON_STEP) * _HORIZON_STEP
    design = watch_design(errors=errors, n=len(first), horizon=horizon, false_alarm=FALSE_ALARM)
    if not isinstance(design, CusumDesign):
        return design
    watch = cusum([Observation(row.period, row.build, row.differs) for row in rest], design)
    return DriftView(errors, len(first), watch, tuple(rest))


def _observations(corpus: Corpus, cut: Tier) -> list[Watched]:
    """What the active policy kept or not beside what people settled, week by week.

    Within a week clips stand by what measured them, so that each point of the chart is a week and its builds; the order
    asks nothing of the answers, and the false-alarm rate stays what it is.
    """
    assert corpus.active_policy is not None
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            [corpus.active_policy.origin, corpus.active_policy_id, corpus.pk, int(Tier.UNDECIDED), _MOST],
        )
        rows = cursor.fetchall()[::-1]
    words = {tier.word: int(tier) for tier in Tier}
    return [
        Watched(clip, week, build, (tier >= int(cut)) != (words[answer] >= int(cut)), seconds)
        for week, build, tier, answer, clip, seconds in sorted(rows, key=lambda row: row[:2])
    ]


_SQL = f"""
SELECT to_char(verdict.settled_at, 'IYYY-"W"IW'), coalesce(left(made.digest, 6), 'not known'), proposal.tier, verdict.answer,
       clip.id, clip.end_s - clip.start_s
FROM curation_verdict verdict
JOIN curation_clip clip ON clip.id = verdict.clip_id AND clip.withdrawn_at IS NULL
LEFT JOIN curation_scorecard card ON card.clip_id = clip.id AND card.origin = %s
LEFT JOIN curation_provenance made ON made.id = card.provenance_id
JOIN curation_proposal proposal ON proposal.policy_id = %s AND proposal.clip_id = clip.id
WHERE verdict.corpus_id = %s AND verdict.question = 'tier' AND verdict.answer IN ('sft', 'pretrain', 'reject')
  AND verdict.blind
  AND proposal.tier <> %s
  AND {stands("verdict")}
ORDER BY verdict.settled_at DESC, verdict.id DESC LIMIT %s
"""
