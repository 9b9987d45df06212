"""Reading proposals: counted by tier, as a funnel."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from curation.models import Policy
from curation.policies.funnel import Amount, MaskCount, TierFunnel, funnels
from curation.policies.tiers import Tier
from curation.selectors.policies import policy_rules

# A clip counts where it is current and neither withdrawn nor of a withdrawn source or person.
CURRENT = "c.is_current AND c.withdrawn_at IS NULL"


def tier_counts(policy: Policy) -> dict[Tier, Amount]:
    """Clips (or pairs) and hours that ``policy`` proposes for each tier; withdrawn and retired ones do not count."""
    found = {tier: Amount() for tier in Tier}
    for tier, clips, length in _rows(policy, "p.tier"):
        found[Tier(tier)] = Amount(clips, int(length))
    return found


def mask_counts(policy: Policy) -> Sequence[MaskCount]:
    """How many current clips share each pair of masks: all that a funnel needs."""
    return [
        MaskCount(f, m, Amount(n, int(length))) for f, m, n, length in _rows(policy, "p.failing, p.missing")
    ]


def policy_funnel(policy: Policy) -> tuple[TierFunnel, ...]:
    """Clips and hours lost to each rule of ``policy``: alone, in order, and only to it; a funnel per tier."""
    return funnels(policy_rules(policy), mask_counts(policy))


def _rows(policy: Policy, group: str) -> list[tuple]:
    if policy.subject == Policy.Subject.PAIR:
        rows = (
            "curation_pairproposal p JOIN curation_dialoguepair d ON d.id = p.pair_id "
            "AND d.is_current AND d.withdrawn_at IS NULL "
            "JOIN curation_clip c ON c.id = d.initiator_id JOIN curation_clip b ON b.id = d.responder_id"
        )
        seconds, current = (
            "(c.end_s - c.start_s) + (b.end_s - b.start_s)",
            f"{CURRENT} AND b.is_current AND b.withdrawn_at IS NULL",
        )
    else:
        rows, seconds, current = (
            "curation_proposal p JOIN curation_clip c ON c.id = p.clip_id",
            "c.end_s - c.start_s",
            CURRENT,
        )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {group}, count(*), sum(round(({seconds}) * 1e6)::bigint) FROM {rows} WHERE p.policy_id = %s "
            # Of its corpus they are anyway; but said so, a small corpus beside a large one is found by its key.
            f"AND c.corpus_id = %s AND {current} GROUP BY {group}",
            [policy.pk, policy.corpus_id],
        )
        return cursor.fetchall()
