"""Where a corpus stands: clips and hours by tier, how far scoring and review are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from curation.analytics.schema import HOW
from curation.models import Corpus, Policy
from curation.policies.funnel import Amount, TierFunnel, funnels, tier_amounts
from curation.policies.tiers import Tier
from curation.selectors.policies import policy_rules
from curation.selectors.proposals import mask_counts, tier_counts
from curation.selectors.quick import is_large, kept_while, quick_view
from curation.selectors.verdicts import stands

ORDER = (Tier.SFT, Tier.PRETRAIN, Tier.REJECT, Tier.UNDECIDED)


@dataclass(frozen=True, slots=True)
class TierLine:
    """One tier: what the policy proposes, and what people settled as this tier."""

    tier: Tier
    proposed: Amount
    settled: Amount


def corpus_amount(corpus: Corpus) -> Amount:
    """All current clips that are not withdrawn."""
    if (quick := quick_view(corpus)) is not None:
        return sum(quick.explorer.index.amounts.values(), Amount())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(end_s - start_s), 0) FROM curation_clip "
            "WHERE corpus_id = %s AND is_current AND withdrawn_at IS NULL",
            [corpus.pk],
        )
        clips, seconds = cursor.fetchone()
    return Amount(clips, round(seconds * 1e6))


def settled_amounts(corpus: Corpus) -> dict[str, Amount]:
    """By the answer on the tier that stands."""
    if (quick := quick_view(corpus)) is not None:
        amounts: dict[str, Amount] = {}
        for (_, word), amount in quick.explorer.people().items():
            amounts[word] = amounts.get(word, Amount()) + amount
        return amounts
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT v.answer, count(*), sum(c.end_s - c.start_s)
            FROM curation_verdict v JOIN curation_clip c ON c.id = v.clip_id
            WHERE v.corpus_id = %s AND v.question = 'tier' AND {stands("v")}
              AND c.is_current AND c.withdrawn_at IS NULL
            GROUP BY 1
            """,
            [corpus.pk],
        )
        return {row[0]: Amount(row[1], round(row[2] * 1e6)) for row in cursor.fetchall()}


def _proposed(corpus: Corpus) -> Mapping[Tier, Amount]:
    if corpus.active_policy is None:
        return {}
    quick = quick_view(corpus)
    return quick.explorer.index.amounts if quick is not None else tier_counts(corpus.active_policy)


def corpus_funnels(
    corpus: Corpus, policy: Policy | None = None
) -> tuple[Mapping[Tier, Amount], tuple[TierFunnel, ...]]:
    """Amounts by proposed tier, and what each rule costs, under ``policy`` (the active one, if not told)."""
    policy = policy or corpus.active_policy
    if policy is None:
        return {}, ()
    if (quick := quick_view(corpus, policy)) is not None:
        return quick.explorer.index.amounts, quick.explorer.funnel()
    rules, counts = policy_rules(policy), mask_counts(policy)
    return tier_amounts(rules, counts), funnels(rules, counts)


def snapshot_age_s(corpus: Corpus) -> float | None:
    """How old the answers about a large corpus are, in seconds; None where they are of this moment."""
    quick = quick_view(corpus)
    return None if quick is None else quick.age_s


def wants_snapshot(corpus: Corpus) -> bool:
    """Whether the corpus is large and has no snapshot yet, so that every answer is slow."""
    return is_large(corpus) and quick_view(corpus) is None


def tier_lines(corpus: Corpus, proposed: Mapping[Tier, Amount] | None = None) -> list[TierLine]:
    """Every tier in order, best first, empty ones too; ``proposed`` saves counting what the caller has counted."""
    if proposed is None:
        proposed = _proposed(corpus)
    settled = settled_amounts(corpus)
    return [TierLine(tier, proposed.get(tier, Amount()), settled.get(tier.word, Amount())) for tier in ORDER]


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why something could not be measured: how often, with one source as example."""

    stage: str
    code: str
    reason: str
    count: int
    example: str
    source_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far scoring is: pieces of work by state, and clips with a scorecard."""

    waiting: int
    running: int
    done: int
    failed: int
    clips: int
    scored: int

    @property
    def open(self) -> int:
        return self.waiting + self.running

    @property
    def share(self) -> float | None:
        """Finished work over all work; None where there is none."""
        total = self.open + self.done + self.failed
        return (self.done + self.failed) / total if total else None


