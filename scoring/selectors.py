"""Reading how far scoring is, what failed and why, and what this machine cannot measure."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from curation.models import MEASURED, Corpus
from scoring.scorers.registry import availability


@dataclass(frozen=True, slots=True)
class ScoringProgress:
    """How far a corpus is. ``share`` (0 to 1) counts finished work and the told progress of work at hand;
    ``scored_s`` is the length of the sources whose present work is all done, in seconds."""

    clips: int
    clips_scored: int
    targets: int
    open_targets: int
    leased: int
    share: float
    scored_s: float


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Work that failed for one reason: how often, and the name of one source it happened to."""

    stage: str
    code: str
    reason: str
    count: int
    example: str
    source_id: int


def scoring_progress(*, corpus: Corpus) -> ScoringProgress:
    """Counts over the corpus' present clips and scoring targets, in one statement each."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(card.id)
            FROM curation_clip clip
            LEFT JOIN curation_scorecard card ON card.clip_id = clip.id AND card.origin = %s
            WHERE clip.corpus_id = %s AND clip.is_current AND clip.withdrawn_at IS NULL
            """,
            [MEASURED, corpus.pk],
        )
        clips, scored = cursor.fetchone()
        cursor.execute(
            """
            WITH work AS (
                SELECT target.source_id, source.duration_s, target.state,
                       CASE target.state WHEN 'leased' THEN coalesce(target.progress, 0)
                                         WHEN 'waiting' THEN 0 ELSE 1 END AS share
                FROM curation_scoringtarget target JOIN curation_source source ON source.id = target.source_id
                WHERE source.corpus_id = %s
            ), by_source AS (
                SELECT duration_s, bool_and(state NOT IN ('waiting', 'leased')) AS closed
                FROM work GROUP BY source_id, duration_s
            )
            SELECT (SELECT count(*) FROM work),
                   (SELECT count(*) FROM work WHERE state IN ('waiting', 'leased')),
                   (SELECT count(*) FROM work WHERE state = 'leased'),
                   (SELECT avg(share) FROM work),
                   (SELECT coalesce(sum(duration_s), 0) FROM by_source WHERE closed)
            """,
            [corpus.pk],
        )
        targets, open_targets, leased, share, scored_s = cursor.fetchone()
    return ScoringProgress(
        clips=clips,
        clips_scored=scored,
        targets=targets,
        open_targets=open_targets,
        leased=leased,
        share=1.0 if share is None else float(share),
        scored_s=float(scored_s),
    )


def failures(*, corpus: Corpus) -> list[FailureGroup]:
    """Failed work grouped by reason, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT target.stage, target.failure_code, target.failure, count(*), min(source.name), min(source.id)
            FROM curation_scoringtarget target JOIN curation_source source ON source.id = target.source_id
            WHERE source.corpus_id = %s AND target.state = 'failed'
            GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2
            """,
            [corpus.pk],
        )
        return [FailureGroup(row[0], row[1], row[2], row[3], row[4], row[5]) for row in cursor.fetchall()]


def unavailable_scorers() -> list[tuple[str, str]]:
    """Scorers that cannot measure on this machine, each with what is missing."""
    return [(one.name, one.reason) for one in availability() if not one.available]