def scoring_progress(corpus: Corpus) -> Progress:
    """Counts of the corpus' scoring work; clips are not counted where no work was ever asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.state, count(*) FROM curation_scoringtarget t JOIN curation_source s ON s.id = t.source_id "
            "WHERE s.corpus_id = %s GROUP BY 1",
            [corpus.pk],
        )
        states: Counter[str] = Counter(dict(cursor.fetchall()))
    clips, scored = kept_while(quick_view(corpus), "scored", lambda: _scored(corpus)) if states else (0, 0)
    return Progress(states["waiting"], states["leased"], states["done"], states["failed"], clips, scored)


def _scored(corpus: Corpus) -> tuple[int, int]:
    """Present clips, and how many of them have a scorecard of our own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(s.id) FROM curation_clip c LEFT JOIN curation_scorecard s "
            "ON s.clip_id = c.id AND s.origin = 'measured' "
            "WHERE c.corpus_id = %s AND c.is_current AND c.withdrawn_at IS NULL",
            [corpus.pk],
        )
        return cursor.fetchone()


def scoring_failures(corpus: Corpus, limit: int = 100) -> list[Failure]:
    """Failed work by reason, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.stage, t.failure_code, t.failure, count(*), min(s.name), min(s.id)
            FROM curation_scoringtarget t JOIN curation_source s ON s.id = t.source_id
            WHERE s.corpus_id = %s AND t.state = 'failed'
            GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2 LIMIT %s
            """,
            [corpus.pk, limit],
        )
        return [Failure(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class ScorerState:
    """What became of one scorer over a corpus' scorecards: clips by state, and each reason with its count."""

    scorer: str
    measured: int
    unavailable: int
    failed: int
    not_run: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def is_available(self) -> bool:
        return self.measured > 0 or not (self.unavailable or self.failed or self.not_run)


def scorer_states(corpus: Corpus, origin: str = "measured") -> dict[str, ScorerState]:
    """By scorer, from the provenance that scorecards carry: what was, not what a setting says should be."""
    return kept_while(quick_view(corpus), ("scorers", origin), lambda: _scorer_states(corpus, origin))


def _how_many_a_provenance(corpus: Corpus, origin: str) -> dict[int, int]:
    """Scorecards of present clips by provenance: from the snapshot where it keeps them, else counted by PostgreSQL."""
    quick = quick_view(corpus)
    if quick is not None and quick.origin == origin and (counts := quick.explorer.index.table.counts(HOW)):
        return {provenance: count for provenance, count in counts.items() if provenance > 0}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.provenance_id, count(*) FROM curation_scorecard s JOIN curation_clip c ON c.id = s.clip_id "
            "WHERE c.corpus_id = %s AND c.is_current AND c.withdrawn_at IS NULL AND s.origin = %s "
            "AND s.provenance_id IS NOT NULL GROUP BY 1",
            [corpus.pk, origin],
        )
        return dict(cursor.fetchall())


def _scorer_states(corpus: Corpus, origin: str) -> dict[str, ScorerState]:
    each = _how_many_a_provenance(corpus, origin)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT status.key, status.value ->> 'state', coalesce(status.value ->> 'reason', ''), sum(each.count)::bigint
            FROM unnest(%s::bigint[], %s::bigint[]) AS each (provenance, count)
            JOIN curation_provenance p ON p.id = each.provenance
            CROSS JOIN LATERAL jsonb_each(p.statuses) status
            GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 3
            """,
            [list(each), list(each.values())],
        )
        rows = cursor.fetchall()
    counts: dict[str, Counter[str]] = {}
    reasons: dict[str, list[tuple[str, int]]] = {}
    for scorer, state, reason, count in rows:
        counts.setdefault(scorer, Counter())[state] += count
        if reason:
            reasons.setdefault(scorer, []).append((reason, count))
    return {
        scorer: ScorerState(
            scorer,
            found["measured"],
            found["unavailable"],
            found["failed"],
            found["not_run"],
            tuple(reasons.get(scorer, [])[:5]),
        )
        for scorer, found in counts.items()
    }
